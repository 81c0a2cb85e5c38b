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
    size_t sent = 0, received = 0;
    while (received < size) {
        struct pollfd ready = {.fd = fd, .events = sent < size ? POLLIN | POLLOUT : POLLIN};
        if (poll(&ready, 1, -1) < 0)
            continue;
        if (ready.revents & POLLOUT) {
            ssize_t n = send(fd, line + sent, size - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n < 0 && errno != EAGAIN && errno != EINTR)
                return strerror(errno);
            sent += n > 0 ? (size_t)n : 0;
        }
        if (ready.revents & ~POLLOUT) {
            ssize_t n = net_recv(fd, reply + received, size - received);
            if (n <= 0)
                return n < 0 ? strerror(errno) : "the server closed the connection before it had replied";
            received += (size_t)n;
        }
    }
    return NULL;
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
        line[size++] = '\n';
        why = exchange(fd, line, reply, (size_t)size);
        if (why == NULL && cli_print_reply(reply, (size_t)size) < 0)
            why = strerror(errno);
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
