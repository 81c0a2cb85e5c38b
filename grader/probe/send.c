/* The verbs that send on TCP. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/sockios.h>
#endif

/* What sending came to. */
enum pushed { PUSHED, BROKEN, STUCK };

/* Waits until more can be sent, and takes in what comes meanwhile: a peer that
 * sends and does not read until we read must not block both of us. */
static bool wait_to_send(struct probe *p, struct conn *c, long long *until)
{
    short wanted = c->side == SIDE_OPEN ? POLLIN | POLLOUT : POLLOUT;
    short ready = wait_for(c->fd, wanted, *until);

    if (ready == 0)
        return false;
    if (ready & wanted & POLLIN && conn_take_in(p, c, CHUNK) >= 0)
        *until = deadline(p);
    return true;
}

/* Sends all; the deadline counts from the last byte that went either way. */
static enum pushed push_bytes(struct probe *p, struct conn *c, const char *bytes, size_t len)
{
    long long until = deadline(p);

    while (len > 0) {
        ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);

        if (n >= 0) {
            record_sent(p, c, bytes, (size_t)n);
            bytes += n;
            len -= (size_t)n;
            until = deadline(p);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!wait_to_send(p, c, &until))
                return STUCK;
        } else if (errno != EINTR) {
            conn_broken(p, c, errno);
            return BROKEN;
        }
    }
    return PUSHED;
}

static enum outcome fail_push(struct probe *p, struct conn *c, enum pushed why)
{
    if (why == STUCK) {
        record_event(p, c->name, "timeout");
        fail(c->name, "the %s took nothing for %g s (sent %lld bytes so far)", peer_word(p), watch_waited(p), c->sent);
        stand_tell(p, c);
        return FAILED;
    }
    if (c->side == SIDE_FIN)
        return fail(c->name, "the %s had closed, no more than %lld bytes could be sent", peer_word(p), c->sent);
    return fail(c->name, "the connection was reset, no more than %lld bytes could be sent", c->sent);
}

enum outcome push(struct probe *p, struct conn *c, const char *bytes, size_t len)
{
    enum pushed how;

    if (c->fin_sent)
        return misuse("%s: nothing can be sent after fin", c->name);
    how = push_bytes(p, c, bytes, len);
    return how == PUSHED ? DONE : fail_push(p, c, how);
}

VERB(send)
{
    return push(p, c, s->text, s->len);
}

VERB(file)
{
    char *chunk = need_memory(malloc(CHUNK));
    int fd = open(s->text, O_RDONLY);
    enum outcome how = DONE;
    ssize_t n = 0;

    if (fd < 0)
        how = misuse("cannot open %s: %s", s->text, strerror(errno));
    while (how == DONE && (n = read(fd, chunk, CHUNK)) > 0)
        how = push(p, c, chunk, (size_t)n);
    if (n < 0)
        how = misuse("cannot read %s: %s", s->text, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(chunk);
    return how;
}

/* How many bytes the peer's kernel has not acknowledged yet. */
static int in_flight(int fd)
{
#ifdef SIOCOUTQ
    int n = 0;

    return ioctl(fd, SIOCOUTQ, &n) < 0 ? 0 : n;
#else
    (void)fd;
    sleep_us(10000); /* nobody can say; this is long for the same machine */
    return 0;
#endif
}

/* No call waits for acknowledgement, so look again every millisecond. */
static bool wait_acknowledged(struct probe *p, struct conn *c)
{
    long long until = deadline(p);

    while (in_flight(c->fd) > 0) {
        short wanted = c->side == SIDE_OPEN ? POLLIN : 0;
        short ready = wait_for(c->fd, wanted, now_us() + 1000);

        if (ready & wanted)
            conn_take_in(p, c, CHUNK);
        if (c->side == SIDE_RESET || ready & (POLLERR | POLLHUP))
            return true; /* sending will find out */
        if (now_us() > until)
            return false;
    }
    return true;
}

/* One byte per segment, each after the peer's kernel has the one before. */
VERB(drip)
{
    for (size_t i = 0; i < s->len; i++) {
        enum outcome how;

        if (!wait_acknowledged(p, c))
            return fail_push(p, c, STUCK);
        how = push(p, c, s->text + i, 1);
        if (how != DONE)
            return how;
    }
    return DONE;
}

/* Sends until the peer has gone; one that hangs is a failure. A FIN alone does
 * not end it: a peer that has only half-closed still reads. One that has closed
 * answers with a RST. */
VERB(flood)
{
    long long left = s->number;
    char *chunk = need_memory(malloc(CHUNK));
    enum pushed how = PUSHED;

    memset(chunk, 'a', CHUNK);
    while (left > 0 && how == PUSHED && !c->fin_sent) {
        size_t now = left < CHUNK ? (size_t)left : CHUNK;

        how = push_bytes(p, c, chunk, now);
        left -= (long long)now;
    }
    free(chunk);
    if (c->fin_sent)
        return misuse("%s: nothing can be sent after fin", c->name);
    return how == STUCK ? fail_push(p, c, STUCK) : DONE;
}

/* A client that never reads: sends without taking anything in, until the peer
 * has taken nothing for so many milliseconds, or has gone. */
VERB(stuff)
{
    long long left = s->number;
    char chunk[4096];

    memset(chunk, 'a', sizeof chunk);
    if (c->fin_sent)
        return misuse("%s: nothing can be sent after fin", c->name);
    while (left > 0) {
        size_t now = left < (long long)sizeof chunk ? (size_t)left : sizeof chunk;
        ssize_t n = send(c->fd, chunk, now, MSG_NOSIGNAL);

        if (n >= 0) {
            record_sent(p, c, chunk, (size_t)n);
            left -= n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (wait_for(c->fd, POLLOUT, now_us() + s->ms * 1000) == 0)
                return DONE;
        } else if (errno != EINTR) {
            conn_broken(p, c, errno);
            return DONE;
        }
    }
    return DONE;
}
