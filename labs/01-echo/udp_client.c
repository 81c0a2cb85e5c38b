/* udp_client - sends each line of its input to a server as one datagram and prints the datagram that comes back. */
#include "cli.h"
#include "net.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* Exchanges and prints line after line. A datagram that gets lost is not sent again: that is UDP.
 * Returns 0 at the end of the input, or -1 with errno; EAGAIN where no reply came in time. */
static int converse(int fd)
{
    static char reply[65536 + 1]; /* more than any datagram holds, and a newline */
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size, received = 0;
    while (received >= 0 && (size = cli_read_line(&line, &capacity)) >= 0) {
#ifdef SOLUTION
        received = send(fd, line, (size_t)size, 0);
        if (received >= 0)
            received = net_recv(fd, reply, sizeof reply - 1);
        if (received >= 0) {
            reply[received] = '\n';
            received = cli_print_reply(reply, (size_t)received + 1);
        }
#else
        /* TODO 1 (about 1 line): send the line as one datagram.
         * Read: send(2), udp(7).
         * Think: why does send() need no address here? Look at main().
         * Checked by: R1.26. */

        /* TODO 2 (about 2 lines): receive the reply, one datagram, with net_recv().
         * Read: recv(2).
         * Think: an empty line makes an empty datagram. What does net_recv() return for its reply?
         * Checked by: R1.26, R1.27. */

        /* TODO 3 (about 4 lines): put a newline behind the reply and print it with cli_print_reply().
         * Read: the comment on cli_print_reply() in cli.h.
         * Think: there is room for one byte behind the largest datagram. Where does the declaration of `reply` say so?
         * Checked by: R1.26. */
        (void)fd;
        (void)reply;
        (void)size;
        errno = ENOSYS;
        received = -1;
#endif
    }
    free(line);
    return received < 0 ? -1 : 0;
}

int main(int argc, char **argv)
{
    long seconds = 5;
    if (argc < 3 || argc > 4 || !cli_is_port(argv[2]) || (argc == 4 && cli_number(argv[3], 1, 1000000, &seconds) < 0))
        return cli_usage("udp_client HOST PORT [TIMEOUT]");
    /* A connected UDP socket gets datagrams from this server only, and learns when its port is unreachable. */
    const char *why;
    int fd = net_connect(SOCK_DGRAM, NULL, argv[1], argv[2], &why);
    if (fd < 0)
        return cli_fail("udp_client", argv[1], why);
    struct timeval timeout = {.tv_sec = seconds};
    char late[40];
    snprintf(late, sizeof late, "no reply within %ld s", seconds);

#ifdef SOLUTION
    int result = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (result == 0)
        result = converse(fd);
#else
    /* TODO 4 (about 3 lines): set the time after which recv() gives up (SO_RCVTIMEO), then let converse() do the work.
     * Read: setsockopt(2), socket(7).
     * Think: a datagram may get lost on its way, and nobody tells you. What would this program do without the time-out?
     * Checked by: R1.28. */
    (void)timeout;
    int result = converse(fd);
#endif
    int error = errno;
    close(fd);
    return result == 0 ? 0 : cli_fail("udp_client", argv[1], error == EAGAIN ? late : strerror(error));
}
