/* What happens to a call. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* The connection is not taken, or the byte not moved: the call never runs. Nobody has to see it return. */
static bool fail_call(struct run *run, struct thread *t, struct user_regs_struct *r, enum kind kind)
{
    static const int errors[KINDS] = {[INTERRUPT] = EINTR,
                                      [INTERRUPT_WRITE] = EINTR,
                                      [AGAIN] = EAGAIN,
                                      [ABORTED] = ECONNABORTED,
                                      [TOO_MANY] = EMFILE};

    if (!registers_fail(t->tid, r, errors[kind]))
        return false;
    schedule_fired(run, kind);
    return true;
}

static int argument(struct user_regs_struct *r, int which)
{
    return which < 0 ? 0 : (int)*registers_argument(r, which);
}

/* poll(), select() and their like. Without a descriptor to wait for they are a pause, and the program may well not
 * care how long it is. */
static void enter_wait(struct run *run, struct thread *t, struct user_regs_struct *r, const struct call *call)
{
    uint64_t draw;

    if ((call->length >= 0 && argument(r, call->length) == 0) || schedule_spares(run))
        return;
    draw = schedule_draw(t, WAITING);
    t->interrupted = !t->interrupted && schedule_allows(run, INTERRUPT) && schedule_interrupts(t, WAITING, draw) &&
                     fail_call(run, t, r, INTERRUPT);
}

/* Failures of accept() that are possible now. A call that need not wait is never interrupted. */
static size_t choose_from(const struct run *run, const struct thread *t, const struct file *file, int fd,
                          enum kind *kinds)
{
    enum { ABORTED_MAX = 64, TOO_MANY_MAX = 4 };
    enum kind waiting = file_is_nonblocking(t, fd) ? AGAIN : INTERRUPT;
    size_t count = 0;

    if (schedule_allows(run, waiting) && !file->interrupted[ACCEPTING])
        kinds[count++] = waiting;
    if (schedule_allows(run, ABORTED) && run->fired[ABORTED] < ABORTED_MAX)
        kinds[count++] = ABORTED;
    if (schedule_allows(run, TOO_MANY) && run->fired[TOO_MANY] < TOO_MANY_MAX)
        kinds[count++] = TOO_MANY;
    return count;
}

static void enter_accept(struct run *run, struct thread *t, struct user_regs_struct *r, const struct call *call)
{
    enum { IN_A_ROW = 2 };
    int fd = argument(r, call->fd);
    struct file *file = file_find(run, t, fd);
    enum kind kinds[3], kind;
    size_t count;
    uint64_t draw;

    if (!file || file->edge_triggered || schedule_spares(run))
        return;
    draw = schedule_draw(t, ACCEPTING);
    count = choose_from(run, t, file, fd, kinds);
    if (count > 0 && file->refused < IN_A_ROW && draw % 2 == 0) {
        kind = kinds[(draw >> 8) % count];
        if (fail_call(run, t, r, kind)) {
            file->refused++;
            file->interrupted[ACCEPTING] = kind == AGAIN || kind == INTERRUPT;
            return;
        }
    }
    file->refused = 0;
    file->interrupted[ACCEPTING] = false;
}

/* Whether a read or a write is interrupted, or finds nothing to do. On Linux only a call that waits is interrupted, and
 * one on a pipe is told that there is nothing, or no room, only where that is so. */
static bool interrupt(struct run *run, struct thread *t, struct user_regs_struct *r, const struct call *call,
                      struct file *file, int fd)
{
    enum family family = call->family;
    enum kind kind = family == READING ? INTERRUPT : INTERRUPT_WRITE;

    if (file->kind == REGULAR || file->interrupted[family])
        return false;
    if ((call->flags >= 0 && argument(r, call->flags) & MSG_DONTWAIT) || file_is_nonblocking(t, fd)) {
        if (file->kind != TCP)
            return false;
        kind = AGAIN;
    }
    /* A small write to a pipe never waits, and a handler of signals may rely on it. */
    if (file->kind == CHANNEL && family == WRITING &&
        (call->shape != LENGTH || *registers_argument(r, call->length) <= PIPE_BUF))
        return false;
    return schedule_allows(run, kind) && fail_call(run, t, r, kind);
}

/* Returns whether the end of the call has to be seen as well. */
static bool enter_transfer(struct run *run, struct thread *t, struct user_regs_struct *r, const struct call *call)
{
    int fd = argument(r, call->fd);
    struct file *file = file_find(run, t, fd);
    uint64_t draw;

    if (file && file->kind == CHANNEL && call->from >= 0) {
        fd = argument(r, call->from);
        file = file_find(run, t, fd);
    }
    if (!file || file->edge_triggered || schedule_spares(run))
        return false;
    draw = schedule_draw(t, call->family);
    if (schedule_interrupts(t, call->family, draw) && interrupt(run, t, r, call, file, fd)) {
        file->interrupted[call->family] = true;
        return false;
    }
    file->interrupted[call->family] = false;
    if (file->kind == DATAGRAM || !schedule_allows(run, call->family == READING ? SHORT_READ : SHORT_WRITE))
        return false;
    if (call->flags >= 0 && argument(r, call->flags) & (MSG_PEEK | MSG_WAITALL))
        return false;
    return shorten(t, r, call, file, fd, draw);
}

/* From now on the files are those that it serves. Name services are asked over local and datagram sockets; after that
 * libc loads their libraries. */
static void enter_connect(struct run *run, struct thread *t, int fd)
{
    struct file *file = file_find(run, t, fd);

    if (file && file->kind == TCP)
        t->process->serving = true;
}

static void enter_epoll_ctl(struct run *run, struct thread *t, struct user_regs_struct *r, int fd)
{
    struct file *file = file_find(run, t, fd);
    uint32_t events;

    if (file && memory_read(t->tid, *registers_argument(r, 3), &events, sizeof events))
        file->edge_triggered = events & EPOLLET;
}

bool call_entered(struct run *run, struct thread *t)
{
    struct user_regs_struct r;
    const struct call *call;

    if (!registers_get(t->tid, &r))
        return false;
    if ((run->hurry > 1 && hurry_entered(run, t, &r)) || (run->port_from > 0 && redirect_entered(run, t, &r)))
        return true;
    call = call_find(registers_number(&r));
    if (!call)
        return false;
    switch (call->family) {
    case READING:
    case WRITING: return enter_transfer(run, t, &r, call);
    case ACCEPTING: enter_accept(run, t, &r, call); break;
    case WAITING: enter_wait(run, t, &r, call); break;
    case LISTEN: t->process->serving = true; break;
    case CONNECT: enter_connect(run, t, argument(&r, call->fd)); break;
    case EPOLL_CTL: enter_epoll_ctl(run, t, &r, argument(&r, call->fd)); break;
    default: break;
    }
    return false;
}

void call_left(struct run *run, struct thread *t)
{
    struct user_regs_struct r;
    struct change *change = &t->change;

    if ((change->active || change->hurried || change->redirected) && registers_get(t->tid, &r)) {
        if (change->hurried)
            hurry_left(run, t, &r);
        else if (change->redirected)
            redirect_left(t, &r);
        else
            shorten_undo(run, t, &r);
    }
    change->active = change->hurried = change->redirected = false;
}
#endif
