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
    if (net_send_all(fd, part, (size_t)size) < 0)
        return -1;
    while ((size = net_recv(fd, part, sizeof part)) > 0)
        if (fwrite(part, 1, (size_t)size, stdout) < (size_t)size)
            return -1;
    return size < 0 || fflush(stdout) == EOF ? -1 : 0;
}

int main(int argc, char **argv)
{
    if (argc < 4 || argc > 5 || !cli_is_port(argv[2]) || !cli_is_port(argv[3]))
        return cli_usage("threaded_client HOST PORT CLIENT_PORT [FILE]");
    const char *why;
    int fd = net_connect(SOCK_STREAM, argv[3], argv[1], argv[2], &why);
    if (fd < 0)
        return cli_fail("threaded_client", argv[1], why);
    int result = fetch(fd, argc == 5 ? argv[4] : "testfile");
    int error = errno;
    close(fd);
    return result == 0 ? 0 : cli_fail("threaded_client", argv[1], strerror(error));
}
