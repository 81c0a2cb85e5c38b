/* Connections by name, and what comes in on them. */
#include "probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Without a step that looks at the content, unread bytes are only counted. */
static bool content_matters(const struct probe *p, const char *name)
{
    for (size_t i = 0; i < p->step_count; i++)
        if (p->steps[i].verb->looks && strcmp(p->steps[i].name, name) == 0)
            return true;
    return false;
}

/* The connection of that name; a new, closed one when there is none yet. */
struct conn *conn_get(struct probe *p, const char *name)
{
    struct conn **at = &p->conns;
    struct conn *c;

    for (; *at; at = &(*at)->next)
        if (strcmp((*at)->name, name) == 0)
            return *at;
    c = need_memory(calloc(1, sizeof *c));
    strcpy(c->name, name);
    c->fd = -1;
    c->unread.keep = content_matters(p, name);
    record_files(p, c);
    *at = c;
    return c;
}

/* A TCP connection has come about on fd. TCP_NODELAY: what a step sends shall
 * be on its way when the step ends, not wait for the peer's acknowledgement. */
void conn_start(struct probe *p, struct conn *c, int fd)
{
    int on = 1;

    if (!p->udp)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    buffer_clear(&c->unread);
    c->fd = fd;
    c->side = SIDE_OPEN;
    c->end_told = c->fin_sent = c->reset_pending = false;
    c->received = c->consumed = c->sent = 0;
    c->sent_line = EMPTY;
    record_side(p, c);
}

static void side_ended(struct probe *p, struct conn *c, enum side side)
{
    c->side = side;
    record_event(p, c->name, side == SIDE_FIN ? "fin" : "reset");
    record_side(p, c);
}

/* A peer that sends for ever is progress for ever, and would fill the disk: where there is no end to it, the run ends. */
static void check_patience(struct probe *p, struct conn *c)
{
    double waited = (double)(now_us() - p->step_began) / 1e6;
    const char *plenty = NULL;

    if (p->dir && p->kept > MOST_KEPT)
        plenty = "too much came, and no end of it";
    else if (!p->listening && waited > (double)(MOST_WAITS * p->limit) / 1e6)
        plenty = "bytes still came, and no end of them";
    if (!plenty)
        return;
    fail(c->name, "%s, after %.1f s (received %lld bytes so far)", plenty, waited, c->received);
    record_failure(p);
    exit(FAILED);
}

/* Reads once, at most max bytes: how many came, 0 at the end, -1 for none now. */
ssize_t conn_take_in(struct probe *p, struct conn *c, size_t max)
{
    char chunk[CHUNK];
    ssize_t n;

    do
        n = recv(c->fd, chunk, max < sizeof chunk ? max : sizeof chunk, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0) {
        record_received(p, c, chunk, (size_t)n);
        check_patience(p, c);
        buffer_add(&c->unread, chunk, (size_t)n);
        return n;
    }
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return -1;
    side_ended(p, c, n < 0 || c->reset_pending ? SIDE_RESET : SIDE_FIN);
    return 0;
}

/* Waits for more input and takes in at most max bytes of it. */
enum fetched conn_fetch(struct probe *p, struct conn *c, size_t max)
{
    long long until = deadline(p);

    while (c->side == SIDE_OPEN) {
        if (wait_for(c->fd, POLLIN, until) == 0)
            return GOT_NOTHING;
        if (conn_take_in(p, c, max) > 0)
            return GOT_BYTES;
    }
    return GOT_END;
}

/* Sending failed, so the peer reset the connection; what it had sent before is
 * still there to be read. EPIPE: a FIN had come before. ENOTCONN: reading will
 * tell. Any other error, such as ECONNRESET: the RST came instead of a FIN, but
 * the kernel says so only once, and the next read would look like a FIN. */
void conn_broken(struct probe *p, struct conn *c, int error)
{
    bool ended = c->side != SIDE_OPEN;

    if (error != EPIPE && error != ENOTCONN)
        c->reset_pending = true;
    while (c->side == SIDE_OPEN && conn_take_in(p, c, CHUNK) > 0)
        continue;
    if (c->side == SIDE_FIN && (error == EPIPE || ended))
        record_event(p, c->name, "reset");
}

/* Takes bytes off the front of what is unread. */
void conn_use(struct conn *c, size_t len)
{
    buffer_drop(&c->unread, len);
    c->consumed += (long long)len;
}

/* Unread bytes in the kernel would turn our FIN into a RST, so what has come is
 * taken in first; not without bound, since the peer may send for ever. */
void conn_close(struct probe *p, struct conn *c)
{
    enum { BOUND = 64 };

    if (!p->udp)
        for (int i = 0; i < BOUND && c->side == SIDE_OPEN; i++)
            if (conn_take_in(p, c, CHUNK) < 0)
                break;
    if (c->fd != p->listener)
        close(c->fd);
    c->fd = -1;
    record_event(p, c->name, "close");
}

/* Between two rounds of a script that runs for ever. */
void conn_close_all(struct probe *p)
{
    for (struct conn *c = p->conns; c; c = c->next)
        if (c->fd >= 0)
            conn_close(p, c);
}

/* At exit. The sockets are left to the kernel, which closes what is open. */
void conn_free_all(struct probe *p)
{
    while (p->conns) {
        struct conn *c = p->conns;

        p->conns = c->next;
        buffer_clear(&c->unread);
        free(c->datagram);
        free(c);
    }
}
