/* Letting a call move fewer bytes than the program asked for. Lengths are changed in registers only; a vector or a
 * message header is copied, changed, to where the thread's stack is free, since its other threads may use the original.
 * When the call returns, the registers are put back: compilers count on it. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <limits.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { PARTS_MAX = 4 };

/* What goes onto the stack. */
struct copy {
    struct msghdr header;
    struct iovec parts[PARTS_MAX];
    size_t count;
};

static bool read_parts(pid_t tid, struct copy *copy, unsigned long long parts, unsigned long long count,
                       unsigned long long *total)
{
    copy->count = count < PARTS_MAX ? (size_t)count : PARTS_MAX;
    *total = 0;
    if (!memory_read(tid, parts, copy->parts, copy->count * sizeof *copy->parts))
        return false;
    for (size_t i = 0; i < copy->count; i++) {
        if (copy->parts[i].iov_len > INT_MAX)
            return false;
        *total += copy->parts[i].iov_len;
    }
    return true;
}

/* How many bytes the call wants to move; 0 where that cannot be seen, or where it carries more than bytes. */
static unsigned long long wanted(pid_t tid, struct user_regs_struct *r, const struct call *call, struct copy *copy)
{
    unsigned long long total = 0;

    if (call->shape == LENGTH)
        return *registers_argument(r, call->length);
    if (call->shape == VECTOR)
        return read_parts(tid, copy, *registers_argument(r, 1), *registers_argument(r, 2), &total) ? total : 0;
    if (!memory_read(tid, *registers_argument(r, 1), &copy->header, sizeof copy->header) ||
        copy->header.msg_controllen > 0)
        return 0;
    return read_parts(tid, copy, (uintptr_t)copy->header.msg_iov, copy->header.msg_iovlen, &total) ? total : 0;
}

static void cut_parts(struct copy *copy, unsigned long long amount)
{
    size_t i = 0;

    while (i < copy->count && amount > copy->parts[i].iov_len)
        amount -= copy->parts[i++].iov_len;
    if (i < copy->count) {
        copy->parts[i].iov_len = (size_t)amount;
        copy->count = i + 1;
    }
}

/* Puts the copy where the kernel will read it. */
static bool place_copy(struct thread *t, struct user_regs_struct *r, const struct call *call, struct copy *copy)
{
    unsigned long long header = registers_free_stack(r) - sizeof *copy;
    unsigned long long parts = header + offsetof(struct copy, parts);

    copy->header.msg_iov = (void *)(uintptr_t)parts;
    copy->header.msg_iovlen = copy->count;
    if (!memory_write(t->tid, header, copy, sizeof *copy))
        return false;
    *registers_argument(r, 1) = call->shape == VECTOR ? parts : header;
    if (call->shape == VECTOR)
        *registers_argument(r, 2) = copy->count;
    t->change.message = call->shape == MESSAGE ? header : 0;
    return true;
}

bool shorten(struct thread *t, struct user_regs_struct *r, const struct call *call, struct file *file, int fd,
             uint64_t draw)
{
    struct change *change = &t->change;
    bool writing = call->family == WRITING;
    struct copy copy = {.count = 0};
    unsigned long long all = wanted(t->tid, r, call, &copy);

    if (all < 2 || (file->kind == CHANNEL && all <= PIPE_BUF))
        return false;
    change->amount = schedule_amount(file->moved[writing]++, all, draw);
    if (change->amount == all)
        return false;
    for (int i = 0; i < 6; i++)
        change->arguments[i] = *registers_argument(r, i);
    change->message = 0;
    cut_parts(&copy, change->amount);
    if (call->shape == LENGTH)
        *registers_argument(r, call->length) = change->amount;
    else if (!place_copy(t, r, call, &copy))
        return false;
    change->kind = writing ? SHORT_WRITE : SHORT_READ;
    change->fd = file->kind == TCP ? fd : -1;
    change->active = registers_set(t->tid, r);
    return change->active;
}

/* recvmsg() writes into the header whom the message is from, and more. */
static void copy_back(struct thread *t, unsigned long long original)
{
    struct msghdr ours, theirs;

    if (!memory_read(t->tid, t->change.message, &ours, sizeof ours) ||
        !memory_read(t->tid, original, &theirs, sizeof theirs))
        return;
    theirs.msg_namelen = ours.msg_namelen;
    theirs.msg_controllen = ours.msg_controllen;
    theirs.msg_flags = ours.msg_flags;
    memory_write(t->tid, original, &theirs, sizeof theirs);
}

/* A read was short only if it left something behind: a peer that had sent no more than this would have had the same
 * effect without us. */
static bool has_fired(struct thread *t, const struct change *change, long long result)
{
    if (result < 0 || (unsigned long long)result != change->amount)
        return false;
    return change->kind != SHORT_READ || change->fd < 0 || file_unread(t, change->fd) != 0;
}

void shorten_undo(struct run *run, struct thread *t, struct user_regs_struct *r)
{
    struct change *change = &t->change;
    long long result = registers_result(r);

    registers_put_back(r, change->arguments);
    registers_set(t->tid, r);
    if (change->message && change->kind == SHORT_READ && result >= 0)
        copy_back(t, change->arguments[1]);
    if (has_fired(t, change, result))
        schedule_fired(run, change->kind);
}
#endif
