/* Running the steps, strictly in order. */
#include "probe.h"

static enum outcome run_step(struct probe *p, const struct step *s)
{
    const struct verb *v = s->verb;
    struct conn *c = v->need == NEED_NOTHING ? NULL : conn_get(p, s->name);

    p->step_began = now_us();
    if (v->need == NEED_OPEN && c->fd < 0)
        return misuse("%s: %s needs an open connection", s->name, v->name);
    if (v->need == NEED_CLOSED && c->fd >= 0)
        return misuse("%s: %s, but that connection is open already", s->name, v->name);
    return v->run(p, c, s);
}

/* Where a new peer comes in: what a script that runs for ever goes back to. */
static bool meets_peer(const struct probe *p, const struct step *s)
{
    if (p->udp)
        return is_verb(s, "recv") || is_verb(s, "expect");
    return is_verb(s, "accept") || is_verb(s, "next");
}

static size_t first_meeting(const struct probe *p)
{
    size_t i = 0;

    while (i < p->step_count && !meets_peer(p, &p->steps[i]))
        i++;
    return i;
}

/* One pass. With `patient`, the first peer of the pass may come at any time. */
static enum outcome run_steps(struct probe *p, size_t from, size_t to, bool patient)
{
    size_t meeting = first_meeting(p);
    enum outcome how = DONE;

    for (size_t i = from; i < to && how == DONE; i++) {
        p->patient = patient && i == meeting;
        how = run_step(p, &p->steps[i]);
    }
    return how;
}

/* A failed round is told, but does not end a peer that shall run until it is
 * killed: one bad client must not take it away from the next one. */
static enum outcome run_forever(struct probe *p)
{
    size_t to = p->step_count - 1;
    size_t from = 0;

    for (;;) {
        if (run_steps(p, from, to, true) == MISUSED)
            return MISUSED;
        if (p->udp)
            continue;
        conn_close_all(p);
        from = first_meeting(p);
    }
}

enum outcome script_run(struct probe *p)
{
    enum outcome how;

    if (is_verb(&p->steps[p->step_count - 1], "forever"))
        return run_forever(p);
    how = run_steps(p, 0, p->step_count, false);
    if (how == FAILED)
        record_failure(p);
    return how;
}
