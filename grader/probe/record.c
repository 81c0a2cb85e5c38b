/* Recordings. They are written without a buffer, so that they are whole even
 * when the probe is killed, and a shell script can read them while it runs. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void write_all(int fd, const char *what, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            die("cannot write %s: %s", what, strerror(errno));
        bytes += n;
        len -= (size_t)n;
    }
}

static int open_file(const struct probe *p, const char *name, const char *ending)
{
    char path[4096];
    int fd;

    if (snprintf(path, sizeof path, "%s/%s%s", p->dir, name, ending) >= (int)sizeof path)
        die("the path of the recordings is too long");
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0644);
    if (fd < 0)
        die("cannot write %s: %s", path, strerror(errno));
    return fd;
}

void record_start(struct probe *p)
{
    p->began = now_us();
    if (p->dir && mkdir(p->dir, 0755) < 0 && errno != EEXIST)
        die("cannot make %s: %s", p->dir, strerror(errno));
    p->events_file = p->dir ? open_file(p, "events", "") : -1;
}

void record_files(struct probe *p, struct conn *c)
{
    c->sent_file = p->dir ? open_file(p, c->name, ".sent") : -1;
    c->received_file = p->dir ? open_file(p, c->name, ".received") : -1;
}

static void record_line(struct probe *p, const char *name, const char *what, const char *count)
{
    long long t = now_us() - p->began;
    char line[WORDS_SIZE];
    int n;

    if (!p->dir)
        return;
    n = snprintf(line, sizeof line, "%lld.%03lld %s %s%s\n", t / 1000, t % 1000, name, what, count);
    write_all(p->events_file, "events", line, (size_t)n);
}

void record_event(struct probe *p, const char *name, const char *what)
{
    record_line(p, name, what, "");
}

void record_count(struct probe *p, const char *name, const char *what, long long count)
{
    char text[32];

    snprintf(text, sizeof text, " %lld", count);
    record_line(p, name, what, text);
}

/* Whether a blank line has come to its end in these bytes: then a request is whole. */
static bool ends_head(struct conn *c, const char *bytes, size_t len)
{
    bool ended = false;

    for (size_t i = 0; i < len; i++) {
        ended = ended || (bytes[i] == '\n' && c->sent_line != MORE);
        if (bytes[i] == '\n')
            c->sent_line = EMPTY;
        else
            c->sent_line = c->sent_line == EMPTY && bytes[i] == '\r' ? LONE_CR : MORE;
    }
    return ended;
}

void record_sent(struct probe *p, struct conn *c, const char *bytes, size_t len)
{
    char text[32];
    bool whole = p->dir && ends_head(c, bytes, len);

    c->sent += (long long)len;
    if (!p->dir)
        return;
    write_all(c->sent_file, "the bytes sent", bytes, len);
    snprintf(text, sizeof text, " %zu%s", len, whole ? " whole" : "");
    record_line(p, c->name, "send", text);
}

void record_received(struct probe *p, struct conn *c, const char *bytes, size_t len)
{
    c->received += (long long)len;
    if (!p->dir)
        return;
    p->kept += (long long)len;
    write_all(c->received_file, "the bytes received", bytes, len);
    record_count(p, c->name, "recv", (long long)len);
}

/* Written at every change, not at exit: a probe that is killed leaves the truth. */
void record_side(struct probe *p, struct conn *c)
{
    static const char *const words[] = {"open\n", "fin\n", "reset\n"};
    int fd;

    if (!p->dir)
        return;
    fd = open_file(p, c->name, ".end");
    write_all(fd, "how the connection ended", words[c->side], strlen(words[c->side]));
    close(fd);
}

/* At the moment of a failure: where the other side stands, and what the watched process uses. Later is too late: when
 * the probe ends, its connections do. */
void record_failure(struct probe *p)
{
    char words[WORDS_SIZE];
    int fd;

    stand_record(p);
    if (!p->dir || !watched_process() || !account(watched_process(), words, sizeof words))
        return;
    fd = open_file(p, "account", "");
    write_all(fd, "the account", words, strlen(words));
    close(fd);
}
