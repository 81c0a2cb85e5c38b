/* Whether the other side can still do something: a server all of whose threads sleep, and have not run for a while, will
 * not answer any more, however busy the machine is. That ends a wait early; the deadline ends it in any case. */
#include "probe.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { ASLEEP_US = 2000000 };

/* How often the threads seen have been given a processor; whether one of them runs or wants to. */
struct look {
    unsigned long long turns;
    bool awake;
};

/* Reads /proc/PROCESS/task/THREAD/FILE into line, as a text. */
static bool read_file(char *line, int size, const char *process, const char *thread, const char *file)
{
    char path[512];
    size_t len = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%s/task/%s/%s", process, thread, file);
    f = fopen(path, "r");
    if (f) {
        len = fread(line, 1, (size_t)size - 1, f);
        fclose(f);
    }
    line[len] = '\0';
    return f != NULL;
}

static void look_at(struct look *look, const char *process, int depth);

static void look_at_thread(struct look *look, const char *process, const char *thread, int depth)
{
    char line[4096], *rest = line;
    const char *state, *child;

    read_file(line, sizeof line, process, thread, "stat");
    state = strrchr(line, ')');
    look->awake = look->awake || (state && strlen(state) > 2 && strchr("RD", state[2]));
    if (read_file(line, sizeof line, process, thread, "schedstat")) {
        unsigned long long turns = 0;

        if (sscanf(line, "%*u %*u %llu", &turns) == 1)
            look->turns += turns;
    } else {
        look->awake = true; /* it has just ended, or this kernel does not say */
    }
    read_file(line, sizeof line, process, thread, "children");
    while ((child = strtok_r(rest, " \n", &rest)))
        look_at(look, child, depth + 1);
}

static void look_at(struct look *look, const char *process, int depth)
{
    char path[64];
    const struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%.20s/task", process);
    dir = depth < DEEPEST ? opendir(path) : NULL;
    if (!dir) {
        look->awake = true;
        return;
    }
    while ((entry = readdir(dir)))
        if (isdigit((unsigned char)entry->d_name[0]))
            look_at_thread(look, process, entry->d_name, depth);
    closedir(dir);
}

static const char *watched; /* the number of the process */
static unsigned long long turns;
static long long asleep_since;

void watch(const char *process)
{
    watched = process;
}

const char *watched_process(void)
{
    return watched;
}

/* A wait begins: what was before says nothing about it. */
void watch_begin(void)
{
    asleep_since = -1;
}

/* Whether the watched process has slept for ASLEEP_US since this wait began, as far as the calls of this function saw. */
bool watch_asleep(void)
{
    struct look now = {0, false};

    if (!watched)
        return false;
    look_at(&now, watched, 0);
    if (now.awake || now.turns != turns || asleep_since < 0) {
        turns = now.turns;
        asleep_since = now_us();
    }
    return now_us() - asleep_since >= ASLEEP_US;
}

/* How long the last wait was, which was in vain. */
double watch_waited(const struct probe *p)
{
    bool early = watched && asleep_since >= 0 && now_us() - asleep_since >= ASLEEP_US && p->limit > ASLEEP_US;

    return (double)(early ? ASLEEP_US : p->limit) / 1e6;
}
