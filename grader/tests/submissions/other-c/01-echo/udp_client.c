/* udp_client: one datagram per line, without the newline; waits with epoll. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
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

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "udp_client: %s: %s\n", what, why);
    exit(1);
}

static long long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int call(const struct addrinfo *a)
{
    /* A connected socket takes datagrams from the server alone, and hears
     * when nobody is at home there. */
    int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

    if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

/* Bytes of the reply; -1 with errno, ETIMEDOUT when nothing came. */
static ssize_t ask(int fd, const char *line, size_t len, char *reply, size_t room, long seconds)
{
    struct epoll_event ev = { .events = EPOLLIN };
    long long end = now_ms() + seconds * 1000LL;
    int ep;

    if (send(fd, line, len, 0) < 0)
        return -1;
    ep = epoll_create1(0);
    if (ep < 0 || epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) < 0)
        fail("epoll", strerror(errno));
    for (;;) {
        long long left = end - now_ms();
        ssize_t n;

        if (left <= 0) {
            close(ep);
            errno = ETIMEDOUT;
            return -1;
        }
        if (epoll_wait(ep, &ev, 1, left > 1000000 ? 1000000 : (int)left) <= 0)
            continue;
        n = recv(fd, reply, room, MSG_DONTWAIT);
        if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
            int why = errno;
            close(ep);
            errno = why;
            return n;
        }
    }
}

int main(int argc, char **argv)
{
    static char reply[65536];
    struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *list, *a;
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    long seconds = 5;
    int fd = -1, e, settled = 0, tty = isatty(0);

    if (argc < 3 || argc > 4 || number(argv[2], 65535) < 0
        || (argc == 4 && (seconds = number(argv[3], 1000000)) < 1)) {
        fputs("usage: udp_client HOST PORT [TIMEOUT]\n", stderr);
        return 2;
    }
    e = getaddrinfo(argv[1], argv[2], &hints, &list);
    if (e != 0)
        fail(argv[1], e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
    a = list;
    while ((fd = call(a)) < 0) {
        if (a->ai_next == NULL)
            fail(argv[1], strerror(errno));
        a = a->ai_next;
    }
    for (;;) {
        ssize_t n;

        if (tty)
            fputs("Input lowercase sentence: ", stderr);
        len = getline(&line, &room, stdin);
        if (len < 0)
            break;
        if (line[len - 1] == '\n')
            len--;
        n = ask(fd, line, (size_t)len, reply, sizeof reply, seconds);
        /* Nobody on ::1? Perhaps on 127.0.0.1. */
        while (n < 0 && errno == ECONNREFUSED && !settled && a->ai_next != NULL) {
            close(fd);
            a = a->ai_next;
            fd = call(a);
            n = fd < 0 ? -1 : ask(fd, line, (size_t)len, reply, sizeof reply, seconds);
        }
        if (n < 0 && errno == ETIMEDOUT) {
            char why[64];
            snprintf(why, sizeof why, "no reply within %ld s", seconds);
            fail(argv[1], why);
        }
        if (n < 0)
            fail(argv[1], strerror(errno));
        settled = 1;
        fputs("From Server: ", stdout);
        fwrite(reply, 1, (size_t)n, stdout);
        if (n == 0 || reply[n - 1] != '\n')
            putchar('\n');
        if (fflush(stdout) != 0)
            fail("stdout", strerror(errno));
    }
    if (ferror(stdin))
        fail("stdin", strerror(errno));
    freeaddrinfo(list);
    free(line);
    close(fd);
    return 0;
}
