/* tcp_server: gives every byte back in capitals, one customer at a time. */
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

static void leave(int sig)
{
    (void)sig;
    _exit(0);
}

static void pause_ms(long ms)
{
    struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

    while (nanosleep(&t, &t) < 0 && errno == EINTR)
        ;
}

static void converse(int fd, long delay)
{
    unsigned char buf[16384];

    for (;;) {
        ssize_t got = recv(fd, buf, sizeof buf, 0);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        for (ssize_t i = 0; i < got; i++)
            if (buf[i] >= 'a' && buf[i] <= 'z')
                buf[i] -= 'a' - 'A';
        if (delay > 0)
            pause_ms(delay);
        for (ssize_t done = 0; done < got;) {
            ssize_t put = send(fd, buf + done, (size_t)(got - done), MSG_NOSIGNAL);

            if (put < 0 && errno != EINTR)
                return;
            if (put > 0)
                done += put;
        }
    }
}

int main(int argc, char **argv)
{
    struct sigaction sa = { .sa_handler = leave };
    struct pollfd ears[2];
    int fds[2], n, opt;
    long port = -1, delay = 0;
    unsigned actual;

    opterr = 0;
    while ((opt = getopt(argc, argv, "d:")) != -1)
        if (opt != 'd' || (delay = number(optarg, 86400000)) < 0)
            goto usage;
    if (argc - optind != 1 || (port = number(argv[optind], 65535)) < 0) {
usage:
        fputs("usage: tcp_server [-d MS] PORT\n", stderr);
        return 2;
    }
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    n = open_listeners((unsigned)port, fds, &actual);
    if (n == 0) {
        fprintf(stderr, "tcp_server: port %s: %s\n", argv[optind], strerror(errno));
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
            if (fd >= 0) {
                converse(fd, delay);
                close(fd);
            } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
                pause_ms(50);
            }
        }
    }
}
