/* The command line of faults. */
#include "faults.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage_line[] =
    "usage: faults [-s SEED] [-r FILE | -f FD] [--only KIND[,KIND]...] [--after N] [--hurry N] "
    "[--port FROM=TO] [--] PROGRAM ARGUMENT...\n";

static bool read_number(const char *text, unsigned long long *number)
{
    char *behind;

    errno = 0;
    *number = strtoull(text, &behind, 10);
    return isdigit((unsigned char)text[0]) && *behind == '\0' && errno == 0;
}

static bool read_kinds(const char *text, unsigned *kinds)
{
    *kinds = 0;
    for (;;) {
        size_t len = strcspn(text, ",");
        int kind = 0;

        while (kind < KINDS && (strlen(kind_names[kind]) != len || strncmp(kind_names[kind], text, len) != 0))
            kind++;
        if (kind == KINDS)
            return false;
        *kinds |= 1U << kind;
        if (text[len] == '\0')
            return true;
        text += len + 1;
    }
}

static bool read_ports(const char *text, struct run *run)
{
    unsigned long long from, to;
    char *sign = strchr(text, '=');

    if (!sign || !read_number(sign + 1, &to) || to < 1 || to > 65535)
        return false;
    *sign = '\0';
    if (!read_number(text, &from) || from < 1 || from > 65535)
        return false;
    run->port_from = (int)from;
    run->port_to = (int)to;
    return true;
}

static bool read_option(struct run *run, int option)
{
    unsigned long long number = 0;

    if (option == 'o')
        return read_kinds(optarg, &run->kinds);
    if (option == 'p')
        return read_ports(optarg, run);
    if (option == 'r')
        return run->report < 0 && report_open(run, optarg);
    if (option == '?' || !read_number(optarg, &number))
        return false;
    if (option == 's')
        run->seed = number;
    else if (option == 'a')
        run->spared = number;
    else if (option == 'h')
        run->hurry = number >= 2 && number <= 1000 ? (int)number : 0;
    else
        return run->report < 0 && number <= 1 << 20 && report_take(run, (int)number);
    return run->hurry > 0;
}

static bool read_options(struct run *run, int argc, char **argv)
{
    static const struct option long_options[] = {{"only", required_argument, NULL, 'o'},
                                                 {"after", required_argument, NULL, 'a'},
                                                 {"hurry", required_argument, NULL, 'h'},
                                                 {"port", required_argument, NULL, 'p'},
                                                 {NULL, 0, NULL, 0}};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "+s:r:f:", long_options, NULL)) != -1)
        if (!read_option(run, option))
            return false;
    return optind < argc;
}

int main(int argc, char **argv)
{
    static struct run run = {.seed = 1, .hurry = 1, .report = -1};

    if (!read_options(&run, argc, argv)) {
        fputs(usage_line, stderr);
        return MISUSED;
    }
    if (run.kinds == 0 && run.hurry == 1 && run.port_from == 0)
        run.kinds = (1U << KINDS) - 1;
#if CAN_TRACE
    hurry_begin();
    if (!launch(&run, argv + optind))
        return NOT_TRACED;
    return trace(&run);
#else
    say("cannot inject faults", "this works on Linux, on x86_64 and aarch64 only");
    return NOT_TRACED;
#endif
}
