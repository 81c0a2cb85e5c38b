/* What a process, and all that it has started, uses at the moment: one line for people. Nothing where no /proc is. */
#include "probe.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct use {
    int processes, zombies, threads, descriptors;
    unsigned long long ticks, began; /* processor time; when the first process began */
    long long pages;
};

static int count_entries(const char *process, const char *what)
{
    char path[64];
    const struct dirent *entry;
    int count = 0;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%.20s/%s", process, what);
    dir = opendir(path);
    while (dir && (entry = readdir(dir)))
        count += isdigit((unsigned char)entry->d_name[0]) != 0;
    if (dir)
        closedir(dir);
    return count;
}

/* A small file of /proc as a text; "" where there is none. */
static void read_small(char *text, size_t size, const char *path)
{
    size_t len = 0;
    FILE *f = fopen(path, "r");

    if (f) {
        len = fread(text, 1, size - 1, f);
        fclose(f);
    }
    text[len] = '\0';
}

/* The fields of /proc/PROCESS/stat behind the name, which may hold blanks and brackets. See proc(5). */
static bool read_stat(struct use *u, const char *process)
{
    char path[64], text[1024];
    unsigned long long user, system, began;
    const char *behind;
    long long pages;
    char state;

    snprintf(path, sizeof path, "/proc/%.20s/stat", process);
    read_small(text, sizeof text, path);
    behind = strrchr(text, ')');
    if (!behind ||
        sscanf(behind, ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu %*u %lld",
               &state, &user, &system, &began, &pages) != 5)
        return false;
    u->zombies += state == 'Z';
    u->ticks += user + system;
    u->pages += pages;
    if (u->processes++ == 0)
        u->began = began;
    return true;
}

static void add(struct use *u, const char *process, int depth)
{
    char path[512], text[4096];
    const struct dirent *entry;
    DIR *dir;

    snprintf(path, sizeof path, "/proc/%.20s/task", process);
    dir = depth < DEEPEST && read_stat(u, process) ? opendir(path) : NULL;
    if (!dir)
        return;
    u->descriptors += count_entries(process, "fd");
    while ((entry = readdir(dir))) {
        char *rest = text;
        const char *child;

        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        u->threads++;
        snprintf(path, sizeof path, "/proc/%.20s/task/%.20s/children", process, entry->d_name);
        read_small(text, sizeof text, path);
        while ((child = strtok_r(rest, " \n", &rest)))
            add(u, child, depth + 1);
    }
    closedir(dir);
}

/* Seconds since this machine started. */
static double uptime(void)
{
    double seconds = 0;
    FILE *f = fopen("/proc/uptime", "r");

    if (!f)
        return 0;
    if (fscanf(f, "%lf", &seconds) != 1)
        seconds = 0;
    fclose(f);
    return seconds;
}

/* "1 thread" or "3 threads". */
static int put_count(char *words, size_t size, int n, const char *what, const char *more)
{
    return snprintf(words, size, "%d %s%s", n, what, n == 1 ? "" : more);
}

/* Makes words of it; false where the process is gone. */
bool account(const char *process, char *words, size_t size)
{
    struct use u = {0};
    double hertz = (double)sysconf(_SC_CLK_TCK);
    size_t n;

    add(&u, process, 0);
    if (u.processes == 0)
        return false;
    n = (size_t)put_count(words, size, u.processes, "process", "es");
    if (u.zombies > 0)
        n += (size_t)snprintf(words + n, size - n, " (%d of them zombie%s)", u.zombies, u.zombies == 1 ? "" : "s");
    n += (size_t)snprintf(words + n, size - n, ", ");
    n += (size_t)put_count(words + n, size - n, u.threads - u.zombies, "thread", "s");
    n += (size_t)snprintf(words + n, size - n, ", ");
    n += (size_t)put_count(words + n, size - n, u.descriptors, "descriptor", "s");
    snprintf(words + n, size - n, ", %.1f MB of memory; %.2f s of processor time in %.1f s\n",
             (double)u.pages * (double)sysconf(_SC_PAGESIZE) / 1e6, (double)u.ticks / hertz,
             uptime() - (double)u.began / hertz);
    return true;
}
