/* How often each kind has fired. */
#define _GNU_SOURCE
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *const kind_names[KINDS] = {"short-read", "short-write",    "eintr",        "eintr-write",
                                       "eagain",     "accept-aborted", "accept-emfile"};

void say(const char *what, const char *why)
{
    fprintf(stderr, "faults: %s: %s\n", what, why);
}

/* Where there is no position to write to, as in a pipe, there can be one version only: the last. */
static bool start(struct run *run, int whence)
{
    run->report_start = lseek(run->report, 0, whence);
    run->report_at_end = run->report_start < 0;
    report_write(run, false);
    return true;
}

bool report_open(struct run *run, const char *path)
{
    run->report = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (run->report >= 0)
        return start(run, SEEK_SET);
    say(path, strerror(errno));
    return false;
}

/* O_APPEND would let pwrite(2) append each version to the one before. */
bool report_take(struct run *run, int fd)
{
    int flags = fcntl(fd, F_GETFL);

    run->report = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (flags < 0 || run->report < 0) {
        say("the descriptor of -f", strerror(errno));
        return false;
    }
    if (flags & O_APPEND)
        fcntl(run->report, F_SETFL, flags & ~O_APPEND);
    if (fd > STDERR_FILENO)
        close(fd);
    return start(run, flags & O_APPEND ? SEEK_END : SEEK_CUR);
}

/* Writes all of it each time, in one call, so that whoever looks, and whenever, finds a whole report. */
void report_write(const struct run *run, bool at_end)
{
    char text[KINDS * 40];
    int len = 0;

    if (run->report < 0 || (run->report_at_end && !at_end))
        return;
    for (int kind = 0; kind < KINDS; kind++)
        len += snprintf(text + len, sizeof text - (size_t)len, "%s %llu\n", kind_names[kind], run->fired[kind]);
    if (run->report_at_end ? write(run->report, text, (size_t)len) < 0
                           : pwrite(run->report, text, (size_t)len, run->report_start) < 0)
        say("cannot write the report", strerror(errno));
}
