/* Letting time pass faster for the program: what it waits for at most is divided, and its clocks run as much faster. So a
 * time-out of a minute is over in a second, whoever keeps it: the kernel, or the program by a clock. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <elf.h>
#include <errno.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

/* UNITS: a number in a register. SPEC, VALUE: struct timespec or timeval, in memory; two of them where it is a timer. OPTION:
 * a timeval for setsockopt(). SPEC_CLOCK, VALUE_CLOCK, SECONDS_CLOCK: what the kernel says the time is. */
enum how { UNITS, SPEC, VALUE, TWO_SPECS, TWO_VALUES, OPTION, SPEC_CLOCK, VALUE_CLOCK, SECONDS_CLOCK };

struct timed {
    long number;
    enum how how;
    signed char where; /* the argument that has the time */
    signed char left;  /* where the kernel says how much was left of it, -1: nowhere */
    signed char flags; /* -1: it is never a moment, always a length of time */
    int absolute;      /* the flag that makes it a moment */
};

static const struct timed timed_calls[] = {
#ifdef __NR_poll
    {__NR_poll, UNITS, 2, -1, -1, 0},
    {__NR_epoll_wait, UNITS, 3, -1, -1, 0},
    {__NR_select, VALUE, 4, 4, -1, 0},
    {__NR_alarm, UNITS, 0, -1, -1, 0},
    {__NR_time, SECONDS_CLOCK, 0, -1, -1, 0},
#endif
    {__NR_epoll_pwait, UNITS, 3, -1, -1, 0},
#ifdef __NR_epoll_pwait2
    {__NR_epoll_pwait2, SPEC, 3, -1, -1, 0},
#endif
    {__NR_ppoll, SPEC, 2, 2, -1, 0},
    {__NR_pselect6, SPEC, 4, 4, -1, 0},
    {__NR_nanosleep, SPEC, 0, 1, -1, 0},
    {__NR_clock_nanosleep, SPEC, 2, 3, 1, TIMER_ABSTIME},
    {__NR_rt_sigtimedwait, SPEC, 2, -1, -1, 0},
    {__NR_futex, SPEC, 3, -1, 1, FUTEX_WAIT_BITSET},
    {__NR_setitimer, TWO_VALUES, 1, -1, -1, 0},
    {__NR_timer_settime, TWO_SPECS, 2, -1, 1, TIMER_ABSTIME},
    {__NR_timerfd_settime, TWO_SPECS, 2, -1, 1, TFD_TIMER_ABSTIME},
    {__NR_setsockopt, OPTION, 3, -1, -1, 0},
    {__NR_clock_gettime, SPEC_CLOCK, 1, -1, -1, 0},
    {__NR_gettimeofday, VALUE_CLOCK, 0, -1, -1, 0},
};

enum { TIMED_CALLS = sizeof timed_calls / sizeof *timed_calls, CLOCKS = 12 };

size_t hurry_numbers(long *numbers)
{
    for (size_t i = 0; i < TIMED_CALLS; i++)
        numbers[i] = timed_calls[i].number;
    return TIMED_CALLS;
}

static const struct timed *timed_find(long number)
{
    for (size_t i = 0; i < TIMED_CALLS; i++)
        if (timed_calls[i].number == number)
            return &timed_calls[i];
    return NULL;
}

/* ---- Moments: since the program began, all clocks have gone on `hurry` times as far as they say ---- */

enum { BILLION = 1000000000 };

static long long begun[CLOCKS]; /* in nanoseconds */

void hurry_begin(void)
{
    struct timespec now;

    for (int clock = 0; clock < CLOCKS; clock++)
        if (clock_gettime(clock, &now) == 0)
            begun[clock] = now.tv_sec * (long long)BILLION + now.tv_nsec;
}

/* That of the processor time of a program is not hurried: it does not work any faster. */
static bool is_hurried(long clock)
{
    return clock >= 0 && clock < CLOCKS && clock != CLOCK_PROCESS_CPUTIME_ID && clock != CLOCK_THREAD_CPUTIME_ID;
}

static long long to_program(const struct run *run, long clock, long long real)
{
    return begun[clock] + (real - begun[clock]) * run->hurry;
}

static long long to_kernel(const struct run *run, long clock, long long moment)
{
    return begun[clock] + (moment - begun[clock]) / run->hurry;
}

/* ---- Times as they stand in memory: seconds, and a part of a second ---- */

struct time {
    long long seconds, part;
};

static long long unit(enum how how)
{
    return how == VALUE || how == TWO_VALUES || how == OPTION || how == VALUE_CLOCK ? 1000 : 1;
}

static long long get(const struct time *time, enum how how)
{
    enum { MOST = 1000000000 }; /* seconds; nobody waits so long, and more might not fit */

    return (time->seconds < MOST * 4LL ? time->seconds : MOST * 4LL) * BILLION + time->part * unit(how);
}

static void set(struct time *time, enum how how, long long ns)
{
    time->seconds = ns / BILLION;
    time->part = ns % BILLION / unit(how);
}

/* The clock by which a call reckons. */
static long clock_of(struct user_regs_struct *r, const struct timed *call)
{
    int operation;

    if (call->number == __NR_clock_gettime || call->number == __NR_clock_nanosleep)
        return (int)*registers_argument(r, 0);
    if (call->number != __NR_futex)
        return call->how == SPEC ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    operation = (int)*registers_argument(r, 1);
    return operation & FUTEX_CLOCK_REALTIME ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

/* Whether the time of the call is a moment, and no length of time. */
static bool is_moment(struct user_regs_struct *r, const struct timed *call)
{
    int flags = call->flags < 0 ? 0 : (int)*registers_argument(r, call->flags);

    if (call->number == __NR_futex)
        return (flags & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
    return flags & call->absolute;
}

/* Whether the call has a time at all. */
static bool has_time(struct user_regs_struct *r, const struct timed *call)
{
    int option = (int)*registers_argument(r, 2), operation = (int)*registers_argument(r, 1) & FUTEX_CMD_MASK;

    if (call->how == OPTION)
        return *registers_argument(r, 1) == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO);
    if (call->number == __NR_setitimer)
        return (int)*registers_argument(r, 0) == ITIMER_REAL;
    return call->number != __NR_futex || operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET;
}

/* A number of seconds or milliseconds; -1 is for ever, and 0 not at all, or no more. */
static bool divide_number(const struct run *run, struct thread *t, struct user_regs_struct *r, const struct timed *call)
{
    int number = (int)*registers_argument(r, call->where);

    if (number <= 0)
        return false;
    *registers_argument(r, call->where) = (unsigned long long)((number + (long long)run->hurry - 1) / run->hurry);
    return registers_set(t->tid, r);
}

/* The kernel gets a copy, which lies where the thread's stack is free: the original may be in memory that cannot be written. */
static bool divide_times(const struct run *run, struct thread *t, struct user_regs_struct *r, const struct timed *call)
{
    struct time times[2];
    size_t size = call->how == TWO_SPECS || call->how == TWO_VALUES ? sizeof times : sizeof *times;
    unsigned long long original = *registers_argument(r, call->where), copy = registers_free_stack(r) - sizeof times;
    long clock = clock_of(r, call);

    if (original == 0 || !has_time(r, call) || !memory_read(t->tid, original, times, size))
        return false;
    for (size_t i = 0; i < size / sizeof *times; i++) {
        long long ns = get(&times[i], call->how);

        if (ns <= 0)
            continue;
        if (!is_moment(r, call))
            set(&times[i], call->how, ns / run->hurry + 1000); /* never 0, which may mean for ever */
        else if (is_hurried(clock))
            set(&times[i], call->how, to_kernel(run, clock, ns));
    }
    *registers_argument(r, call->where) = copy;
    return memory_write(t->tid, copy, times, size) && registers_set(t->tid, r);
}

bool hurry_entered(const struct run *run, struct thread *t, struct user_regs_struct *r)
{
    const struct timed *call = timed_find(registers_number(r));

    if (!call)
        return false;
    for (int i = 0; i < 6; i++)
        t->change.arguments[i] = *registers_argument(r, i);
    t->change.hurried = call->how >= SPEC_CLOCK ||
                        (call->how == UNITS ? divide_number(run, t, r, call) : divide_times(run, t, r, call));
    return t->change.hurried;
}

/* ---- What comes back ---- */

/* A wait that was cut short says how much was left of it: select() always, those that sleep where a signal came. */
static void multiply_rest(const struct run *run, struct thread *t, const struct timed *call, unsigned long long copy,
                          long long result)
{
    enum { RESTART_BLOCK = 516 }; /* what the tracer sees where the program will get EINTR */
    unsigned long long original = t->change.arguments[call->left], from = call->left == call->where ? copy : original;
    struct time time;

    if (from == original && result != -EINTR && result != -RESTART_BLOCK)
        return;
    if (original == 0 || !memory_read(t->tid, from, &time, sizeof time))
        return;
    set(&time, call->how, get(&time, call->how) * run->hurry);
    memory_write(t->tid, original, &time, sizeof time);
}

static void advance_clock(const struct run *run, struct thread *t, struct user_regs_struct *r, const struct timed *call)
{
    long clock = clock_of(r, call);
    struct time time;

    if (!is_hurried(clock) || t->change.arguments[call->where] == 0 ||
        !memory_read(t->tid, t->change.arguments[call->where], &time, sizeof time))
        return;
    set(&time, call->how, to_program(run, clock, get(&time, call->how)));
    memory_write(t->tid, t->change.arguments[call->where], &time, sizeof time);
}

/* time(2), which returns the seconds and may store them as well. */
static void advance_seconds(const struct run *run, struct thread *t, struct user_regs_struct *r)
{
    struct timespec now;
    long long seconds;

    clock_gettime(CLOCK_REALTIME, &now);
    seconds = to_program(run, CLOCK_REALTIME, now.tv_sec * (long long)BILLION + now.tv_nsec) / BILLION;
    if (t->change.arguments[0] != 0)
        memory_write(t->tid, t->change.arguments[0], &seconds, sizeof seconds);
    registers_return(r, seconds);
}

void hurry_left(const struct run *run, struct thread *t, struct user_regs_struct *r)
{
    const struct timed *call = timed_find(registers_number(r));
    unsigned long long copy = *registers_argument(r, call->where);

    if (call->how < SPEC_CLOCK) {
        registers_put_back(r, t->change.arguments);
        if (call->left >= 0)
            multiply_rest(run, t, call, copy, registers_result(r));
    } else if (registers_result(r) >= 0 && call->how == SECONDS_CLOCK) {
        advance_seconds(run, t, r);
    } else if (registers_result(r) >= 0) {
        advance_clock(run, t, r, call);
    }
    registers_set(t->tid, r);
}

/* ---- Clocks that are read without a call ---- */

/* The kernel gives each program some code that reads the clocks (vdso(7)), and says where in the last words on its new stack,
 * behind arguments and environment. Without that word libc makes calls. */
void hurry_started(pid_t pid)
{
    struct user_regs_struct r;
    unsigned long long at, word, pair[2];

    if (!registers_get(pid, &r))
        return;
    at = registers_stack(&r);
    if (!memory_read(pid, at, &word, sizeof word))
        return;
    at += (word + 2) * sizeof word; /* argc; the arguments, and a NULL */
    do {
        if (!memory_read(pid, at, &word, sizeof word))
            return;
        at += sizeof word;
    } while (word != 0);
    while (memory_read(pid, at, pair, sizeof pair) && pair[0] != AT_NULL) {
        if (pair[0] == AT_SYSINFO_EHDR) {
            pair[0] = AT_IGNORE;
            memory_write(pid, at, pair, sizeof pair);
        }
        at += sizeof pair;
    }
}
#endif
