/* cli.h - what every program of the labs does alike on its command line. Given; there is nothing to fill in here.
 *
 * Only main() ends a process. So these functions print one line and return the exit status that main() is to return:
 *
 *     if (argc != 3)
 *         return cli_usage("tcp_client HOST PORT");
 */
#ifndef CLI_H
#define CLI_H

#include <stddef.h>
#include <sys/types.h>

/* Exit statuses: 0 for success, and these two. */
enum { CLI_FAILURE = 1, CLI_USAGE = 2 };

/* Prints "usage: SYNOPSIS" on stderr and returns CLI_USAGE. */
int cli_usage(const char *synopsis);

/* Prints "PROGRAM: WHAT: WHY" on stderr and returns CLI_FAILURE. WHY is usually strerror(errno). */
int cli_fail(const char *program, const char *what, const char *why);

/* Reads the decimal number in `text`, which must be from `min` to `max` with nothing around it.
 * Returns 0 and stores it in *number; returns -1, and stores nothing, for anything else. */
int cli_number(const char *text, long min, long max, long *number);

/* Says whether `text` is a port: a number from 0 to 65535. Returns 1 or 0. */
int cli_is_port(const char *text);

/* The command line of the servers: [-d MS] [-t EXT[,EXT...]] PORT [ROOT]. The strings belong to argv. */
struct cli_server {
    long delay_ms;     /* -d: milliseconds to wait before each reply; 0 by default */
    const char *types; /* -t: the extensions that may be served, with commas between; NULL means all */
    const char *port;  /* 0 to 65535, in decimal */
    const char *root;  /* the folder to serve; "." by default */
};

/* Fills *server from the command line. `options` names the ones this server has, as getopt(3) wants them ("d:t:",
 * "d:" or ""); `operands` is 1 for PORT alone and 2 where ROOT may follow.
 * Returns 0, or -1 where the command line is wrong: then cli_usage() is what main() wants next. */
int cli_server(int argc, char **argv, const char *options, int operands, struct cli_server *server);

/* Prints "listening on port N" on stdout, flushed, with N the port that the socket `listener` is bound to: where
 * port 0 was asked for, that is how one learns which port the kernel chose.
 * Returns 0, or -1 with errno of getsockname(2) or of the output. */
int cli_ready(int listener);

/* Waits `ms` milliseconds, no less; a signal does not cut it short. Blocks only the calling thread. */
void cli_delay(long ms);

/* Reads the next line of standard input, however long, and drops its newline; asks for it first ("Input lowercase
 * sentence: ", on stderr) where a person types it. *line and *capacity are those of getline(3): NULL and 0 before the
 * first call, and the caller frees *line after the last one. *line always has room for one byte more.
 * Returns the number of bytes, or -1 at the end of the input. */
ssize_t cli_read_line(char **line, size_t *capacity);

/* Prints "From Server: " and the `size` bytes at `reply` on stdout, flushed. Returns 0, or -1 with errno. */
int cli_print_reply(const char *reply, size_t size);

#endif
