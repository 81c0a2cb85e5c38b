/* poll_server - the server of this lab with poll(2) in place of select(2): no limit but that on open files. An extra
 * part. The connections are those of loop.h. */
#include "cli.h"
#include "http.h"
#include "loop.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RETRY_MS = 50 };

static struct cli_server options;

/* Everything that is waited for. Place 0 is the listener's, and has no connection. */
static struct pollfd *watched;
static struct connection **connections; /* each at the place of its descriptor in `watched` */
static size_t count, room;              /* places in use, and places that there are */

static int answer(const struct http_request *request, struct reply *reply)
{
    return http_answer(request, options.types, reply);
}

/* Adds a place for `fd`. Returns 0, or -1 with errno ENOMEM. */
static int add_place(int fd, struct connection *connection)
{
    if (count == room) {
        size_t more = 2 * room + 64;
        struct pollfd *new_watched = realloc(watched, more * sizeof *watched);
        if (new_watched == NULL)
            return -1;
        watched = new_watched;
        struct connection **new_connections = realloc(connections, more * sizeof *connections);
        if (new_connections == NULL)
            return -1;
        connections = new_connections;
        room = more;
    }
    watched[count] = (struct pollfd){.fd = fd, .events = POLLIN};
    connections[count++] = connection;
    return 0;
}

/* Accepts all connections that wait. */
static void accept_connections(int listener)
{
    /* TODO 2 (about 10 lines): accept every connection that waits, and add a place for each. Where no descriptor is
     * left, take the listener out for a while: poll() passes over a negative descriptor.
     * Read: poll(2), accept(2), and TODO 1 of loop.c.
     * Think: which test of loop.c is not needed here, and why?
     * Checked by: B4.1, B4.3. */
    (void)listener;
    (void)connection_new;
}

/* How many milliseconds poll() may wait at the most, -1 for any time. */
static int longest_wait(void)
{
    long long wait_ms = watched[0].fd < 0 ? RETRY_MS : -1;
    /* TODO 3 (about 8 lines): a connection that is closing must not be waited for longer than its deadline: make
     * `wait_ms` the shortest time that is left to any of them.
     * Read: poll(2), the argument `timeout`.
     * Think: what does poll() do with a time-out of 0, and what with a negative one?
     * Checked by: B4.4, B4.5. */
    (void)loop_now_ms;
    return (int)wait_ms;
}

/* Frees the connection at place `i`, and gives the place to the last one. */
static void remove_place(size_t i)
{
    connection_free(connections[i]);
    count--;
    watched[i] = watched[count];
    connections[i] = connections[count];
}

/* Takes every connection that can go on a step further, and frees those that have come to their end. */
static void serve_connections(void)
{
    /* TODO 4 (about 8 lines): take each connection of which poll() has reported something a step further, and write
     * down what it waits for now. Remove one that is done, or that is closing and past its deadline.
     * Read: poll(2): `revents` may have POLLHUP and POLLERR, which nobody asked for.
     * Think: remove_place() moves the last connection. In which order do you go through them, to miss none?
     * Checked by: B4.1, B4.2, B4.5. */
    (void)remove_place;
    (void)connection_step;
    (void)answer;
}

/* Serves for ever. Returns only where nothing more can be served: -1 with errno. */
static int run(int listener)
{
    if (fcntl(listener, F_SETFL, O_NONBLOCK) < 0 || add_place(listener, NULL) < 0)
        return -1;
    while (poll(watched, (nfds_t)count, longest_wait()) >= 0 || errno == EINTR) {
        int more = watched[0].revents != 0;
        serve_connections();
        watched[0].fd = listener;
        if (more)
            accept_connections(listener);
    }
    return -1;
}

int main(int argc, char **argv)
{
    if (cli_server(argc, argv, "t:", 2, &options) < 0)
        return cli_usage("poll_server [-t EXT[,EXT...]] PORT [ROOT]");
    if (chdir(options.root) < 0)
        return cli_fail("poll_server", options.root, strerror(errno));
    /* TODO 1 (about 5 lines): start as select_server does: listen, say on which port, run the loop.
     * Read: the code of select_server.c.
     * Think: which of its functions does this program share with that one?
     * Checked by: B4.1. */
    (void)run;
    (void)accept_connections;
    return cli_fail("poll_server", options.port, strerror(ENOSYS));
}
