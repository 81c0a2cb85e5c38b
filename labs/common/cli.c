#include "cli.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int cli_usage(const char *synopsis)
{
    fprintf(stderr, "usage: %s\n", synopsis);
    return CLI_USAGE;
}

int cli_fail(const char *program, const char *what, const char *why)
{
    fprintf(stderr, "%s: %s: %s\n", program, what, why);
    return CLI_FAILURE;
}

int cli_number(const char *text, long min, long max, long *number)
{
    /* strtol() alone would also take " 7", "+7" and "7 apples". */
    if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
        return -1;
    errno = 0;
    long value = strtol(text, NULL, 10);
    if (errno != 0 || value < min || value > max)
        return -1;
    *number = value;
    return 0;
}

int cli_is_port(const char *text)
{
    long port;
    return cli_number(text, 0, 65535, &port) == 0;
}

int cli_server(int argc, char **argv, const char *options, int operands, struct cli_server *server)
{
    *server = (struct cli_server){.root = "."};
    opterr = 0; /* the usage line says it better than getopt() */
    for (int option; (option = getopt(argc, argv, options)) != -1;) {
        if (option == 't')
            server->types = optarg;
        else if (option != 'd' || cli_number(optarg, 0, INT_MAX, &server->delay_ms) < 0)
            return -1;
    }
    int given = argc - optind;
    if (given < 1 || given > operands || !cli_is_port(argv[optind]))
        return -1;
    server->port = argv[optind];
    if (given == 2)
        server->root = argv[optind + 1];
    return 0;
}

int cli_ready(int listener)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        return -1;
    in_port_t port = address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                                   : ((struct sockaddr_in *)&address)->sin_port;
    return printf("listening on port %d\n", ntohs(port)) < 0 || fflush(stdout) == EOF ? -1 : 0;
}

void cli_delay(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (ms == 0) /* nanosleep() would give up the processor all the same */
        return;
    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}

ssize_t cli_read_line(char **line, size_t *capacity)
{
    if (isatty(STDIN_FILENO))
        fputs("Input lowercase sentence: ", stderr);
    ssize_t size = getline(line, capacity, stdin);
    return size > 0 && (*line)[size - 1] == '\n' ? size - 1 : size;
}

int cli_print_reply(const char *reply, size_t size)
{
    fputs("From Server: ", stdout);
    fwrite(reply, 1, size, stdout);
    return fflush(stdout) == EOF ? -1 : 0;
}
