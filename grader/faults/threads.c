/* The threads and processes of the program. */
#include "faults.h"

#if CAN_TRACE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *need_memory(void *memory)
{
    if (memory)
        return memory;
    say("cannot go on", "out of memory");
    exit(NOT_TRACED);
}

static struct thread **place(const struct run *run, pid_t tid)
{
    struct thread **at = (struct thread **)&run->threads[(unsigned)tid % BUCKETS];

    while (*at && (*at)->tid != tid)
        at = &(*at)->next;
    return at;
}

struct thread *thread_find(const struct run *run, pid_t tid)
{
    return *place(run, tid);
}

struct thread *thread_new(struct run *run, pid_t tid)
{
    struct thread **at = place(run, tid);

    *at = need_memory(calloc(1, sizeof **at));
    (*at)->tid = tid;
    return *at;
}

static void process_leave(struct run *run, struct process *p)
{
    struct process **at = &run->processes;

    if (!p || --p->threads > 0)
        return;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    if (p->pidfd >= 0)
        close(p->pidfd);
    free(p);
}

void thread_forget(struct run *run, pid_t tid)
{
    struct thread **at = place(run, tid);
    struct thread *gone = *at;

    if (!gone)
        return;
    *at = gone->next;
    if (gone->waiting_to_run && !gone->adopted)
        run->kept_waiting--;
    process_leave(run, gone->process);
    free(gone);
}

/* A thread that calls exec gets the number of its process; the thread that had it is gone. */
void thread_rename(struct run *run, pid_t tid, pid_t new_tid)
{
    struct thread **at = place(run, tid);
    struct thread *t = *at;

    if (!t || tid == new_tid)
        return;
    thread_forget(run, new_tid);
    at = place(run, tid); /* what was forgotten may have stood just before it */
    *at = t->next;
    t->tid = new_tid;
    t->next = NULL;
    *place(run, new_tid) = t;
}

/* A number in the status of a thread; 0 where it has ended already. */
static pid_t status_number(pid_t tid, const char *name)
{
    char path[40], line[128];
    long number = 0;
    size_t len = strlen(name);
    FILE *status;

    snprintf(path, sizeof path, "/proc/%d/status", (int)tid);
    status = fopen(path, "re");
    while (status && number == 0 && fgets(line, sizeof line, status))
        if (strncmp(line, name, len) == 0)
            number = strtol(line + len, NULL, 10);
    if (status)
        fclose(status);
    return (pid_t)number;
}

/* Whether it is a process, not a thread of one, and its parent is not, or no longer, one of the processes of the program. */
bool process_is_orphan(const struct run *run, pid_t tid)
{
    pid_t parent = status_number(tid, "PPid:");
    const struct process *p = run->processes;

    while (p && p->pid != parent)
        p = p->next;
    return !p && status_number(tid, "Tgid:") == tid;
}

/* The process of a new thread, which may be a new one that begins as its parent is. */
struct process *process_of(struct run *run, pid_t tid, struct process *parent, bool is_thread)
{
    struct process *p = parent;

    if (!parent || !is_thread || status_number(tid, "Tgid:") == tid) {
        p = need_memory(calloc(1, sizeof *p));
        p->pid = tid;
        p->pidfd = -1;
        p->serving = parent && parent->serving;
        p->next = run->processes;
        run->processes = p;
    }
    p->threads++;
    return p;
}
#endif
