/* The UDP verbs: one datagram each. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* for IP_RECVERR */
#endif
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Our socket is not connected, so that an answer from a wrong port is seen too.
 * Linux tells such a socket about a closed port only on request. */
static void ask_for_errors(int fd, int family)
{
#if defined IP_RECVERR && defined IPV6_RECVERR
    int on = 1;

    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    else
        setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
#else
    (void)fd;
    (void)family;
#endif
}

/* Throws away what was told about earlier datagrams; else poll reports it for ever. */
static void forget_errors(int fd)
{
#ifdef MSG_ERRQUEUE
    struct msghdr none = {0};

    while (recvmsg(fd, &none, MSG_ERRQUEUE | MSG_DONTWAIT) >= 0)
        continue;
#else
    (void)fd;
#endif
}

VERB(udp_open)
{
    const struct addrinfo *a = p->addresses;
    struct sockaddr_storage any = {.ss_family = (sa_family_t)a->ai_family};
    int fd = socket(a->ai_family, SOCK_DGRAM, 0);

    /* Bound here, so that `local` knows the port before anything was sent. */
    if (fd < 0 || bind(fd, (struct sockaddr *)&any, a->ai_addrlen) < 0)
        return misuse("no UDP socket for %s: %s", s->name, strerror(errno));
    net_nonblocking(fd);
    net_rcvbuf(fd, p->rcvbuf);
    ask_for_errors(fd, a->ai_family);
    conn_start(p, c, fd);
    memcpy(&c->peer, a->ai_addr, a->ai_addrlen);
    c->peer_len = a->ai_addrlen;
    return DONE;
}

/* In listen mode every name uses the one socket that is bound. */
static void use_listener(struct probe *p, struct conn *c)
{
    if (p->listening && c->fd < 0)
        conn_start(p, c, p->listener);
}

static ssize_t send_to(struct conn *c, int fd, const char *bytes, size_t len)
{
    for (;;) {
        ssize_t n = sendto(fd, bytes, len, 0, (struct sockaddr *)&c->peer, c->peer_len);

        if (n >= 0)
            return n;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            wait_for(fd, POLLOUT, now_us() + 1000);
        else if (errno == ECONNREFUSED) /* about an earlier datagram, not this one */
            forget_errors(fd);
        else if (errno != EINTR)
            return -1;
    }
}

static enum outcome send_datagram(struct probe *p, struct conn *c, const char *bytes, size_t len)
{
    if (c->peer_len == 0)
        return misuse("%s: no datagram has come that could be answered", c->name);
    if (send_to(c, c->fd, bytes, len) < 0)
        return fail(c->name, "a datagram of %zu bytes cannot be sent: %s", len, strerror(errno));
    record_sent(p, c, bytes, len);
    return DONE;
}

VERB(udp_send)
{
    use_listener(p, c);
    return send_datagram(p, c, s->text, s->len);
}

VERB(udp_file)
{
    char *bytes = need_memory(malloc(CHUNK));
    int fd = open(s->text, O_RDONLY);
    enum outcome how;
    size_t len = 0;
    ssize_t n = -1;

    use_listener(p, c);
    while (fd >= 0 && len < CHUNK && (n = read(fd, bytes + len, CHUNK - len)) > 0)
        len += (size_t)n;
    if (n < 0)
        how = misuse("cannot read %s: %s", s->text, strerror(errno));
    else
        how = send_datagram(p, c, bytes, len);
    if (fd >= 0)
        close(fd);
    free(bytes);
    return how;
}

/* One datagram into c: its length, -1 at the deadline, -2 when refused. */
enum { NONE_CAME = -1, REFUSED = -2 };

static ssize_t take_datagram(struct probe *p, struct conn *c, long long until)
{
    if (!c->datagram)
        c->datagram = need_memory(malloc(CHUNK));
    for (;;) {
        struct sockaddr_storage from;
        socklen_t from_len = sizeof from;
        ssize_t n;

        if (wait_for(c->fd, POLLIN, until) == 0)
            return NONE_CAME;
        n = recvfrom(c->fd, c->datagram, CHUNK, 0, (struct sockaddr *)&from, &from_len);
        if (n < 0 && errno == ECONNREFUSED)
            return REFUSED;
        if (n < 0) {
            forget_errors(c->fd);
            continue;
        }
        c->datagram_len = (size_t)n;
        record_received(p, c, c->datagram, (size_t)n);
        if (p->listening) {
            c->peer = from;
            c->peer_len = from_len;
        }
        c->from_port = net_port(&from);
        return n;
    }
}

static enum outcome fail_datagram(struct probe *p, struct conn *c, ssize_t why)
{
    record_event(p, c->name, why == REFUSED ? "refused" : "timeout");
    if (why == REFUSED)
        return fail(c->name, "connection refused");
    return fail(c->name, "no datagram came for %g s (received %lld bytes so far)", watch_waited(p), c->received);
}

VERB(udp_recv)
{
    ssize_t n;

    (void)s;
    use_listener(p, c);
    n = take_datagram(p, c, deadline(p));
    return n >= 0 ? DONE : fail_datagram(p, c, n);
}

VERB(udp_expect)
{
    enum outcome how = step_udp_recv(p, c, s);

    if (how != DONE)
        return how;
    for (size_t i = 0; i < c->datagram_len && i < s->len; i++)
        if (c->datagram[i] != s->text[i])
            return fail_differs(c, s, i, c->datagram + i, c->datagram_len - i);
    if (c->datagram_len != s->len)
        return fail(c->name, "the datagram has %zu bytes, %zu were expected", c->datagram_len, s->len);
    return DONE;
}

VERB(udp_quiet)
{
    char words[80];
    ssize_t n;

    use_listener(p, c);
    n = take_datagram(p, c, now_us() + s->ms * 1000);
    if (n == NONE_CAME)
        return DONE;
    if (n == REFUSED)
        return fail_datagram(p, c, n);
    visible(words, sizeof words, c->datagram, c->datagram_len);
    return fail(c->name, "a datagram of %zd bytes came (\"%s\"), none was expected for %lld ms", n, words, s->ms);
}

VERB(udp_upper)
{
    (void)s;
    for (size_t i = 0; i < c->datagram_len; i++)
        if (c->datagram[i] >= 'a' && c->datagram[i] <= 'z')
            c->datagram[i] = (char)(c->datagram[i] - 'a' + 'A');
    return send_datagram(p, c, c->datagram, c->datagram_len);
}

/* A server answers from the port that it was asked at. */
VERB(udp_from)
{
    int wanted = net_port(&c->peer);

    (void)p;
    (void)s;
    if (!c->datagram)
        return misuse("%s: no datagram has come yet", c->name);
    if (c->from_port != wanted)
        return fail(c->name, "the datagram came from port %d, not from the server's port %d", c->from_port, wanted);
    return DONE;
}

/* The address of a socket, with the port taken out of it. */
static socklen_t address_only(int fd, struct sockaddr_storage *a)
{
    socklen_t len = sizeof *a;

    memset(a, 0, sizeof *a);
    getsockname(fd, (struct sockaddr *)a, &len);
    if (a->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)a)->sin6_port = 0;
    else
        ((struct sockaddr_in *)(void *)a)->sin_port = 0;
    return len;
}

/* A datagram from the same address and another port, which a careful client
 * must not take for the answer of its server. */
VERB(udp_stranger)
{
    struct sockaddr_storage here;
    socklen_t len = address_only(p->listener, &here);
    int off = 0, fd = socket(here.ss_family, SOCK_DGRAM, 0);
    enum outcome how = DONE;

    if (here.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (fd < 0 || bind(fd, (struct sockaddr *)&here, len) < 0)
        how = misuse("no socket for a stranger: %s", strerror(errno));
    else if (c->peer_len == 0)
        how = misuse("%s: no datagram has come that could be answered", c->name);
    else if (send_to(c, fd, s->text, s->len) < 0)
        how = fail(c->name, "the stranger cannot send: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return how;
}
