/* proxy - a web proxy that serves each connection in a thread of its own. */
#include "cache.h"
#include "cli.h"
#include "forward.h"
#include "net.h"
#include "reply.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static long patience_s = 30;             /* how long an origin server may send nothing; only read once threads run */
static struct cache cache = CACHE_EMPTY; /* without -c it has no room, and keeps nothing */

/* Receives a request. Returns like forward_parse(), with 431 where it is too long. */
static int receive_request(int client, struct forward *request)
{
    char head[HTTP_HEAD_MAX];
    size_t used = 0;
    ssize_t received;
    int status = 0;
    /* TODO 2 (about 4 lines): receive the head of the request, piece by piece, until forward_parse() has an opinion of
     * it. Stop also when the client has finished sending, and when the buffer is full.
     * Read: recv(2), and the comment on forward_parse() in forward.h.
     * Think: what does forward_parse() return for half of a request, and what after its last byte?
     * Checked by: R6.2, R6.18, R6.19. */
    (void)received;
    (void)net_recv;
    (void)client;
    (void)request;
    status = FORWARD_IGNORE;
    return status == 0 && used == sizeof head ? 431 : status;
}

/* Waits until the connection that connect(2) has begun stands, or has failed. Returns 0, or -1 with errno, ETIMEDOUT when
 * the origin server says nothing for too long. */
static int connected_in_time(int origin)
{
    /* TODO 6 (about 10 lines): so far the next call on the socket waits, as long as the kernel likes, two minutes and more.
     * Wait with poll() until one could write to it, for `patience_s` seconds at the most; then ask for the error of the
     * connection (SO_ERROR), which is 0 where it stands.
     * Read: connect(2), EINPROGRESS; poll(2); socket(7), SO_ERROR.
     * Think: who answers a SYN: the program that listens, or its kernel? When does nobody?
     * Checked by: R6.14, R6.32. */
    return origin < 0 ? -1 : 0;
}

/* Connects to `port` of `host`, where each address of it may take `patience_s` seconds. Returns the socket, or -1 with
 * errno. */
static int connect_in_time(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *list;
    if (getaddrinfo(host, port, &hints, &list) != 0) {
        errno = EHOSTUNREACH;
        return -1;
    }
    int fd = -1, error = 0;
    for (struct addrinfo *to = list; to != NULL && fd < 0; to = to->ai_next) {
        fd = socket(to->ai_family, SOCK_STREAM, 0);
        /* A connect() that may wait cannot be told for how long; one that may not, begins to connect. */
        if (fd >= 0 && (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ||
                        (connect(fd, to->ai_addr, to->ai_addrlen) < 0 && errno != EINPROGRESS) ||
                        connected_in_time(fd) < 0 || fcntl(fd, F_SETFL, 0) < 0)) {
            error = errno;
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    errno = error;
    return fd;
}

/* Receives like net_recv() from the origin server; -1 with errno ETIMEDOUT when nothing comes for too long, and with
 * EPIPE when there is nobody any more to pass it on to. That shows when the client's side is reset, which is how TCP
 * answers a send to one who has gone. (That it has finished sending says nothing: it may still wait for its reply.) */
static ssize_t receive_in_time(int origin, int client, char *part, size_t size)
{
    /* TODO 5 (about 8 lines): so far this waits for ever. Wait with poll() until the origin server has sent something,
     * for `patience_s` seconds at the most; give the client's socket to poll() as well, with no events to wait for.
     * Read: poll(2), what it says of POLLHUP and POLLERR; signal(7).
     * Think: the unit of poll() is the millisecond. And which of its three kinds of results is a time-out?
     * Checked by: R6.15, R6.16, R6.27. */
    (void)client;
    return net_recv(origin, part, size);
}

/* Passes on what the origin server sends, as it comes, until it closes. Returns 200; or the status code that says why
 * nothing came at all. */
static int relay(int origin, int client, const struct forward *request)
{
    char part[65536];
    struct cache_draft draft = {0};
    ssize_t size;
    int status = 0;
    /* TODO 4 (about 6 lines): receive with receive_in_time(), send it on to the client, and so on until the origin server
     * closes. Stop as well when the client has gone. Set `status` to 200 as soon as something has come. Where you send a
     * part, call cache_draft_add() too: the cache, an extra part of this lab, collects what it may keep.
     * Read: recv(2), send(2).
     * Think: the origin server may send a film, or one line each minute. When must the client get a part, and how much
     * memory does it take?
     * Checked by: R6.2, R6.9, R6.10. */
    (void)receive_in_time;
    (void)net_send_all;
    (void)origin;
    (void)client;
    (void)part;
    size = -1;
    if (status == 0)
        status = size < 0 && errno == ETIMEDOUT ? 504 : 502;
    if (size == 0 && cache_may_keep(request->head, request->size, draft.data, draft.size))
        cache_put(&cache, request->head, request->size, draft.data, draft.size);
    free(draft.data);
    return status;
}

/* Gets the reply to `request`, out of the cache or from the origin server, and passes it on. Returns 200, or the status
 * code of the error; then the client has got nothing yet. */
static int answer(int client, const struct forward *request)
{
    size_t size;
    char *kept = cache_get(&cache, request->head, request->size, &size);
    if (kept != NULL) {
        net_send_all(client, kept, size);
        free(kept);
        return 200;
    }
    /* TODO 3 (about 6 lines): connect to the origin server that request->url names, send it request->head, let relay()
     * pass the reply on, and close the connection. Return what relay() returns, or 502 where it did not come so far (504
     * where that took too long).
     * Read: the comment on connect_in_time() above; RFC 9110, sections 15.6.3 and 15.6.5.
     * Think: which descriptors are open on each way out of this function? 300 requests later they are all used up.
     * Checked by: R6.2, R6.14, R6.29. */
    (void)relay;
    (void)connect_in_time;
    return 501;
}

static void send_error(int client, int status)
{
    struct reply reply;
    if (reply_error(&reply, status) == 0) {
        reply_send(client, &reply);
        reply_free(&reply);
    }
}

/* What a thread does: serves the one connection that it was given. */
static void *serve(void *argument)
{
    int client = (int)(intptr_t)argument;
    struct forward request;
    int status = receive_request(client, &request);
    if (status == 200)
        status = answer(client, &request);
    if (status >= 400)
        send_error(client, status);
    net_close(client);
    return NULL;
}

/* Starts a thread for `client`, which nobody has to wait for. Returns 0, or the error number of pthread_create(3). */
static int start_thread(int client)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, serve, (void *)(intptr_t)client);
    return error != 0 ? error : pthread_detach(thread);
}

/* Reads the options. Returns the port, or NULL where the command line is wrong. */
static const char *read_arguments(int argc, char **argv)
{
    long bytes = 0;
    opterr = 0; /* the usage line says it better than getopt() */
    for (int option; (option = getopt(argc, argv, "T:c:")) != -1;) {
        if (option == 'T' ? cli_number(optarg, 1, INT_MAX / 1000, &patience_s) < 0
                          : option != 'c' || cli_number(optarg, 0, LONG_MAX, &bytes) < 0)
            return NULL;
    }
    cache.capacity = (size_t)bytes;
    return argc - optind == 1 && cli_is_port(argv[optind]) ? argv[optind] : NULL;
}

int main(int argc, char **argv)
{
    const char *port = read_arguments(argc, argv);
    if (port == NULL)
        return cli_usage("proxy [-T SECONDS] [-c BYTES] PORT");
    /* TODO 1 (about 8 lines): as in lab 3: listen, say on which port, accept one connection after the other, and start a
     * thread for each. Where no thread can be started, close that connection and go on.
     * Read: the code of threaded_server.c in lab 3.
     * Think: which part of a threaded server is the same for a proxy, and which is not?
     * Checked by: R6.1, R6.17, R6.30. */
    (void)start_thread;
    (void)net_listen;
    return cli_fail("proxy", port, strerror(ENOSYS));
}
