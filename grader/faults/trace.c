/* Waiting for what the threads of the program do, until it ends. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

/* That the thread is gone by now is no error anywhere here: its end will be told. */
static void resume(pid_t tid, int request, int signal)
{
    ptrace(request, tid, NULL, (long)signal);
}

static bool is_stopping(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* A thread that job control has stopped stays so until SIGCONT, but we want to hear of that. */
static void resume_stopped(pid_t tid, bool by_signal)
{
    resume(tid, by_signal ? PTRACE_LISTEN : PTRACE_CONT, 0);
}

static void raise_child(struct run *run, struct thread *child, struct thread *parent, bool is_thread)
{
    child->adopted = true;
    child->key = schedule_key(parent->key, ++parent->children);
    child->process = process_of(run, child->tid, parent->process, is_thread);
    if (child->waiting_to_run)
        run->kept_waiting--;
}

/* `parent` has started a thread or process. Its own first stop may have been seen already. */
static void adopt(struct run *run, struct thread *parent, bool is_thread)
{
    unsigned long tid;
    struct thread *child;

    if (ptrace(PTRACE_GETEVENTMSG, parent->tid, NULL, &tid) < 0)
        return;
    child = thread_find(run, (pid_t)tid);
    if (child && child->adopted) { /* the end of an earlier one of that number was never told */
        thread_forget(run, (pid_t)tid);
        child = NULL;
    }
    if (!child)
        child = thread_new(run, (pid_t)tid);
    raise_child(run, child, parent, is_thread);
    if (child->waiting_to_run)
        resume_stopped((pid_t)tid, child->stopped_by_signal);
}

/* A process whose parent was killed before it could tell of the child would be kept waiting for ever. */
static void adopt_orphans(struct run *run)
{
    static struct thread nobody;

    for (size_t i = 0; i < BUCKETS && run->kept_waiting > 0; i++)
        for (struct thread *t = run->threads[i]; t; t = t->next)
            if (!t->adopted && process_is_orphan(run, t->tid)) {
                raise_child(run, t, &nobody, false);
                resume_stopped(t->tid, t->stopped_by_signal);
            }
}

/* The new program begins with reading its own files. */
static void start_anew(struct run *run, pid_t pid)
{
    unsigned long former;
    struct thread *t;

    if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &former) == 0)
        thread_rename(run, (pid_t)former, pid);
    if (run->hurry > 1)
        hurry_started(pid);
    t = thread_find(run, pid);
    if (!t)
        return;
    t->change.active = t->change.hurried = t->change.redirected = false;
    t->process->serving = false;
}

static void handle_event(struct run *run, struct thread *t, int event, int signal)
{
    pid_t tid = t->tid;
    bool whole = false;

    switch (event) {
    case PTRACE_EVENT_SECCOMP: whole = call_entered(run, t); break;
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK: adopt(run, t, false); break;
    case PTRACE_EVENT_CLONE: adopt(run, t, true); break;
    case PTRACE_EVENT_EXEC: start_anew(run, tid); break;
    case PTRACE_EVENT_STOP: resume_stopped(tid, is_stopping(signal)); return;
    default: break;
    }
    resume(tid, whole ? PTRACE_SYSCALL : PTRACE_CONT, 0);
}

static void handle_stop(struct run *run, pid_t tid, int status)
{
    struct thread *t = thread_find(run, tid);
    int event = status >> 16, signal = WSTOPSIG(status);

    if (run->ending) {
        kill(tid, SIGKILL);
    } else if (!t) { /* it must not run before its parent's event tells who it is */
        t = thread_new(run, tid);
        t->waiting_to_run = true;
        run->kept_waiting++;
        t->stopped_by_signal = event == PTRACE_EVENT_STOP && is_stopping(signal);
        if (process_is_orphan(run, tid)) /* its parent was killed, and the end of that one has been told already */
            adopt_orphans(run);
    } else if (event) {
        handle_event(run, t, event, signal);
    } else if (signal == (SIGTRAP | 0x80)) {
        call_left(run, t);
        resume(tid, PTRACE_CONT, 0);
    } else {
        resume(tid, PTRACE_CONT, signal);
    }
}

static void kill_all(struct run *run)
{
    run->ending = true;
    for (size_t i = 0; i < BUCKETS; i++)
        for (const struct thread *t = run->threads[i]; t; t = t->next)
            kill(t->tid, SIGKILL);
}

int trace(struct run *run)
{
    int status;
    pid_t tid;

    while ((tid = waitpid(-1, &status, __WALL)) > 0 || (tid < 0 && errno == EINTR)) {
        if (tid < 0)
            continue;
        if (WIFSTOPPED(status)) {
            handle_stop(run, tid, status);
            continue;
        }
        thread_forget(run, tid);
        if (tid == run->program) {
            run->status = status;
            kill_all(run);
        }
        if (run->kept_waiting > 0)
            adopt_orphans(run);
    }
    report_write(run, true);
    return WIFSIGNALED(run->status) ? 128 + WTERMSIG(run->status) : WEXITSTATUS(run->status);
}
#endif
