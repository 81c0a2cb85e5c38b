/* The verbs that keep step with the calling script and with other processes. */
#include "probe.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

VERB(say)
{
    (void)p;
    (void)c;
    fwrite(s->text, 1, s->len, stdout);
    putchar('\n');
    fflush(stdout);
    return DONE;
}

/* Byte by byte: what follows the line belongs to the next `wait`. */
VERB(wait)
{
    char byte = 0;
    ssize_t n;

    (void)p;
    (void)c;
    (void)s;
    do
        n = read(STDIN_FILENO, &byte, 1);
    while ((n < 0 && errno == EINTR) || (n > 0 && byte != '\n'));
    return DONE;
}

VERB(sleep)
{
    (void)p;
    (void)c;
    sleep_us(s->ms * 1000);
    return DONE;
}

/* The state letter of a thread, behind its name in brackets; 0 when it is gone. */
static char thread_state(const char *process, const char *thread)
{
    char path[512], line[512];
    const char *bracket = NULL;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%s/task/%s/stat", process, thread);
    f = fopen(path, "r");
    if (!f)
        return '\0';
    if (fgets(line, sizeof line, f))
        bracket = strrchr(line, ')');
    fclose(f);
    return bracket && bracket[1] == ' ' ? bracket[2] : '\0';
}

/* Whether no thread of the process can run. Where nobody can say, believe it. */
static bool is_stopped(const char *process)
{
    char path[64];
    const struct dirent *entry;
    bool stopped = true;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%s/task", process);
    dir = opendir(path);
    if (!dir)
        return true;
    while (stopped && (entry = readdir(dir))) {
        char state = isdigit((unsigned char)entry->d_name[0]) ? thread_state(process, entry->d_name) : '\0';

        stopped = state == '\0' || strchr("TtZXx", state) != NULL;
    }
    closedir(dir);
    return stopped;
}

/* One process, never a group and never all: 0 and -1 mean those to kill. */
static enum outcome send_signal(const struct step *s, int number, const char *what)
{
    pid_t pid = s->number <= INT_MAX ? (pid_t)s->number : 0;

    if (pid < 1)
        return misuse("%lld is not the number of a process", s->number);
    if (kill(pid, number) < 0)
        return fail(s->name, "cannot %s process %lld: %s", what, s->number, strerror(errno));
    return DONE;
}

/* kill returns before the process has stopped; the script relies on "stopped". */
VERB(sigstop)
{
    long long until = deadline(p);
    enum outcome how = send_signal(s, SIGSTOP, "stop");
    char process[32];

    (void)c;
    if (how != DONE)
        return how;
    snprintf(process, sizeof process, "%lld", s->number);
    while (!is_stopped(process)) {
        if (now_us() > until)
            return fail(s->name, "process %s did not stop within %g s", process, watch_waited(p));
        sleep_us(1000);
    }
    return DONE;
}

VERB(sigcont)
{
    (void)p;
    (void)c;
    return send_signal(s, SIGCONT, "continue");
}
