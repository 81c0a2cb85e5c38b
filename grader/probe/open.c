/* The verbs that make and end TCP connections. */
#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Connecting failed with errno; `which` tells which of several it was. */
static enum outcome fail_open(struct probe *p, const struct step *s, const char *which)
{
    switch (errno) {
    case ECONNREFUSED: record_event(p, s->name, "refused"); return fail(s->name, "%sconnection refused", which);
    case ETIMEDOUT:
        record_event(p, s->name, "timeout");
        fail(s->name, "%sno connection within %g s", which, watch_waited(p));
        stand_tell_queue(atoi(p->port));
        return FAILED;
    case EMFILE:
    case ENFILE: return misuse("%s: %sthe probe itself has no file descriptors left", s->name, which);
    default: return fail(s->name, "%scannot connect: %s", which, strerror(errno));
    }
}

VERB(open)
{
    bool reset = false;
    int fd = net_connect(p, &reset);

    if (fd < 0)
        return fail_open(p, s, "");
    conn_start(p, c, fd);
    c->reset_pending = reset;
    record_event(p, c->name, "connect");
    return DONE;
}

/* A connection that died in the queue may make accept come back with nothing. */
static int take_next(struct probe *p)
{
    long long until = deadline(p);

    for (;;) {
        int fd;

        if (wait_for(p->listener, POLLIN, until) == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        fd = accept(p->listener, NULL, NULL);
        if (fd >= 0 ||
            (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED && errno != EPROTO))
            return fd;
    }
}

VERB(accept)
{
    int fd = take_next(p);

    (void)s;
    if (fd < 0 && errno == ETIMEDOUT) {
        record_event(p, c->name, "timeout");
        return fail(c->name, "nobody connected for %g s", watch_waited(p));
    }
    if (fd < 0)
        return misuse("cannot accept: %s", strerror(errno));
    net_nonblocking(fd);
    conn_start(p, c, fd);
    record_event(p, c->name, "accept");
    return DONE;
}

VERB(next)
{
    if (c->fd >= 0)
        conn_close(p, c);
    return step_accept(p, c, s);
}

VERB(close)
{
    (void)s;
    conn_close(p, c);
    return DONE;
}

VERB(fin)
{
    (void)s;
    if (c->fin_sent)
        return misuse("%s: fin was sent before", c->name);
    c->fin_sent = true;
    if (shutdown(c->fd, SHUT_WR) < 0) {
        /* A RST was quicker. Whether it came before or after our FIN is chance,
         * and must not decide: the next step that receives will meet it. */
        conn_broken(p, c, errno);
        return DONE;
    }
    record_event(p, c->name, "fin-sent");
    return DONE;
}

/* Closing without lingering throws the connection away: the peer gets a RST. */
VERB(reset)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};

    (void)s;
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(c->fd);
    c->fd = -1;
    record_event(p, c->name, "reset-sent");
    return DONE;
}

VERB(rcvbuf)
{
    (void)c;
    p->rcvbuf = as_int(s->number);
    if (p->listener >= 0)
        net_rcvbuf(p->listener, p->rcvbuf);
    return DONE;
}

/* Has had its effect before the first step, when the probe began to listen. */
VERB(backlog)
{
    (void)p;
    (void)c;
    (void)s;
    return DONE;
}

/* The connections are held until the probe exits; nothing else needs them. */
VERB(hold)
{
    bool reset = false;
    char which[64];

    (void)c;
    for (long long i = 1; i <= s->number; i++) {
        if (net_connect(p, &reset) >= 0)
            continue;
        snprintf(which, sizeof which, "connection %lld of %lld: ", i, s->number);
        return fail_open(p, s, which);
    }
    record_count(p, s->name, "connect", s->number);
    return DONE;
}

VERB(try)
{
    bool reset = false;
    long long made = 0;

    (void)c;
    while (made < s->number && net_connect(p, &reset) >= 0)
        made++;
    record_count(p, s->name, "connect", made);
    return DONE;
}
