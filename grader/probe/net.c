/* Addresses, listening, connecting. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool any_address(const struct probe *p)
{
    return strcmp(p->host, "*") == 0;
}

static int look_up(struct probe *p, int family)
{
    struct addrinfo hints = {.ai_family = family};

    hints.ai_socktype = p->udp ? SOCK_DGRAM : SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | (p->listening ? AI_PASSIVE : 0);
    return getaddrinfo(any_address(p) ? NULL : p->host, p->port, &hints, &p->addresses);
}

enum outcome net_prepare(struct probe *p)
{
    int error;

    if (any_address(p) && !p->listening)
        return misuse("the address * is only for listening (-l)");
    error = look_up(p, any_address(p) ? AF_INET6 : AF_UNSPEC);
    if (error && any_address(p))
        error = look_up(p, AF_INET);
    if (error)
        return misuse("%s: %s", p->host, gai_strerror(error));
    return DONE;
}

void net_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* For TCP this has its full effect only before the connection is made. */
void net_rcvbuf(int fd, int size)
{
    if (size > 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
}

static int new_socket(struct probe *p, const struct addrinfo *a)
{
    int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

    if (fd >= 0) {
        net_nonblocking(fd);
        net_rcvbuf(fd, p->rcvbuf);
    }
    return fd;
}

static int listen_at(struct probe *p, const struct addrinfo *a)
{
    int on = 1, only = !any_address(p), fd = new_socket(p, a), kept;

    if (fd < 0)
        return -1;
    if (!p->udp)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && (p->udp || listen(fd, p->backlog) == 0))
        return fd;
    kept = errno;
    close(fd);
    errno = kept;
    return -1;
}

/* A machine without IPv6 can still be served on every IPv4 address. */
static void listen_anywhere(struct probe *p)
{
    p->listener = listen_at(p, p->addresses);
    if (p->listener >= 0 || !any_address(p))
        return;
    if (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL)
        return;
    freeaddrinfo(p->addresses);
    p->addresses = NULL;
    if (look_up(p, AF_INET) == 0)
        p->listener = listen_at(p, p->addresses);
}

int net_port(const struct sockaddr_storage *a)
{
    const struct sockaddr_in6 *six = (const void *)a;
    const struct sockaddr_in *four = (const void *)a;

    return ntohs(a->ss_family == AF_INET6 ? six->sin6_port : four->sin_port);
}

/* The port of our end of the socket. */
static int local_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t len = sizeof a;

    return getsockname(fd, (struct sockaddr *)&a, &len) < 0 ? -1 : net_port(&a);
}

enum outcome net_listen(struct probe *p)
{
    listen_anywhere(p);
    if (p->listener < 0)
        return misuse("cannot listen on %s port %s: %s", p->host, p->port, strerror(errno));
    printf("ready %d\n", local_port(p->listener));
    fflush(stdout);
    return DONE;
}

/* Connecting to a free port of this machine can meet itself, when the kernel
 * picks that very port for our end. To the script that is nobody at all. */
static bool met_itself(int fd)
{
    struct sockaddr_storage here, there;
    socklen_t here_len = sizeof here, there_len = sizeof there;

    memset(&here, 0, sizeof here);
    memset(&there, 0, sizeof there);
    if (getsockname(fd, (struct sockaddr *)&here, &here_len) < 0 ||
        getpeername(fd, (struct sockaddr *)&there, &there_len) < 0)
        return false;
    return here_len == there_len && memcmp(&here, &there, here_len) == 0;
}

/* Returns 0 or the error that connecting met. */
static int finish_connect(int fd, long long until, bool *reset)
{
    int error = 0;
    socklen_t len = sizeof error;

    if (wait_for(fd, POLLOUT, until) == 0)
        return ETIMEDOUT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        return errno;
    /* These two come only after a connection: the server was quicker than we. */
    *reset = error == ECONNRESET;
    if (error == ECONNRESET || error == EPIPE)
        return 0;
    if (error == 0 && met_itself(fd))
        return ECONNREFUSED;
    return error;
}

static int connect_to(struct probe *p, const struct addrinfo *a, bool *reset)
{
    int fd = new_socket(p, a);
    int error = 0;

    if (fd < 0)
        return -1;
    if (connect(fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS && errno != EINTR)
        error = errno;
    if (error == 0)
        error = finish_connect(fd, deadline(p), reset);
    if (error == 0)
        return fd;
    close(fd);
    errno = error;
    return -1;
}

/* Tries every address of the host in turn: a socket, or -1 with errno set.
 * *reset tells that the connection was made and reset already. */
int net_connect(struct probe *p, bool *reset)
{
    int fd = -1;

    for (struct addrinfo *a = p->addresses; a && fd < 0; a = a->ai_next)
        fd = connect_to(p, a, reset);
    return fd;
}

/* Prints the port of our end. */
VERB(local)
{
    (void)p;
    (void)s;
    printf("%d\n", local_port(c->fd));
    fflush(stdout);
    return DONE;
}
