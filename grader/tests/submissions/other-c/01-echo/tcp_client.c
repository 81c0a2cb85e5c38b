/* tcp_client: sends lines, prints what comes back. Reads while it writes, so
 * that a line larger than all buffers together cannot lock up both sides. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
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
    fprintf(stderr, "tcp_client: %s: %s\n", what, why);
    exit(1);
}

/* Try the addresses of host one after the other. */
static int dial(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
    int fd = -1, why = 0;
    int e = getaddrinfo(host, port, &hints, &list);

    if (e != 0)
        fail(host, e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
    for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            why = errno;
            close(fd);
            fd = -1;
        } else if (fd < 0) {
            why = errno;
        }
    }
    freeaddrinfo(list);
    if (fd < 0)
        fail(host, strerror(why));
    return fd;
}

/* Sends the len bytes of line and collects as many of the reply; they may begin
 * to come back before the last one has left. */
static void exchange(int fd, char *line, size_t len, char *reply, const char *host)
{
    size_t out = 0, in = 0;

    while (in < len) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        if (out < len)
            p.events |= POLLOUT;
        if (poll(&p, 1, -1) < 0)
            continue;
        if (p.revents & (POLLIN | POLLHUP | POLLERR)) {
            ssize_t n = recv(fd, reply + in, len - in, 0);
            if (n == 0)
                fail(host, "the server hung up before its reply was complete");
            if (n < 0 && errno != EAGAIN && errno != EINTR)
                fail(host, strerror(errno));
            if (n > 0)
                in += (size_t)n;
        }
        if (p.revents & POLLOUT) {
            ssize_t n = send(fd, line + out, len - out, MSG_NOSIGNAL);
            if (n < 0 && errno != EAGAIN && errno != EINTR)
                fail(host, strerror(errno));
            if (n > 0)
                out += (size_t)n;
        }
    }
}

int main(int argc, char **argv)
{
    char *line = NULL, *reply = NULL;
    size_t room = 0;
    ssize_t len;
    int fd, tty = isatty(STDIN_FILENO);

    if (argc != 3 || number(argv[2], 65535) < 0) {
        fputs("usage: tcp_client HOST PORT\n", stderr);
        return 2;
    }
    fd = dial(argv[1], argv[2]);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    for (;;) {
        if (tty)
            fputs("Input lowercase sentence: ", stderr);
        len = getline(&line, &room, stdin);
        if (len < 0)
            break;
        char *bigger = realloc(reply, (size_t)len);
        if (bigger == NULL)
            fail("memory", strerror(errno));
        reply = bigger;
        exchange(fd, line, (size_t)len, reply, argv[1]);
        fputs("From Server: ", stdout);
        fwrite(reply, 1, (size_t)len, stdout);
        if (reply[len - 1] != '\n')
            putchar('\n');
        if (fflush(stdout) != 0)
            fail("stdout", strerror(errno));
    }
    if (ferror(stdin))
        fail("stdin", strerror(errno));
    free(line);
    free(reply);
    close(fd);
    return 0;
}
