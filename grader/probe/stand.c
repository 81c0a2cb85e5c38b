/* Where the other side stands, as the kernel of this machine sees its end of our connections: whether it has accepted
 * one, and how much of what we sent it has not read. Where there is no /proc/net/tcp, nothing is said. */
#include "probe.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* One line of /proc/net/tcp: a socket, seen from its own side. */
struct line {
    int local, remote; /* ports */
    unsigned state, sending, unread;
    unsigned long inode; /* 0: no process has it */
};

/* Its end of a connection, as the other side has it. */
struct stand {
    bool known;
    bool accepted;
    long long unread;
};

enum { ESTABLISHED = 1, SYN_RECEIVED = 3, CLOSE_WAIT = 8, LISTENING = 10 };

static bool read_line(FILE *f, struct line *l)
{
    char text[512];
    unsigned local, remote;

    while (fgets(text, sizeof text, f)) {
        if (sscanf(text, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%x %x %x:%x %*x:%*x %*x %*u %*u %lu", &local, &remote,
                   &l->state, &l->sending, &l->unread, &l->inode) != 6)
            continue;
        l->local = (int)local;
        l->remote = (int)remote;
        return true;
    }
    return false;
}

static int port_of(int (*get)(int, struct sockaddr *, socklen_t *), int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t len = sizeof a;

    return get(fd, (struct sockaddr *)&a, &len) < 0 ? 0 : net_port(&a);
}

/* All sockets of this machine. They are read once for all connections, which takes the kernel long. */
struct sockets {
    struct line *lines;
    size_t count;
};

static void read_sockets(struct sockets *all, const char *path)
{
    FILE *f = fopen(path, "r");
    struct line l;

    if (!f)
        return;
    while (read_line(f, &l)) {
        if (all->count % 256 == 0)
            all->lines = need_memory(realloc(all->lines, (all->count + 256) * sizeof l));
        all->lines[all->count++] = l;
    }
    fclose(f);
}

static struct sockets read_all(void)
{
    struct sockets all = {0};

    read_sockets(&all, "/proc/net/tcp");
    read_sockets(&all, "/proc/net/tcp6");
    return all;
}

static struct stand stand_of(const struct sockets *all, const struct conn *c)
{
    struct stand s = {0};
    int ours = c->fd < 0 ? 0 : port_of(getsockname, c->fd);
    int theirs = c->fd < 0 ? 0 : port_of(getpeername, c->fd);

    for (const struct line *l = all->lines; l < all->lines + all->count; l++) {
        if (l->local == ours && l->remote == theirs)
            s.unread += l->sending; /* not even taken in by the kernel of the other side */
        if (l->local != theirs || l->remote != ours)
            continue;
        s.unread += l->unread;
        s.accepted = l->inode != 0;
        s.known = s.accepted || l->state == ESTABLISHED || l->state == SYN_RECEIVED || l->state == CLOSE_WAIT;
    }
    if (c->fin_sent && s.unread > 0)
        s.unread--; /* our FIN counts as one byte */
    return s;
}

/* Records for each open connection `stands WORD UNREAD`. */
void stand_record(struct probe *p)
{
    struct sockets all;

    if (!p->dir || p->udp || p->listening)
        return;
    all = read_all();
    for (const struct conn *c = p->conns; c; c = c->next) {
        struct stand s = stand_of(&all, c);

        if (s.known && c->side == SIDE_OPEN)
            record_count(p, c->name, s.accepted ? "stands accepted" : "stands waiting", s.unread);
    }
    free(all.lines);
}

/* What the other side did last with what we sent. */
static void tell_progress(struct probe *p, const struct conn *c, long long unread)
{
    char words[WORDS_SIZE] = "";
    int n = 0;

    if (c->sent > 0 && unread == 0)
        n = snprintf(words, sizeof words, ", read all %lld byte%s", c->sent, plural(c->sent));
    else if (unread >= c->sent && c->sent > 0)
        n = snprintf(words, sizeof words, ", read none of its %lld byte%s", c->sent, plural(c->sent));
    else if (c->sent > 0)
        n = snprintf(words, sizeof words, ", read %lld of its %lld bytes", c->sent - unread, c->sent);
    if (c->received > 0)
        n += snprintf(words + n, sizeof words - (size_t)n, ", sent %lld byte%s", c->received, plural(c->received));
    snprintf(words + n, sizeof words - (size_t)n, ", and %s nothing for %g s", c->received > 0 ? "then" : "sent",
             watch_waited(p));
    say("The %s %s this connection%s.", peer_word(p), p->listening ? "made" : "accepted", words);
}

void stand_tell(struct probe *p, const struct conn *c)
{
    struct sockets all = read_all();
    struct stand s = stand_of(&all, c);

    free(all.lines);
    if (!s.known)
        return;
    if (s.accepted)
        tell_progress(p, c, s.unread);
    else if (c->sent > 0)
        say("The server has not accepted this connection; %lld byte%s wait%s in it.", c->sent, plural(c->sent),
            c->sent == 1 ? "s" : "");
    else
        say("The server has not accepted this connection.");
}

/* Why connecting takes for ever: how many wait for accept is what a listening socket has `unread`. */
void stand_tell_queue(int port)
{
    struct sockets all = read_all();
    long long queued = 0;

    for (size_t i = 0; i < all.count; i++)
        if (all.lines[i].state == LISTENING && all.lines[i].local == port)
            queued += all.lines[i].unread;
    free(all.lines);
    if (queued > 0)
        say("%lld connection%s wait%s for the server to accept; the queue of listen() is full.", queued, plural(queued),
            queued == 1 ? "s" : "");
}
