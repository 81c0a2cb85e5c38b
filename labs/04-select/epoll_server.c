/* epoll_server - the server of this lab with epoll(7), which Linux has: the kernel keeps what is waited for, and reports
 * only what can go on. An extra part. The connections are those of loop.h. */
#include "cli.h"
#include "http.h"
#include "loop.h"
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, RETRY_MS = 50 };

static struct cli_server options;

static int epoll;                       /* the descriptor that stands for all that is waited for */
static struct connection **connections; /* by descriptor; NULL where there is none */
static size_t room;                     /* places in `connections` */
static long long look_ms;               /* when a connection that is closing may be past its deadline; 0: none is */
static int accepting = 1;               /* 0 for a moment when no descriptor was left for a connection */

static int answer(const struct http_request *request, struct reply *reply)
{
    return http_answer(request, options.types, reply);
}

/* Tells the kernel what to wait for on `fd`, and to report `connection` then. Returns 0, or -1 with errno. */
static int watch(int operation, int fd, struct connection *connection, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    return epoll_ctl(epoll, operation, fd, &event);
}

/* Makes room in `connections` for descriptor `fd`. Returns 0, or -1 with errno ENOMEM. */
static int make_room(int fd)
{
    while (room <= (size_t)fd) {
        struct connection **more = realloc(connections, (2 * room + 64) * sizeof *more);
        if (more == NULL)
            return -1;
        memset(more + room, 0, (room + 64) * sizeof *more);
        connections = more;
        room = 2 * room + 64;
    }
    return 0;
}

/* Accepts all connections that wait. */
static void accept_connections(int listener)
{
#ifdef SOLUTION
    int fd;
    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        struct connection *connection = make_room(fd) < 0 ? NULL : connection_new(fd);
        if (connection == NULL) {
            close(fd);
        } else if (watch(EPOLL_CTL_ADD, fd, connection, EPOLLIN) < 0) {
            connection_free(connection);
        } else {
            connections[fd] = connection;
        }
    }
    accepting = errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
    if (!accepting) /* the listener would stay readable */
        watch(EPOLL_CTL_MOD, listener, NULL, 0);
#else
    /* TODO 2 (about 13 lines): accept every connection that waits, let the kernel watch it, and keep it in
     * `connections`. Where no descriptor is left, watch nothing on the listener for a moment, and set `accepting` to 0.
     * Read: epoll_ctl(2), accept(2), and TODO 1 of loop.c.
     * Think: select() is told everything anew in each turn. When is epoll told of a connection?
     * Checked by: B4.6, B4.8. */
    (void)listener;
    (void)make_room;
    (void)connection_new;
#endif
}

static void end_connection(struct connection *connection)
{
    connections[connection->fd] = NULL;
    connection_free(connection); /* closing the descriptor takes it out of epoll as well */
}

/* Takes a connection, of which the kernel has reported something, a step further. */
static void serve(struct connection *connection)
{
#ifdef SOLUTION
    int wrote = connection->state == CONNECTION_WRITING;
    connection_step(connection, answer);
    int writes = connection->state == CONNECTION_WRITING;
    if (connection->state == CONNECTION_DONE ||
        (writes != wrote && watch(EPOLL_CTL_MOD, connection->fd, connection, writes ? EPOLLOUT : EPOLLIN) < 0))
        end_connection(connection);
    else if (connection->state == CONNECTION_CLOSING && look_ms == 0)
        look_ms = connection->deadline_ms;
#else
    /* TODO 3 (about 8 lines): take the connection a step further. Tell the kernel where it waits for something else
     * now; end it where it is done. Where it is closing, its deadline must not be missed: see `look_ms`.
     * Read: epoll_ctl(2), EPOLL_CTL_MOD.
     * Think: most replies leave in one step. How many calls of epoll_ctl() does such a connection take?
     * Checked by: B4.6, B4.7, B4.9. */
    (void)connection_step;
    (void)answer;
    (void)connection;
#endif
}

/* Ends connections that are closing and past their deadline, and finds the next deadline. */
static void look_at_deadlines(void)
{
    long long now = loop_now_ms();
    if (look_ms == 0 || now < look_ms)
        return;
    look_ms = 0;
#ifdef SOLUTION
    for (size_t fd = 0; fd < room; fd++) {
        struct connection *connection = connections[fd];
        if (connection == NULL || connection->state != CONNECTION_CLOSING)
            continue;
        if (now >= connection->deadline_ms)
            end_connection(connection);
        else if (look_ms == 0 || connection->deadline_ms < look_ms)
            look_ms = connection->deadline_ms;
    }
#else
    /* TODO 4 (about 9 lines): look at all connections that are closing: end those that are past their deadline, and
     * make `look_ms` the first deadline of the others.
     * Read: the comment on deadline_ms in loop.h.
     * Think: this looks at every connection. How often does it run while a thousand replies a second are sent?
     * Checked by: B4.9, B4.10. */
    (void)end_connection;
#endif
}

/* How many milliseconds to wait at the most, -1 for any time. */
static int longest_wait(void)
{
    if (!accepting)
        return RETRY_MS;
    long long now = loop_now_ms();
    return look_ms == 0 ? -1 : look_ms > now ? (int)(look_ms - now) : 0;
}

/* Serves for ever. Returns only where nothing more can be served: -1 with errno. */
static int run(int listener)
{
    struct epoll_event events[EVENTS_MAX];
    int ready;
    epoll = epoll_create1(0);
    if (epoll < 0 || fcntl(listener, F_SETFL, O_NONBLOCK) < 0 || watch(EPOLL_CTL_ADD, listener, NULL, EPOLLIN) < 0)
        return -1;
    while ((ready = epoll_wait(epoll, events, EVENTS_MAX, longest_wait())) >= 0 || errno == EINTR) {
        if (!accepting)
            watch(EPOLL_CTL_MOD, listener, NULL, EPOLLIN);
        accepting = 1;
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr == NULL)
                accept_connections(listener);
            else
                serve(events[i].data.ptr);
        }
        look_at_deadlines();
    }
    return -1;
}

int main(int argc, char **argv)
{
    if (cli_server(argc, argv, "t:", 2, &options) < 0)
        return cli_usage("epoll_server [-t EXT[,EXT...]] PORT [ROOT]");
    if (chdir(options.root) < 0)
        return cli_fail("epoll_server", options.root, strerror(errno));
#ifdef SOLUTION
    int listener = net_listen(SOCK_STREAM, options.port);
    if (listener < 0 || cli_ready(listener) < 0)
        return cli_fail("epoll_server", options.port, strerror(errno));
    run(listener);
    return cli_fail("epoll_server", "epoll", strerror(errno));
#else
    /* TODO 1 (about 5 lines): start as select_server does: listen, say on which port, run the loop.
     * Read: the code of select_server.c; epoll(7).
     * Think: which of its functions does this program share with that one?
     * Checked by: B4.6. */
    (void)run;
    (void)serve;
    return cli_fail("epoll_server", options.port, strerror(ENOSYS));
#endif
}
