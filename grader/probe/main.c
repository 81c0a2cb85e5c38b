/* The command line of the probe. */
#include "probe.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char usage_line[] =
    "usage: probe [-u] [-l] [-o DIR] [-t SECONDS] [-w PROCESS] HOST PORT STEP... | probe -a PROCESS\n";

static bool read_limit(struct probe *p, const char *text)
{
    char *behind;
    double limit = strtod(text, &behind);

    if (!isdigit((unsigned char)text[0]) || *behind || !(limit >= 0.001 && limit <= 86400))
        return false;
    p->limit = (long long)(limit * 1e6);
    return true;
}

static bool read_options(struct probe *p, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "+:ulo:t:w:")) != -1) {
        if (option == 'u')
            p->udp = true;
        else if (option == 'l')
            p->listening = true;
        else if (option == 'o')
            p->dir = optarg;
        else if (option == 'w')
            watch(optarg);
        else if (option != 't' || !read_limit(p, optarg))
            return false;
    }
    return argc - optind >= 3;
}

static bool good_port(const char *text)
{
    size_t len = strlen(text);

    return len >= 1 && len <= 5 && strspn(text, "0123456789") == len && atoi(text) <= 65535;
}

static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* A vanished reader of our output, or a full disk, shall be an error we see. */
static void ignore_signals(void)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

/* These have to be known before the kernel takes the first connection. */
static void read_settings(struct probe *p)
{
    for (size_t i = 0; i < p->step_count; i++) {
        if (is_verb(&p->steps[i], "backlog"))
            p->backlog = as_int(p->steps[i].number);
        else if (is_verb(&p->steps[i], "rcvbuf"))
            p->rcvbuf = as_int(p->steps[i].number);
        else
            return;
    }
}

static enum outcome run(struct probe *p, char **words, size_t count)
{
    enum outcome how = script_read(p, words, count);

    if (how == DONE)
        how = net_prepare(p);
    if (how != DONE)
        return how;
    ignore_signals();
    raise_file_limit();
    record_start(p);
    if (p->listening) {
        read_settings(p);
        how = net_listen(p);
    }
    return how == DONE ? script_run(p) : how;
}

static enum outcome tell_account(const char *process)
{
    char words[WORDS_SIZE];

    if (!account(process, words, sizeof words))
        return FAILED;
    fputs(words, stdout);
    return DONE;
}

int main(int argc, char **argv)
{
    struct probe p = {.limit = 5000000, .listener = -1, .backlog = 128};
    enum outcome how;

    if (argc == 3 && strcmp(argv[1], "-a") == 0)
        return tell_account(argv[2]);
    if (!read_options(&p, argc, argv) || !good_port(argv[optind + 1])) {
        fputs(usage_line, stderr);
        return MISUSED;
    }
    p.host = argv[optind];
    p.port = argv[optind + 1];
    how = run(&p, argv + optind + 2, (size_t)(argc - optind - 2));
    conn_free_all(&p);
    script_free(&p);
    if (p.addresses)
        freeaddrinfo(p.addresses);
    return how;
}
