/* threaded_client: asks from a port of its own choice and prints all that comes. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "threaded_client: %s: %s\n", what, why);
    exit(1);
}

static int bind_here(int fd, int family, unsigned port)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    int on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (family == AF_INET)
        return bind(fd, (struct sockaddr *)&four, sizeof four);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    return bind(fd, (struct sockaddr *)&six, sizeof six);
}

int main(int argc, char **argv)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
    static char buf[65536];
    const char *what, *file;
    char *request;
    int e, n, fd = -1, why = 0;
    long own;

    if (argc < 4 || argc > 5 || number(argv[2], 65535) < 0 || (own = number(argv[3], 65535)) < 0) {
        fputs("usage: threaded_client HOST PORT CLIENT_PORT [FILE]\n", stderr);
        return 2;
    }
    file = argc == 5 ? argv[4] : "testfile";
    if (*file == '\0' || strpbrk(file, " \t\r\n") != NULL) {
        fputs("usage: threaded_client HOST PORT CLIENT_PORT [FILE] (a FILE without blanks)\n", stderr);
        return 2;
    }
    e = getaddrinfo(argv[1], argv[2], &hints, &list);
    if (e != 0)
        fail(argv[1], e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
    what = argv[1];
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd < 0) {
            why = errno;
            continue;
        }
        if (bind_here(fd, a->ai_family, (unsigned)own) < 0) {
            what = argv[3];
            why = errno;
        } else if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            what = argv[1];
            why = errno;
        } else {
            break;
        }
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    if (fd < 0)
        fail(what, strerror(why));

    n = asprintf(&request, "GET %s HTTP/1.0\r\n\r\n", file);
    if (n < 0)
        fail("memory", "exhausted");
    for (int done = 0; done < n;) {
        ssize_t k = send(fd, request + done, (size_t)(n - done), MSG_NOSIGNAL);
        if (k < 0)
            fail(argv[1], strerror(errno));
        done += (int)k;
    }
    free(request);
    for (;;) {
        struct pollfd p = { .fd = fd, .events = POLLIN };
        ssize_t k;

        if (poll(&p, 1, -1) < 0)
            continue;
        k = recv(fd, buf, sizeof buf, 0);
        if (k == 0)
            break;
        if (k < 0) {
            fflush(stdout);
            fail(argv[1], strerror(errno));
        }
        if (fwrite(buf, 1, (size_t)k, stdout) != (size_t)k)
            fail("stdout", strerror(errno));
    }
    if (fflush(stdout) != 0)
        fail("stdout", strerror(errno));
    close(fd);
    return 0;
}
