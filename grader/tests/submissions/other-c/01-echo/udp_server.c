/* udp_server: every datagram goes home in capitals. */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
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

static void leave(int sig)
{
    (void)sig;
    _exit(0);
}

static int bound(int family, unsigned port, unsigned *actual)
{
    struct sockaddr_storage sa = { .ss_family = (sa_family_t)family };
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&sa;
    struct sockaddr_in *four = (struct sockaddr_in *)&sa;
    socklen_t len = family == AF_INET6 ? sizeof *six : sizeof *four;
    int on = 1, fd = socket(family, SOCK_DGRAM, 0);

    if (fd < 0)
        return -1;
    if (family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        six->sin6_port = htons((uint16_t)port);
    } else {
        four->sin_port = htons((uint16_t)port);
    }
    if (bind(fd, (struct sockaddr *)&sa, len) < 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    len = sizeof sa;
    getsockname(fd, (struct sockaddr *)&sa, &len);
    *actual = ntohs(family == AF_INET6 ? six->sin6_port : four->sin_port);
    return fd;
}

/* Is it the machine that lacks this family, rather than the port being taken? */
static int lacking(int why)
{
    return why == EAFNOSUPPORT || why == EADDRNOTAVAIL;
}

static void answer(int fd)
{
    static unsigned char buf[65536];
    struct sockaddr_storage from;
    struct iovec iov = { buf, sizeof buf };
    struct msghdr m = { .msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &iov, .msg_iovlen = 1 };
    ssize_t n;

    do
        n = recvmsg(fd, &m, MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return;
    for (ssize_t i = 0; i < n; i++)
        if (buf[i] >= 'a' && buf[i] <= 'z')
            buf[i] = (unsigned char)(buf[i] - 32);
    iov.iov_len = (size_t)n;
    m.msg_control = NULL;
    m.msg_controllen = 0;
    m.msg_flags = 0;
    while (sendmsg(fd, &m, 0) < 0 && errno == EINTR)
        ;
}

int main(int argc, char **argv)
{
    struct sigaction sa = { .sa_handler = leave };
    struct pollfd p[2];
    long port;
    unsigned actual = 0;
    int six, four = -1, why = 0;

    if (argc != 2 || (port = number(argv[1], 65535)) < 0) {
        fputs("usage: udp_server PORT\n", stderr);
        return 2;
    }
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    for (int tries = 0;; tries++) {
        actual = (unsigned)port;
        six = bound(AF_INET6, actual, &actual);
        why = errno;
        if (six < 0 && !lacking(why))
            break;
        four = bound(AF_INET, actual, &actual);
        if (four >= 0 || (six >= 0 && lacking(errno))) {
            why = 0;
            break;
        }
        why = errno;
        if (six >= 0)
            close(six);
        if (port != 0 || tries == 50)
            break;
    }
    if (why != 0) {
        fprintf(stderr, "udp_server: port %s: %s\n", argv[1], strerror(why));
        return 1;
    }
    printf("listening on port %u\n", actual);
    fflush(stdout);
    p[0] = (struct pollfd){ .fd = six, .events = POLLIN };  /* poll() skips -1 */
    p[1] = (struct pollfd){ .fd = four, .events = POLLIN };
    for (;;) {
        if (poll(p, 2, -1) <= 0)
            continue;
        for (int i = 0; i < 2; i++)
            if (p[i].fd >= 0 && p[i].revents != 0)
                answer(p[i].fd);
    }
}
