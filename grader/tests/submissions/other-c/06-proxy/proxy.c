/* proxy: one self-contained file. A thread per client; both directions at once, without blocking, through poll. What
 * the client sends behind its request is passed on as well. The limit for a head is 64 kB. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LIMIT 65536

static int timeout_ms = 30000;

struct text {
    char *s;
    size_t n, room;
};

static void put(struct text *t, const char *s, size_t n)
{
    if (t->n + n + 1 > t->room) {
        t->room = (t->n + n) * 2 + 256;
        t->s = realloc(t->s, t->room);
        if (!t->s)
            abort();
    }
    memcpy(t->s + t->n, s, n);
    t->n += n;
    t->s[t->n] = '\0';
}

static void putf(struct text *t, const char *format, ...)
{
    char *line;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&line, format, args);
    va_end(args);
    if (n < 0)
        abort();
    put(t, line, n);
    free(line);
}

/* Ends politely: everything that was written arrives, although more may still be on its way to us. */
static void hang_up(int fd)
{
    char waste[8192];
    struct timeval second = { 1, 0 };
    int rounds = 2000;

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    shutdown(fd, SHUT_WR);
    while (rounds-- > 0 && recv(fd, waste, sizeof waste, 0) > 0)
        ;
    close(fd);
}

static void refuse(int fd, int code, const char *why)
{
    dprintf(fd, "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n%s\n", code, why,
            strlen(why) + 1, why);
}

/* Where the head ends, or 0. */
static size_t end_of_head(const char *s, size_t n)
{
    size_t line = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] != '\n')
            continue;
        if (i == line || (i == line + 1 && s[line] == '\r'))
            return i + 1;
        line = i + 1;
    }
    return 0;
}

static int among(const char *name, size_t n, const char *list)
{
    while (*list) {
        list += strspn(list, ", \t");
        size_t m = strcspn(list, ", \t");
        if (m == n && n > 0 && !strncasecmp(list, name, n))
            return 1;
        list += m;
    }
    return 0;
}

struct target {
    char host[300], port[8];
    struct text request;
};

/* Splits a head (which it changes) into lines and writes the new request. Returns 0 or a status code. */
static int rewrite(char *head, struct target *to)
{
    char *save, *line = head, *version;
    struct text hop = { 0 }, *out = &to->request;

    put(&hop, "", 0);
    char *first = strsep(&line, "\n");
    first[strcspn(first, "\r")] = '\0';
    if (strncmp(first, "GET ", 4)) {
        free(hop.s);
        return 501;
    }
    first += 4;
    first += strspn(first, " ");
    version = strchr(first, ' ');
    if (version)
        *version = '\0';
    if (strncasecmp(first, "http://", 7))
        goto bad;
    char *authority = first + 7, *path = authority + strcspn(authority, "/?#");
    size_t n = path - authority;
    char *colon = memrchr(authority, ':', n);
    if (colon && memchr(colon, ']', path - colon))
        colon = NULL;
    size_t host = colon ? (size_t)(colon - authority) : n;
    strcpy(to->port, "80");
    if (colon && colon + 1 < path) {
        if (path - colon > 6)
            goto bad;
        for (char *c = colon + 1; c < path; c++)
            if (!isdigit((unsigned char)*c))
                goto bad;
        snprintf(to->port, sizeof to->port, "%.*s", (int)(path - colon - 1), colon + 1);
    }
    if (authority[0] == '[' && host > 2 && authority[host - 1] == ']')
        snprintf(to->host, sizeof to->host, "%.*s", (int)host - 2, authority + 1);
    else if (host > 0 && host < 256)
        snprintf(to->host, sizeof to->host, "%.*s", (int)host, authority);
    else
        goto bad;
    path[strcspn(path, "#")] = '\0';
    putf(out, "GET %s%s HTTP/1.0\r\n", *path == '/' ? "" : "/", path);

    size_t rest = strlen(line);
    char *copy = strdup(line), *l;
    for (l = strtok_r(copy, "\r\n", &save); l; l = strtok_r(NULL, "\r\n", &save))
        if (!strncasecmp(l, "Connection:", 11))
            putf(&hop, "%s,", l + 11);
    memcpy(copy, line, rest + 1);
    int keep = 0;
    for (l = strtok_r(copy, "\r\n", &save); l; l = strtok_r(NULL, "\r\n", &save)) {
        size_t name = strcspn(l, ":");
        if (*l != ' ' && *l != '\t') /* a line that begins with a blank goes on with the one before */
            keep = l[name] == ':' && !among(l, name, hop.s) &&
                   !among(l, name, "host,connection,proxy-connection,keep-alive,te,trailer,transfer-encoding,upgrade,"
                                   "proxy-authenticate,proxy-authorization");
        if (keep)
            putf(out, "%s\r\n", l);
    }
    free(copy);
    free(hop.s);
    putf(out, "Via: 1.0 other\r\nconnection: close\r\nhost: %.*s\r\n\r\n", (int)n, authority);
    return 0;
bad:
    free(hop.s);
    return 400;
}

static int dial(const struct target *to, int *late)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all, *a;
    int fd = -1;

    *late = 0;
    if (getaddrinfo(to->host, to->port, &hints, &all))
        return -1;
    for (a = all; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
            break;
        struct pollfd p = { fd, POLLOUT, 0 };
        int error = errno, ready = 1;
        socklen_t size = sizeof error;
        if (error == EINPROGRESS) {
            while ((ready = poll(&p, 1, timeout_ms)) < 0 && errno == EINTR)
                ;
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        }
        if (ready == 0)
            *late = 1;
        if (ready <= 0 || error) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(all);
    return fd;
}

/* One direction: what was read and not written yet. */
struct pipe {
    char data[32768];
    size_t from, to;
    int eof;
};

static int fill(int fd, struct pipe *p)
{
    ssize_t n = recv(fd, p->data, sizeof p->data, 0);
    if (n > 0) {
        p->from = 0;
        p->to = n;
    } else if (n == 0) {
        p->eof = 1;
    } else if (errno != EAGAIN && errno != EINTR) {
        return -1;
    }
    return n > 0;
}

static int drain(int fd, struct pipe *p)
{
    ssize_t n = send(fd, p->data + p->from, p->to - p->from, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    p->from += n;
    return 0;
}

/* Moves bytes both ways until the origin has ended. Returns 0, or 502 or 504 when it has sent nothing. */
static int shuttle(int client, int origin, struct pipe *up)
{
    struct pipe down = { .eof = 0 };
    int answered = 0;
    struct timespec now, last;

    clock_gettime(CLOCK_MONOTONIC, &last);
    for (;;) {
        int up_full = up->from < up->to, down_full = down.from < down.to;
        struct pollfd p[2] = {
            { client, (down_full ? POLLOUT : 0) | (up_full || up->eof ? 0 : POLLIN), 0 },
            { origin, (up_full ? POLLOUT : 0) | (down_full || down.eof ? 0 : POLLIN), 0 },
        };
        if (down.eof && !down_full)
            return answered ? 0 : 502;
        clock_gettime(CLOCK_MONOTONIC, &now);
        long left = timeout_ms - ((now.tv_sec - last.tv_sec) * 1000 + (now.tv_nsec - last.tv_nsec) / 1000000);
        if (!down_full && left <= 0)
            return answered ? 0 : 504;
        int ready = poll(p, 2, down_full ? -1 : (int)left);
        if (ready < 0 && errno != EINTR)
            return 0;
        if (ready <= 0)
            continue;
        if (p[0].revents & (POLLERR | POLLNVAL | POLLHUP))
            return 0;
        if (p[1].revents & (POLLIN | POLLERR | POLLHUP) && !down_full && !down.eof) {
            int got = fill(origin, &down);
            if (got < 0)
                return answered ? 0 : 502;
            if (got > 0) {
                answered = 1;
                clock_gettime(CLOCK_MONOTONIC, &last);
            }
        }
        if (p[0].revents & POLLOUT && drain(client, &down) < 0)
            return 0;
        if (p[0].revents & POLLIN && !up_full && fill(client, up) < 0)
            return 0;
        if (p[1].revents & POLLOUT && drain(origin, up) < 0)
            up->from = up->to; /* it has heard enough; perhaps it still answers */
    }
}

static void *attend(void *arg)
{
    int client = (int)(intptr_t)arg, code, late, origin;
    char *head = malloc(LIMIT + 1);
    struct target to = { .host = "" };
    struct pipe *up = calloc(1, sizeof *up);
    size_t used = 0, end = 0;
    ssize_t n;

    if (!head || !up)
        goto out;
    while (end == 0 && used < LIMIT) {
        n = recv(client, head + used, LIMIT - used, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            goto out;
        used += n;
        end = end_of_head(head, used);
    }
    if (end == 0) {
        refuse(client, 431, "Request Header Fields Too Large");
        goto out;
    }
    if (head[0] == '\r' || head[0] == '\n')
        goto out;
    size_t extra = used - end < sizeof up->data ? used - end : sizeof up->data;
    memcpy(up->data, head + end, extra);
    up->to = extra;
    head[end] = '\0';
    code = strlen(head) != end ? 400 : rewrite(head, &to);
    if (code) {
        refuse(client, code, code == 400 ? "Bad Request" : "Not Implemented");
        goto out;
    }
    origin = dial(&to, &late);
    if (origin < 0) {
        refuse(client, late ? 504 : 502, late ? "Gateway Timeout" : "Bad Gateway");
        goto out;
    }
    for (size_t sent = 0; sent < to.request.n; sent += n > 0 ? n : 0) {
        n = send(origin, to.request.s + sent, to.request.n - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd p = { origin, POLLOUT, 0 };
            if (poll(&p, 1, timeout_ms) == 0)
                break;
        } else if (n < 0 && errno != EINTR) {
            break;
        }
    }
    fcntl(client, F_SETFL, fcntl(client, F_GETFL) | O_NONBLOCK);
    code = shuttle(client, origin, up);
    close(origin);
    if (code)
        refuse(client, code, code == 502 ? "Bad Gateway" : "Gateway Timeout");
out:
    free(to.request.s);
    free(up);
    free(head);
    hang_up(client);
    return NULL;
}

int main(int argc, char **argv)
{
    int c, on = 1, off = 0;
    char *end;
    opterr = 0;
    while ((c = getopt(argc, argv, "T:")) != -1) {
        long s = c == 'T' ? strtol(optarg, &end, 10) : -1;
        if (c != 'T' || s < 0 || s > 100000 || *end || end == optarg)
            goto usage;
        timeout_ms = s * 1000;
    }
    if (argc - optind != 1)
        goto usage;
    long port = strtol(argv[optind], &end, 10);
    if (*end || end == argv[optind] || port < 0 || port > 65535)
        goto usage;

    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    socklen_t size = sizeof any;
    int door = socket(AF_INET6, SOCK_STREAM, 0);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(door, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (door < 0 || bind(door, (struct sockaddr *)&any, sizeof any) < 0 || listen(door, 100) < 0 ||
        getsockname(door, (struct sockaddr *)&any, &size) < 0) {
        fprintf(stderr, "proxy: %ld: %s\n", port, strerror(errno));
        return 1;
    }
    printf("listening on port %d\n", ntohs(any.sin6_port));
    fflush(stdout);

    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, 256 * 1024);
    for (;;) {
        pthread_t thread;
        int client = accept4(door, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
                poll(NULL, 0, 100);
            continue;
        }
        if (pthread_create(&thread, &detached, attend, (void *)(intptr_t)client))
            close(client);
    }
usage:
    fprintf(stderr, "usage: proxy [-T SECONDS] PORT\n");
    return 2;
}
