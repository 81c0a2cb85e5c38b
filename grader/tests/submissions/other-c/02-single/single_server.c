/* single_server: one request, one reply, one client after the other.
 * Requests are read with stdio, files are mapped. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PROG "single_server"
#define OPTIONS "d:t:"
#define USAGE "usage: single_server [-d MS] [-t EXT[,EXT...]] PORT [ROOT]\n"

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

enum { HEAD_MAX = 16384 };

static struct kind {
    const char *ext, *type;
    int on;
} kinds[] = {
    { "html", "text/html; charset=utf-8", 1 },
    { "htm", "text/html; charset=utf-8", 1 },
    { "txt", "text/plain; charset=utf-8", 1 },
    { "css", "text/css; charset=utf-8", 1 },
    { "js", "text/javascript; charset=utf-8", 1 },
    { "json", "application/json", 1 },
    { "png", "image/png", 1 },
    { "jpg", "image/jpeg", 1 },
    { "jpeg", "image/jpeg", 1 },
    { "gif", "image/gif", 1 },
    { "svg", "image/svg+xml", 1 },
    { "ico", "image/x-icon", 1 },
    { "pdf", "application/pdf", 1 },
    { "mp3", "audio/mpeg", 1 },
    { "mp4", "video/mp4", 1 },
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static char *root;              /* real path of the folder, without a final slash */

/* What goes back: some text (head, perhaps with a page), then a mapped file. */
struct answer {
    char *text;
    size_t textlen;
    char *map;
    size_t maplen;
};

/* -t: 0, or -1 where a name is not in the table */
static int narrow_to(char *list)
{
    int any = 0;
    char *save = NULL;

    for (int k = 0; k < KINDS; k++)
        kinds[k].on = 0;
    for (char *e = strtok_r(list, ",", &save); e != NULL; e = strtok_r(NULL, ",", &save)) {
        int known = 0;
        for (int k = 0; k < KINDS; k++)
            if (strcasecmp(e, kinds[k].ext) == 0)
                known = kinds[k].on = 1;
        if (!known)
            return -1;
        any = 1;
    }
    return any ? 0 : -1;
}

static const char *type_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    if (dot == NULL)
        return "text/plain; charset=utf-8";
    for (int k = 0; k < KINDS; k++)
        if (kinds[k].on && strcasecmp(dot + 1, kinds[k].ext) == 0)
            return kinds[k].type;
    return NULL;
}

static void write_head(struct answer *a, const char *status, const char *type, size_t len, const char *body)
{
    int n = asprintf(&a->text,
                     "HTTP/1.1 %s\r\ncontent-type: %s\r\ncontent-length: %zu\r\nconnection: close\r\n\r\n%s",
                     status, type, len, body);

    if (n < 0)
        a->text = NULL;
    a->textlen = n < 0 ? 0 : (size_t)n;
}

static void refuse(struct answer *a, const char *status)
{
    char body[256];
    int n = snprintf(body, sizeof body,
                     "<!DOCTYPE html>\n<html lang=\"en\"><title>Sorry</title>"
                     "<h2>This did not work</h2><p>The server says: <b>%s</b></p></html>\n", status);

    write_head(a, status, "text/html; charset=utf-8", (size_t)n, body);
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 32;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes in place; -1 for a broken escape or a NUL. */
static int unescape(char *s)
{
    char *to = s;

    for (; *s; s++) {
        int c = (unsigned char)*s;
        if (c == '%') {
            int h = hex(s[1]), l = h < 0 ? -1 : hex(s[2]);
            if (l < 0 || (h == 0 && l == 0))
                return -1;
            c = h * 16 + l;
            s += 2;
        }
        *to++ = (char)c;
    }
    *to = '\0';
    return 0;
}

/* root + the parts of target that count; NULL when it climbs out. The room
 * left at the end is for "/index.html". */
static char *tidy(const char *target)
{
    size_t base = strlen(root), n = base;
    char *path = malloc(base + strlen(target) + 16);

    if (path == NULL)
        return NULL;
    memcpy(path, root, base);
    while (*target) {
        size_t len = strcspn(target, "/");
        if (len == 2 && target[0] == '.' && target[1] == '.') {
            if (n == base) {
                free(path);
                return NULL;
            }
            while (path[--n] != '/')
                ;
        } else if (len > 0 && !(len == 1 && target[0] == '.')) {
            path[n++] = '/';
            memcpy(path + n, target, len);
            n += len;
        }
        target += len;
        if (*target == '/')
            target++;
    }
    path[n] = '\0';
    return path;
}

static const char *status_for(int why)
{
    switch (why) {
    case EACCES:
    case EPERM:
        return "403 Forbidden";
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return "404 Not Found";
    default:
        return "500 Internal Server Error";
    }
}

/* The file behind the name, mapped; NULL, or the status that says why not. */
static const char *fetch(char *path, struct answer *a, const char **type)
{
    size_t base = strlen(root);
    struct stat st;

    for (int pass = 0; pass < 2; pass++) {
        char *real;
        int fd;

        do
            real = realpath(*path ? path : "/", NULL);
        while (real == NULL && errno == EINTR);
        if (real == NULL)
            return status_for(errno);
        if (strncmp(real, root, base) != 0 || (real[base] != '/' && real[base] != '\0')) {
            free(real);                 /* a link that leads outside */
            return "403 Forbidden";
        }
        if (stat(real, &st) < 0) {
            int why = errno;
            free(real);
            return status_for(why);
        }
        if (S_ISDIR(st.st_mode)) {
            free(real);
            strcat(path, "/index.html");
            continue;
        }
        *type = type_of(strrchr(path, '/') + 1);
        if (!S_ISREG(st.st_mode) || *type == NULL) {
            free(real);
            return "403 Forbidden";
        }
        do
            fd = open(real, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        while (fd < 0 && errno == EINTR);
        free(real);
        if (fd < 0)
            return status_for(errno);
        if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
            close(fd);
            return "403 Forbidden";
        }
        a->maplen = (size_t)st.st_size;
        if (a->maplen > 0) {
            a->map = mmap(NULL, a->maplen, PROT_READ, MAP_PRIVATE, fd, 0);
            if (a->map == MAP_FAILED) {
                a->map = NULL;
                a->maplen = 0;
                close(fd);
                return "500 Internal Server Error";
            }
        }
        close(fd);
        return NULL;
    }
    return "404 Not Found";             /* index.html is a folder itself */
}

/* head: a whole request that begins with "GET ". Is written over. */
static void think(char *head, size_t len, struct answer *a)
{
    char *end = memchr(head, '\n', len), *target = head + 4, *path;
    const char *status, *type = NULL;

    memset(a, 0, sizeof *a);
    if (end[-1] == '\r')
        end--;
    *end = '\0';
    if (strlen(head) != (size_t)(end - head)) {
        refuse(a, "400 Bad Request");   /* a NUL in the line */
        return;
    }
    target += strspn(target, " \t");
    target[strcspn(target, " \t")] = '\0';
    if (*target == '\0') {
        refuse(a, "400 Bad Request");
        return;
    }
    target[strcspn(target, "?#")] = '\0';
    if (unescape(target) < 0) {
        refuse(a, "400 Bad Request");
        return;
    }
    path = tidy(target);
    status = path == NULL ? "403 Forbidden" : fetch(path, a, &type);
    free(path);
    if (status != NULL)
        refuse(a, status);
    else
        write_head(a, "200 OK", type, a->maplen, "");
}

static void forget(struct answer *a)
{
    free(a->text);
    if (a->map != NULL)
        munmap(a->map, a->maplen);
    memset(a, 0, sizeof *a);
}

/* Can this still become a GET? An empty request cannot. */
static int may_be_get(const char *buf, size_t len)
{
    return memcmp(buf, "GET ", len < 4 ? len : 4) == 0;
}

static void nap(long ms)
{
    struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

    while (nanosleep(&t, &t) < 0 && errno == EINTR)
        ;
}

static int push(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return -1;
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

/* Say goodbye, then read away what the client still sends (for a second at
 * most): to close over unread bytes would reset the connection and could take
 * the reply with it. */
static void part(int fd)
{
    char waste[8192];
    struct timespec t;
    long long end, left;

    shutdown(fd, SHUT_WR);
    clock_gettime(CLOCK_MONOTONIC, &t);
    end = t.tv_sec * 1000LL + t.tv_nsec / 1000000 + 1000;
    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        clock_gettime(CLOCK_MONOTONIC, &t);
        left = end - (t.tv_sec * 1000LL + t.tv_nsec / 1000000);
        if (left <= 0)
            break;
        if (poll(&p, 1, (int)left) <= 0)
            continue;
        ssize_t n = recv(fd, waste, sizeof waste, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
            break;
    }
}

static void leave(int sig)
{
    (void)sig;
    _exit(0);
}

static void serve(int fd, long delay)
{
    static char head[HEAD_MAX + 1];
    struct answer a;
    size_t n = 0, line = 0;     /* line: characters on this line, CR aside */
    FILE *in = fdopen(fd, "rb");

    if (in == NULL) {
        close(fd);
        return;
    }
    memset(&a, 0, sizeof a);
    for (;;) {
        int c = getc(in);
        if (c == EOF) {
            if (ferror(in) && errno == EINTR) {
                clearerr(in);
                continue;
            }
            goto out;           /* gone before the blank line */
        }
        if (n == HEAD_MAX) {
            refuse(&a, "431 Request Header Fields Too Large");
            break;
        }
        head[n++] = (char)c;
        if (!may_be_get(head, n))
            goto out;
        if (c != '\n') {
            line++;
            continue;
        }
        if (line == 0 || (line == 1 && head[n - 2] == '\r')) {
            if (delay > 0)
                nap(delay);
            think(head, n, &a);
            break;
        }
        line = 0;
    }
    if (a.text != NULL && push(fd, a.text, a.textlen) == 0 && push(fd, a.map, a.maplen) == 0)
        part(fd);
    forget(&a);
out:
    fclose(in);
}

int main(int argc, char **argv)
{
    struct sigaction sa = { .sa_handler = leave };
    struct pollfd ears[2];
    struct stat st;
    const char *folder;
    int fds[2], n, opt;
    long port = -1, delay = 0;
    unsigned actual;

    opterr = 0;
    while ((opt = getopt(argc, argv, OPTIONS)) != -1) {
        if (opt == 'd' && (delay = number(optarg, 86400000)) >= 0)
            continue;
        if (opt == 't' && narrow_to(optarg) == 0)
            continue;
        goto usage;
    }
    if (argc - optind < 1 || argc - optind > 2 || (port = number(argv[optind], 65535)) < 0) {
usage:
        fputs(USAGE, stderr);
        return 2;
    }
    folder = argc - optind == 2 ? argv[optind + 1] : ".";
    root = realpath(folder, NULL);
    if (root == NULL || stat(root, &st) < 0 || !S_ISDIR(st.st_mode)) {
        fprintf(stderr, PROG ": %s: %s\n", folder, root == NULL ? strerror(errno) : "not a folder");
        return 1;
    }
    if (strcmp(root, "/") == 0)
        *root = '\0';
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    n = open_listeners((unsigned)port, fds, &actual);
    if (n == 0) {
        fprintf(stderr, PROG ": port %s: %s\n", argv[optind], strerror(errno));
        return 1;
    }
    printf("listening on port %u\n", actual);
    fflush(stdout);
    for (int i = 0; i < n; i++)
        ears[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
    for (;;) {
        if (poll(ears, (nfds_t)n, -1) < 0)
            continue;
        for (int i = 0; i < n; i++) {
            if (ears[i].revents == 0)
                continue;
            int fd = accept(ears[i].fd, NULL, NULL);
            if (fd >= 0)
                serve(fd, delay);
            else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
                nap(50);
        }
    }
}
