#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINGER_MS = 1000, RETRY_MS = 50 };

long long loop_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* `fd` is a new socket: it has no other flags, which this would clear. */
static int set_nonblocking(int fd)
{
    return fcntl(fd, F_SETFL, O_NONBLOCK);
}

/* Whether a call only has to be made again later: nothing there yet, no room yet, or a signal came. */
static int is_temporary(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* ---- One connection ---- */

struct connection *connection_new(int fd)
{
    struct connection *connection = malloc(sizeof *connection);
    if (connection == NULL)
        return NULL;
    if (set_nonblocking(fd) < 0) {
        free(connection);
        return NULL;
    }
    connection->fd = fd;
    connection->state = CONNECTION_READING;
    connection->used = 0;
    connection->reply = (struct reply){.file = -1};
    return connection;
}

void connection_free(struct connection *connection)
{
    reply_free(&connection->reply);
    close(connection->fd);
    free(connection);
}

/* Says that nothing more will be sent, and gives the client time to take what was (see net_close() in lab 1). Memory
 * and file of the reply can go meanwhile. */
static void start_closing(struct connection *connection)
{
    shutdown(connection->fd, SHUT_WR);
    reply_free(&connection->reply);
    connection->reply = (struct reply){.file = -1};
    connection->state = CONNECTION_CLOSING;
    connection->deadline_ms = loop_now_ms() + LINGER_MS;
}

/* Sends until the kernel takes no more or all has been sent. */
static void write_reply(struct connection *connection)
{
#ifdef SOLUTION
    for (;;) {
        while (connection->left > 0) {
            ssize_t sent = send(connection->fd, connection->next, connection->left, MSG_NOSIGNAL);
            if (sent < 0) {
                if (!is_temporary(errno))
                    connection->state = CONNECTION_DONE;
                return;
            }
            connection->next += sent;
            connection->left -= (size_t)sent;
        }
        ssize_t size = reply_read_file(&connection->reply, connection->buffer, sizeof connection->buffer);
        if (size <= 0) {
            start_closing(connection);
            return;
        }
        connection->next = connection->buffer;
        connection->left = (size_t)size;
    }
#else
    /* TODO 4 (about 18 lines): send what is left of the part at connection->next. When it is gone, fetch the next part
     * of the file into connection->buffer; when there is none, start_closing(). Return when send() would have to wait:
     * select() will say when to go on.
     * Read: send(2), error EAGAIN.
     * Think: after a short send(), which two members say where to go on?
     * Checked by: R4.2, R4.11. */
    (void)start_closing;
    connection->state = CONNECTION_DONE;
#endif
}

/* Receives some of the request, and starts to reply when it is complete. */
static void read_request(struct connection *connection, loop_answer *answer)
{
    ssize_t received =
        recv(connection->fd, connection->buffer + connection->used, sizeof connection->buffer - connection->used, 0);
    if (received <= 0) {
        if (received == 0 || !is_temporary(errno))
            connection->state = CONNECTION_DONE;
        return;
    }
#ifdef SOLUTION
    connection->used += (size_t)received;
    struct http_request request;
    ssize_t parsed = http_parse_request(connection->buffer, connection->used, &request);
    if (parsed == 0 && connection->used < sizeof connection->buffer)
        return;
    struct reply *reply = &connection->reply;
    if (parsed < 0 || (parsed > 0 ? answer(&request, reply) : reply_error(reply, 431)) < 0) {
        start_closing(connection);
        return;
    }
    connection->state = CONNECTION_WRITING;
    connection->next = reply->text;
    connection->left = reply->size;
    write_reply(connection);
#else
    /* TODO 3 (about 12 lines): add what came to what is there and ask http_parse_request() whether the head is
     * complete. Where it is not, return: select() will say when more has come. Where it is, make the reply with
     * answer(), and begin to write.
     * Read: the comment on http_parse_request() in http.h.
     * Think: what must the connection remember between two calls of this function?
     * Checked by: R4.2, R4.9, R4.10. */
    (void)answer;
    (void)write_reply;
    connection->state = CONNECTION_DONE;
#endif
}

/* Throws away what the client sends after its request. */
static void read_rest(struct connection *connection)
{
    ssize_t received = recv(connection->fd, connection->buffer, sizeof connection->buffer, 0);
    if (received == 0 || (received < 0 && !is_temporary(errno)))
        connection->state = CONNECTION_DONE;
}

void connection_step(struct connection *connection, loop_answer *answer)
{
    switch (connection->state) {
    case CONNECTION_READING: read_request(connection, answer); break;
    case CONNECTION_WRITING: write_reply(connection); break;
    case CONNECTION_CLOSING: read_rest(connection); break;
    case CONNECTION_DONE: break;
    }
}

/* ---- All connections ---- */

struct loop {
    int listener;
    int accepting;                              /* 0 for a moment when no descriptor was left for a connection */
    int top;                                    /* no connection has a higher descriptor than this */
    struct connection *connections[FD_SETSIZE]; /* by descriptor; NULL where there is none */
};

/* Writes down what to wait for. Returns how many milliseconds to wait for it at the most, -1 for any time. */
static long long watch(const struct loop *loop, fd_set *readable, fd_set *writable)
{
    long long wait_ms = loop->accepting ? -1 : RETRY_MS, now = loop_now_ms();
    FD_ZERO(readable);
    FD_ZERO(writable);
    if (loop->accepting)
        FD_SET(loop->listener, readable);
    for (int fd = 0; fd <= loop->top; fd++) {
        const struct connection *connection = loop->connections[fd];
        if (connection == NULL)
            continue;
#ifdef SOLUTION
        FD_SET(fd, connection->state == CONNECTION_WRITING ? writable : readable);
        if (connection->state == CONNECTION_CLOSING) {
            long long left = connection->deadline_ms > now ? connection->deadline_ms - now : 0;
            if (wait_ms < 0 || left < wait_ms)
                wait_ms = left;
        }
#else
        /* TODO 2 (about 6 lines): put the connection into the set that fits its state. A connection that is closing
         * must not be waited for longer than its deadline: make `wait_ms` the shortest time that is left to any of
         * them.
         * Read: select(2), FD_SET(3).
         * Think: a socket is nearly always writable. What would select() do if every connection stood in `writable`?
         * Checked by: R4.2, R4.4. */
        (void)now;
#endif
    }
    return wait_ms;
}

/* Waits until something can go on. Returns 0, also after a signal, or -1 with errno. */
static int wait_for_events(const struct loop *loop, fd_set *readable, fd_set *writable)
{
    long long wait_ms = watch(loop, readable, writable);
    struct timeval timeout = {.tv_sec = wait_ms / 1000, .tv_usec = wait_ms % 1000 * 1000};
    int top = loop->top > loop->listener ? loop->top : loop->listener;
    if (select(top + 1, readable, writable, NULL, wait_ms < 0 ? NULL : &timeout) >= 0)
        return 0;
    FD_ZERO(readable);
    FD_ZERO(writable);
    return errno == EINTR ? 0 : -1;
}

/* Takes every connection that can go on a step further, and frees those that have come to their end. */
static void serve_connections(struct loop *loop, fd_set *readable, fd_set *writable, loop_answer *answer)
{
    int top = loop->listener;
    for (int fd = 0; fd <= loop->top; fd++) {
        struct connection *connection = loop->connections[fd];
        if (connection == NULL)
            continue;
#ifdef SOLUTION
        if (FD_ISSET(fd, readable) || FD_ISSET(fd, writable))
            connection_step(connection, answer);
        if (connection->state == CONNECTION_CLOSING && loop_now_ms() >= connection->deadline_ms)
            connection->state = CONNECTION_DONE;
        if (connection->state == CONNECTION_DONE) {
            connection_free(connection);
            loop->connections[fd] = NULL;
        } else {
            top = fd;
        }
#else
        /* TODO 5 (about 9 lines): take the connection a step further if it can go on. Where it is closing and its
         * deadline has passed, it is done. Free one that is done; otherwise remember in `top` that this descriptor is
         * in use.
         * Read: FD_ISSET(3).
         * Think: connection_free() closes the descriptor, and the next accept() may give the same number again. What
         * must not be left in the table?
         * Checked by: R4.2, R4.17. */
        (void)readable;
        (void)writable;
        (void)answer;
        (void)connection_free;
        (void)top;
#endif
    }
    loop->top = top;
}

/* Accepts all connections that wait. */
static void accept_connections(struct loop *loop)
{
#ifdef SOLUTION
    int fd;
    while ((fd = accept(loop->listener, NULL, NULL)) >= 0) {
        struct connection *connection = fd < FD_SETSIZE ? connection_new(fd) : NULL;
        if (connection == NULL) {
            close(fd);
            continue;
        }
        loop->connections[fd] = connection;
        if (fd > loop->top)
            loop->top = fd;
    }
    /* Out of descriptors: the listener would stay readable, and select() return again and again at once. */
    loop->accepting = errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM;
#else
    /* TODO 1 (about 12 lines): accept every connection that waits, and keep each one in loop->connections, by its
     * descriptor. Close one whose descriptor is FD_SETSIZE or more: select() cannot watch it. Where no descriptor is
     * left (EMFILE), set loop->accepting to 0.
     * Read: accept(2), select(2), section Notes.
     * Think: the listener is non-blocking. How does the loop learn that nobody waits any more?
     * Checked by: R4.2, R4.14. */
    loop->accepting = 0;
#endif
}

int loop_run(int listener, loop_answer *answer)
{
    struct loop loop = {.listener = listener, .accepting = 1, .top = listener};
    fd_set readable, writable;
    if (set_nonblocking(listener) < 0)
        return -1;
    while (wait_for_events(&loop, &readable, &writable) == 0) {
        serve_connections(&loop, &readable, &writable, answer);
        loop.accepting = 1;
        if (FD_ISSET(listener, &readable))
            accept_connections(&loop);
    }
    for (int fd = 0; fd <= loop.top; fd++)
        if (loop.connections[fd] != NULL)
            connection_free(loop.connections[fd]);
    return -1;
}
