/* dynamic_server: multiplies. One thread, epoll for the sockets and the
 * signals. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* A plain decimal number up to max, or -1. */
static long number(const char *s, long max)
{
    long n = 0;

    if (*s == '\0')
        return -1;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return -1;
        n = n * 10 + (*s - '0');
        if (n > max)
            return -1;
    }
    return n;
}

/* One listening socket per family. With port 0 the kernel picks a number for
 * the first one and the second one asks for the same; if somebody else has it
 * there, both are thrown away and we try again. Returns how many were opened. */
static int open_listeners(unsigned port, int out[2], unsigned *actual)
{
    static const int families[2] = { AF_INET6, AF_INET };
    int why = 0;

    for (int attempt = 0; attempt < 64; attempt++) {
        unsigned want = port;
        int n = 0, clash = 0;

        for (int i = 0; i < 2 && !clash; i++) {
            struct sockaddr_storage sa = { .ss_family = families[i] };
            socklen_t len = sizeof(struct sockaddr_in);
            int on = 1;
            int fd = socket(families[i], SOCK_STREAM, 0);

            if (fd < 0) {               /* this family does not exist here */
                why = errno;
                continue;
            }
            if (families[i] == AF_INET6) {
                setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
                ((struct sockaddr_in6 *)&sa)->sin6_port = htons((uint16_t)want);
                ((struct sockaddr_in6 *)&sa)->sin6_addr = in6addr_any;
                len = sizeof(struct sockaddr_in6);
            } else {
                ((struct sockaddr_in *)&sa)->sin_port = htons((uint16_t)want);
            }
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
            if (bind(fd, (struct sockaddr *)&sa, len) < 0 || listen(fd, SOMAXCONN) < 0) {
                why = errno;
                close(fd);
                clash = why != EADDRNOTAVAIL && why != EAFNOSUPPORT;
                continue;
            }
            len = sizeof sa;
            getsockname(fd, (struct sockaddr *)&sa, &len);
            want = ntohs(sa.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&sa)->sin6_port
                                                  : ((struct sockaddr_in *)&sa)->sin_port);
            fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
            out[n++] = fd;
        }
        if (!clash && n > 0) {
            *actual = want;
            return n;
        }
        while (n > 0)
            close(out[--n]);
        if (port != 0 || why != EADDRINUSE)
            break;
    }
    errno = why;
    return 0;
}

enum { HEAD_MAX = 16384, LINGER_MS = 1500 };

enum phase { EAR, SIGNAL, READING, WRITING, PARTING };

struct conn {
    enum phase phase;
    int fd;
    size_t n, sent;
    char *data;                 /* the request, later the reply */
    long long until;
    struct conn *prev, *next;   /* among those that are parting */
};

static struct conn *parting;
static int ep;

static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* ------------------------------------------------------------- numbers */

static int is_decimal(const char *s)
{
    int digits = 0;

    if (*s == '-' || *s == '+')
        s++;
    for (; *s >= '0' && *s <= '9'; s++)
        digits = 1;
    if (*s == '.') {
        if (s[1] < '0' || s[1] > '9')
            return 0;
        for (s++; *s >= '0' && *s <= '9'; s++)
            digits = 1;
    }
    if (!digits)
        return 0;
    if (*s == 'e' || *s == 'E') {
        s++;
        if (*s == '-' || *s == '+')
            s++;
        if (*s < '0' || *s > '9')
            return 0;
        s += strspn(s, "0123456789");
    }
    return *s == '\0';
}

static void print_number(FILE *f, double x)
{
    char s[40];

    if (isnan(x)) {
        fputs("null", f);
    } else if (isinf(x)) {
        fputs(x < 0 ? "\"-inf\"" : "\"inf\"", f);
    } else if (x == floor(x) && fabs(x) < 9007199254740992.0) {
        fprintf(f, "%.0f", x);
    } else {
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(s, sizeof s, "%.*g", digits, x);
            if (strtod(s, NULL) == x)
                break;
        }
        fputs(s, f);
    }
}

/* ------------------------------------------------------------- replies */

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *p;

    if (c >= 'A' && c <= 'F')
        c = (char)(c + 32);
    p = c != '\0' ? strchr(digits, c) : NULL;
    return p == NULL ? -1 : (int)(p - digits);
}

static int unescape(char *s)
{
    char *to = s;

    while (*s) {
        if (*s == '%') {
            int h = hex(s[1]), l = h < 0 ? -1 : hex(s[2]);
            if (l < 0 || h + l == 0)
                return -1;
            *to++ = (char)(h * 16 + l);
            s += 3;
        } else {
            *to++ = *s++;
        }
    }
    *to = '\0';
    return 0;
}

static void reply(struct conn *c, const char *status, const char *type, const char *body, size_t len)
{
    char *text;
    int n = asprintf(&text,
                     "HTTP/1.1 %s\r\ncontent-type: %s\r\ncontent-length: %zu\r\nconnection: close\r\n\r\n%s",
                     status, type, len, body);

    free(c->data);
    c->data = n < 0 ? NULL : text;
    c->n = n < 0 ? 0 : (size_t)n;
    c->sent = 0;
    c->phase = WRITING;
}

static void sorry(struct conn *c, const char *status, const char *why)
{
    char body[200];
    int n = snprintf(body, sizeof body, "{\"error\": \"%s\", \"why\": \"%s\"}\n", status, why);

    reply(c, status, "application/json", body, (size_t)n);
}

static void multiply(struct conn *c, char *query)
{
    double product = 1;
    int count = 0;
    char *json = NULL, *piece;
    size_t size = 0;
    FILE *f = open_memstream(&json, &size);

    if (f == NULL) {
        sorry(c, "500 Internal Server Error", "no memory");
        return;
    }
    fputs("{\n  \"operation\": \"product\",\n  \"operands\": [", f);
    while ((piece = strsep(&query, "&")) != NULL) {
        char *value = strchr(piece, '=');
        double x;

        if (*piece == '\0')
            continue;
        if (value == NULL)
            goto bad;
        *value++ = '\0';
        if (unescape(piece) < 0 || unescape(value) < 0 || !is_decimal(value))
            goto bad;
        x = strtod(value, NULL);
        if (isinf(x))
            goto bad;
        fputs(count++ ? ", " : "", f);
        print_number(f, x);
        product *= x;
    }
    if (count == 0)
        goto bad;
    fputs("],\n  \"result\": ", f);
    print_number(f, product);
    fputs("\n}\n", f);
    if (fclose(f) == 0)
        reply(c, "200 OK", "application/json", json, size);
    else
        sorry(c, "500 Internal Server Error", "no memory");
    free(json);
    return;
bad:
    fclose(f);
    free(json);
    sorry(c, "400 Bad Request", "numbers, please, such as /product?a=12&b=0.5");
}

static void think(struct conn *c, size_t len)
{
    char *end = memchr(c->data, '\n', len), *target = c->data + 4, *query;

    if (end[-1] == '\r')
        end--;
    *end = '\0';
    if (strlen(c->data) != (size_t)(end - c->data)) {
        sorry(c, "400 Bad Request", "a NUL in the request");
        return;
    }
    target += strspn(target, " ");
    target[strcspn(target, " #")] = '\0';
    query = strchr(target, '?');
    if (query != NULL)
        *query++ = '\0';
    if ((*target == '\0' && query == NULL) || unescape(target) < 0)
        sorry(c, "400 Bad Request", "which page?");
    else if (strcmp(target, "/product") != 0 && strcmp(target, "product") != 0)
        sorry(c, "404 Not Found", "only /product is here");
    else
        multiply(c, query);
}

/* --------------------------------------------------------- connections */

static void watch(struct conn *c, int op, unsigned events)
{
    struct epoll_event ev = { .events = events, .data.ptr = c };

    if (epoll_ctl(ep, op, c->fd, &ev) < 0)
        perror("dynamic_server: epoll_ctl");
}

static void drop(struct conn *c)
{
    if (c->phase == PARTING) {
        if (c->prev != NULL)
            c->prev->next = c->next;
        else
            parting = c->next;
        if (c->next != NULL)
            c->next->prev = c->prev;
    }
    close(c->fd);               /* which also ends the watching */
    free(c->data);
    free(c);
}

static void on_write(struct conn *c)
{
    while (c->sent < c->n) {
        ssize_t k = send(c->fd, c->data + c->sent, c->n - c->sent, MSG_NOSIGNAL);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            watch(c, EPOLL_CTL_MOD, EPOLLOUT);
            return;
        }
        if (k < 0) {
            drop(c);
            return;
        }
        c->sent += (size_t)k;
    }
    if (c->n == 0 || shutdown(c->fd, SHUT_WR) < 0) {
        drop(c);
        return;
    }
    c->phase = PARTING;
    c->until = now() + LINGER_MS;
    c->prev = NULL;
    c->next = parting;
    if (parting != NULL)
        parting->prev = c;
    parting = c;
    watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

static size_t head_length(const char *s, size_t n)
{
    for (size_t i = 0; i + 1 < n; i++) {
        if (s[i] != '\n')
            continue;
        if (s[i + 1] == '\n')
            return i + 2;
        if (i + 2 < n && s[i + 1] == '\r' && s[i + 2] == '\n')
            return i + 3;
    }
    return 0;
}

static void on_read(struct conn *c)
{
    size_t len;
    ssize_t k = recv(c->fd, c->data + c->n, HEAD_MAX + 1 - c->n, 0);

    if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (k <= 0) {
        drop(c);
        return;
    }
    c->n += (size_t)k;
    if (memcmp(c->data, "GET ", c->n < 4 ? c->n : 4) != 0) {
        drop(c);
        return;
    }
    len = head_length(c->data, c->n);
    if (len == 0 && c->n <= HEAD_MAX)
        return;
    if (len > 0)
        think(c, len);
    else
        sorry(c, "431 Request Header Fields Too Large", "shorter, please");
    on_write(c);
}

static void on_part(struct conn *c)
{
    char waste[8192];
    ssize_t k = recv(c->fd, waste, sizeof waste, 0);

    if (k == 0 || (k < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        drop(c);
}

/* Negative when the machine has no more to give. */
static int on_ear(struct conn *ear)
{
    struct conn *c;
    int fd = accept4(ear->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS ? -1 : 0;
    c = calloc(1, sizeof *c);
    if (c == NULL || (c->data = malloc(HEAD_MAX + 1)) == NULL) {
        free(c);
        close(fd);
        return -1;
    }
    c->fd = fd;
    c->phase = READING;
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
    return 0;
}

int main(int argc, char **argv)
{
    static struct conn ears[2], signals;
    struct epoll_event got[64];
    sigset_t set;
    int fds[2], n;
    long port;
    unsigned actual;

    if (argc != 2 || (port = number(argv[1], 65535)) < 0) {
        fputs("usage: dynamic_server PORT\n", stderr);
        return 2;
    }
    n = open_listeners((unsigned)port, fds, &actual);
    if (n == 0) {
        fprintf(stderr, "dynamic_server: port %s: %s\n", argv[1], strerror(errno));
        return 1;
    }
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals.phase = SIGNAL;
    signals.fd = signalfd(-1, &set, SFD_CLOEXEC);
    ep = epoll_create1(EPOLL_CLOEXEC);
    if (ep < 0 || signals.fd < 0) {
        fprintf(stderr, "dynamic_server: epoll: %s\n", strerror(errno));
        return 1;
    }
    watch(&signals, EPOLL_CTL_ADD, EPOLLIN);
    for (int i = 0; i < n; i++) {
        ears[i].phase = EAR;
        ears[i].fd = fds[i];
        watch(&ears[i], EPOLL_CTL_ADD, EPOLLIN);
    }
    printf("listening on port %u\n", actual);
    fflush(stdout);
    for (;;) {
        long long t = now(), next = -1;
        int k;

        for (struct conn *c = parting, *after; c != NULL; c = after) {
            after = c->next;
            if (c->until <= t)
                drop(c);
            else if (next < 0 || c->until < next)
                next = c->until;
        }
        k = epoll_wait(ep, got, 64, next < 0 ? -1 : (int)(next - t));
        for (int i = 0; i < k; i++) {
            struct conn *c = got[i].data.ptr;

            switch (c->phase) {
            case SIGNAL:
                _exit(0);
            case EAR:
                if (on_ear(c) < 0) {
                    struct timespec nap = { 0, 20000000 };
                    nanosleep(&nap, NULL);
                }
                break;
            case READING:
                on_read(c);
                break;
            case WRITING:
                on_write(c);
                break;
            case PARTING:
                on_part(c);
                break;
            }
        }
    }
}
