/* threaded_client - asks a web server for a file from a port of its own choice and prints the response as it comes. */
#include "cli.h"
#include "net.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Asks for `file` and prints everything that comes, head and content. Returns 0, or -1 with errno. */
static int fetch(int fd, const char *file)
{
    char part[16384];
    ssize_t size = snprintf(part, sizeof part, "GET %s HTTP/1.0\r\n\r\n", file);
    if (size >= (ssize_t)sizeof part) {
        errno = ENAMETOOLONG;
        return -1;
    }
#ifdef SOLUTION
    if (net_send_all(fd, part, (size_t)size) < 0)
        return -1;
#else
    /* TODO 2 (about 2 lines): send the request, the `size` bytes in `part`.
     * Read: the comment on net_send_all() in net.h.
     * Think: where does a request end for the server, and which bytes here say so?
     * Checked by: R3.26. */
    (void)fd;
#endif
#ifdef SOLUTION
    while ((size = net_recv(fd, part, sizeof part)) > 0)
        if (fwrite(part, 1, (size_t)size, stdout) < (size_t)size)
            return -1;
    return size < 0 || fflush(stdout) == EOF ? -1 : 0;
#else
    /* TODO 3 (about 4 lines): receive until the server closes, and print all that comes, as it comes.
     * Read: recv(2), fwrite(3).
     * Think: the response may hold bytes 0. Would printf("%s") print them?
     * Checked by: R3.26, R3.28. */
    errno = ENOSYS;
    return -1;
#endif
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5 || !cli_is_port(argv[2]) || !cli_is_port(argv[3]))
        return cli_usage("threaded_client HOST PORT CLIENT_PORT [FILE]");
#ifdef SOLUTION
    const char *why;
    int fd = net_connect(SOCK_STREAM, argv[3], argv[1], argv[2], &why);
    if (fd < 0)
        return cli_fail("threaded_client", argv[1], why);
#else
    /* TODO 1 (about 4 lines): connect to the server, from the port that the user chose for this side.
     * Read: the comment on net_connect() in net.h; bind(2).
     * Think: client and server may run on the same machine. Can both have the same port there?
     * Checked by: R3.26, R3.27. */
    int fd = -1;
    if (fd < 0)
        return cli_fail("threaded_client", argv[1], strerror(ENOSYS));
#endif
    int result = fetch(fd, argc == 5 ? argv[4] : "testfile");
    int error = errno;
    close(fd);
    return result == 0 ? 0 : cli_fail("threaded_client", argv[1], strerror(error));
}
