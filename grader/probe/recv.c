/* The verbs that receive on TCP. Each uses up what it asked for as it comes, so
 * that nothing is held but what was read too far. */
#include "probe.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enough for the lines and heads of text protocols. */
enum { A_LITTLE = 4096 };

static size_t smaller(size_t a, long long b)
{
    return (long long)a < b ? a : (size_t)b;
}

/* Makes sure that something is unread; reads at most max bytes for that. */
static enum fetched some_input(struct probe *p, struct conn *c, long long max)
{
    if (c->unread.len > 0)
        return GOT_BYTES;
    return conn_fetch(p, c, smaller(CHUNK, max));
}

/* The words for a step that wanted n bytes, of which `left` are missing. */
static enum outcome fail_short(struct probe *p, struct conn *c, enum fetched why, long long left)
{
    char wanted[64];

    snprintf(wanted, sizeof wanted, ", %lld were expected", c->consumed + left);
    return fail_stopped(p, c, why, wanted);
}

VERB(recv)
{
    long long left = s->number;

    while (left > 0) {
        enum fetched how = some_input(p, c, left);
        size_t n = smaller(c->unread.len, left);

        if (how != GOT_BYTES)
            return fail_short(p, c, how, left);
        conn_use(c, n);
        left -= (long long)n;
    }
    return DONE;
}

VERB(line)
{
    (void)s;
    for (;;) {
        enum fetched how = some_input(p, c, A_LITTLE);
        const char *found;

        if (how != GOT_BYTES)
            return fail_stopped(p, c, how, ", the end of a line was expected");
        found = memchr(buffer_bytes(&c->unread), '\n', c->unread.len);
        if (found) {
            conn_use(c, (size_t)(found - buffer_bytes(&c->unread)) + 1);
            return DONE;
        }
        conn_use(c, c->unread.len);
    }
}

/* Uses bytes until a blank line has ended; `line` remembers, from one call to
 * the next, what the present line holds. */
static bool use_head(struct conn *c, enum content *line)
{
    const char *bytes = buffer_bytes(&c->unread);

    for (size_t i = 0; i < c->unread.len; i++) {
        if (bytes[i] != '\n') {
            *line = *line == EMPTY && bytes[i] == '\r' ? LONE_CR : MORE;
        } else if (*line == MORE) {
            *line = EMPTY;
        } else {
            conn_use(c, i + 1);
            return true;
        }
    }
    conn_use(c, c->unread.len);
    return false;
}

VERB(head)
{
    enum content line = EMPTY;

    (void)s;
    for (;;) {
        enum fetched how = some_input(p, c, A_LITTLE);

        if (how != GOT_BYTES)
            return fail_stopped(p, c, how, ", a blank line was expected");
        if (use_head(c, &line))
            return DONE;
    }
}

VERB(reply)
{
    enum outcome how = step_head(p, c, s);

    return how == DONE ? step_send(p, c, s) : how;
}

/* Uses up everything until the end; GOT_END or GOT_NOTHING. */
static enum fetched until_end(struct probe *p, struct conn *c)
{
    enum fetched how;

    while ((how = some_input(p, c, CHUNK)) == GOT_BYTES)
        conn_use(c, c->unread.len);
    c->end_told = how == GOT_END;
    return how;
}

/* The end of input came, or did not: right only when it is a FIN. */
static enum outcome judge_end(struct probe *p, struct conn *c, enum fetched how)
{
    c->end_told = how == GOT_END;
    if (how == GOT_END && c->side == SIDE_FIN)
        return DONE;
    return fail_stopped(p, c, how, ", the end of the connection was expected");
}

VERB(eof)
{
    (void)s;
    return judge_end(p, c, until_end(p, c));
}

VERB(end)
{
    enum fetched how = until_end(p, c);

    (void)s;
    return how == GOT_END ? DONE : judge_end(p, c, how);
}

VERB(expect)
{
    size_t done = 0;

    while (done < s->len) {
        enum fetched how = some_input(p, c, (long long)(s->len - done));
        size_t n = smaller(c->unread.len, (long long)(s->len - done));

        if (how != GOT_BYTES)
            return fail_short(p, c, how, (long long)(s->len - done));
        for (size_t i = 0; i < n; i++)
            if (buffer_bytes(&c->unread)[i] != s->text[done + i])
                return fail_differs(c, s, done + i, buffer_bytes(&c->unread) + i, c->unread.len - i);
        conn_use(c, n);
        done += n;
    }
    return DONE;
}

/* The input that came although nothing should. */
static enum outcome fail_noise(struct probe *p, struct conn *c, long long ms)
{
    char words[80];

    if (c->unread.len == 0 && c->side == SIDE_RESET)
        return fail(c->name, "the connection was reset, nothing was expected for %lld ms", ms);
    if (c->unread.len == 0)
        return fail(c->name, "the %s closed, nothing was expected for %lld ms", peer_word(p), ms);
    visible(words, sizeof words, buffer_bytes(&c->unread), c->unread.len);
    return fail(c->name, "%zu byte%s came (\"%s\"), nothing was expected for %lld ms", c->unread.len,
                c->unread.len == 1 ? "" : "s", words, ms);
}

/* After an end that a step has asked for, no more can come. */
VERB(quiet)
{
    long long until = now_us() + s->ms * 1000;

    if (c->unread.len == 0 && c->end_told) {
        sleep_us(s->ms * 1000);
        return DONE;
    }
    while (c->unread.len == 0 && c->side == SIDE_OPEN) {
        if (wait_for(c->fd, POLLIN, until) == 0)
            return DONE;
        conn_take_in(p, c, CHUNK);
    }
    return fail_noise(p, c, s->ms);
}

/* Leaves in the kernel what it has not read, so that the peer feels it. */
VERB(slow)
{
    enum fetched how;

    while ((how = some_input(p, c, s->number)) == GOT_BYTES) {
        conn_use(c, smaller(c->unread.len, s->number));
        sleep_us(s->ms * 1000);
    }
    return judge_end(p, c, how);
}

static size_t take_upper(struct conn *c, char *out, size_t max)
{
    size_t n = smaller(c->unread.len, (long long)max);

    for (size_t i = 0; i < n; i++) {
        char byte = buffer_bytes(&c->unread)[i];

        out[i] = byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
    }
    conn_use(c, n);
    return n;
}

/* The echo server of the first labs; without a number, until the end of input. */
VERB(upper)
{
    long long left = s->number;
    char *chunk = need_memory(malloc(CHUNK));
    enum fetched how = GOT_BYTES;
    enum outcome sent = DONE;

    while (sent == DONE && (left > 0 || !s->has_number)) {
        long long max = s->has_number ? left : CHUNK;
        size_t n;

        how = some_input(p, c, max);
        if (how != GOT_BYTES)
            break;
        n = take_upper(c, chunk, smaller(CHUNK, max));
        sent = push(p, c, chunk, n);
        left -= (long long)n;
    }
    free(chunk);
    if (sent != DONE || how == GOT_BYTES)
        return sent;
    return s->has_number ? fail_short(p, c, how, left) : judge_end(p, c, how);
}
