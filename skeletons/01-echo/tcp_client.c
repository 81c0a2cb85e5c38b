/* tcp_client - sends each line of its input to a server and prints what the server makes of it. */
#include "cli.h"
#include "net.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Sends the `size` bytes at `line` and receives as many into `reply`, both at the same time: a line may be larger than
 * all the buffers on its way, and then a client that sends first and reads later waits for a server that waits for it.
 * Returns NULL, or why it did not work. */
static const char *exchange(int fd, const char *line, char *reply, size_t size)
{
    /* TODO 2 (about 4 lines): as long as some of the reply is missing, wait with poll() until the socket can be read
     * from or, while some of the line is still to be sent, written to.
     * Read: poll(2).
     * Think: to begin with, you may send all and then read all. With which length of line does that stop for ever?
     * Checked by: R1.16, R1.19. */

    /* TODO 3 (about 5 lines): where the socket can be written to, send what it takes at once (flags MSG_DONTWAIT and
     * MSG_NOSIGNAL).
     * Read: send(2), error EAGAIN.
     * Think: after a short send(), from which byte on do you send the next time?
     * Checked by: R1.19. */

    /* TODO 4 (about 5 lines): where it can be read from, receive more of the reply, with net_recv(). The reply has as
     * many bytes as the line, however they arrive.
     * Read: recv(2).
     * Think: what does it mean that net_recv() returns 0 before the reply is complete? Return a text that says so.
     * Checked by: R1.16, R1.18, R1.21. */
    (void)fd;
    (void)line;
    (void)reply;
    (void)size;
    (void)net_recv;
    return strerror(ENOSYS);
}

/* Exchanges and prints line after line. Returns NULL at the end of the input, or why it stopped before. */
static const char *converse(int fd)
{
    char *line = NULL, *reply = NULL;
    size_t capacity = 0;
    ssize_t size;
    const char *why = NULL;
    while (why == NULL && (size = cli_read_line(&line, &capacity)) >= 0) {
        char *larger = realloc(reply, capacity);
        if (larger == NULL) {
            why = strerror(errno);
            break;
        }
        reply = larger;
        /* TODO 1 (about 4 lines): put the newline back at the end of the line, exchange it for the reply, and print
         * that with cli_print_reply().
         * Read: getline(3), and the comment on cli_read_line() in cli.h.
         * Think: a person waits for the reply before typing the next line. When must it be on the screen?
         * Checked by: R1.16, R1.17. */
        (void)exchange;
        (void)fd;
        (void)size;
        why = strerror(ENOSYS);
    }
    free(reply);
    free(line);
    return why;
}

int main(int argc, char **argv)
{
    if (argc != 3 || !cli_is_port(argv[2]))
        return cli_usage("tcp_client HOST PORT");
    const char *why;
    int fd = net_connect(SOCK_STREAM, NULL, argv[1], argv[2], &why);
    if (fd < 0)
        return cli_fail("tcp_client", argv[1], why);
    why = converse(fd);
    close(fd);
    return why == NULL ? 0 : cli_fail("tcp_client", argv[1], why);
}
