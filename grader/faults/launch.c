/* Starting the program under our eyes. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static const int passed_on[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
enum { PASSED_ON = sizeof passed_on / sizeof *passed_on };

static volatile sig_atomic_t program;

/* What the terminal sends, it sends to the program as well. */
static void pass_on(int number, siginfo_t *info, void *context)
{
    int error = errno;

    (void)context;
    if (program > 0 && info->si_code != SI_KERNEL)
        kill((pid_t)program, number);
    errno = error;
}

/* A signal that we ignore stays ignored, by the program too. */
static void catch_signals(void)
{
    struct sigaction old, new = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART};

    sigfillset(&new.sa_mask);
    for (size_t i = 0; i < PASSED_ON; i++)
        if (sigaction(passed_on[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(passed_on[i], &new, NULL);
}

/* Without a tracer the filter would make every call fail, so the new process waits until it has one. */
static void become(const struct run *run, int gate, const sigset_t *signals, char **words)
{
    char go;
    int error;

    if (read(gate, &go, 1) != 1)
        _exit(NOT_TRACED);
    if (!filter_install(run)) {
        say("cannot filter system calls", strerror(errno));
        _exit(NOT_TRACED);
    }
    sigprocmask(SIG_SETMASK, signals, NULL);
    execvp(words[0], words);
    error = errno;
    say(words[0], strerror(error));
    _exit(error == ENOENT ? 127 : 126);
}

/* Nobody shall wait in vain for the end of a pipe because we hold it too. Standard error stays, for messages. */
static void let_go_of_descriptors(const struct run *run)
{
    DIR *own = opendir("/proc/self/fd");
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    struct dirent *entry;

    while (own && (entry = readdir(own))) {
        int fd = (int)strtol(entry->d_name, NULL, 10);

        if (fd > STDERR_FILENO && fd != run->report && fd != dirfd(own) && fd != nothing)
            close(fd);
    }
    if (own)
        closedir(own);
    if (nothing >= 0) {
        dup2(nothing, STDIN_FILENO);
        if (run->report != STDOUT_FILENO)
            dup2(nothing, STDOUT_FILENO);
    }
}

static bool seize(pid_t pid)
{
    long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
                   PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;

    return ptrace(PTRACE_SEIZE, pid, NULL, options) == 0;
}

static void begin_records(struct run *run)
{
    struct thread *t = thread_new(run, run->program);

    t->adopted = true;
    t->key = schedule_key(run->seed, 0);
    t->process = process_of(run, run->program, NULL, false);
}

/* Orphans of the program become our children, so that none remains a zombie. Not dumpable: the program, which is the
 * same user, cannot look into us, nor get at the descriptor of the report through /proc. */
static void take_charge(struct run *run)
{
    begin_records(run);
    let_go_of_descriptors(run);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

bool launch(struct run *run, char **words)
{
    int gate[2], error;
    sigset_t all, before;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    if (pipe2(gate, O_CLOEXEC) < 0 || (run->program = fork()) < 0) {
        say("cannot start a process", strerror(errno));
        return false;
    }
    if (run->program == 0) {
        close(gate[1]);
        become(run, gate[0], &before, words);
    }
    catch_signals();
    if (!seize(run->program) || write(gate[1], "", 1) != 1) {
        error = errno;
        kill(run->program, SIGKILL);
        waitpid(run->program, NULL, 0);
        say("cannot trace the program", strerror(error));
        return false;
    }
    take_charge(run);
    program = run->program;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return true;
}
#endif
