/* pool_server - a web server with a fixed number of threads, which take connections out of a queue. An extra part. */
#include "cli.h"
#include "http.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 64, QUEUE_MAX = 128 };

static struct cli_server options; /* written before the first thread starts, only read from then on */

/* Connections that wait for a thread, the oldest first, in a ring. All threads share it, each under the lock only. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t not_empty, not_full;
    int clients[QUEUE_MAX];
    size_t first, count; /* where the oldest is, and how many there are */
} queue = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .not_empty = PTHREAD_COND_INITIALIZER, .not_full = PTHREAD_COND_INITIALIZER};

/* Puts `client` into the queue; waits while that is full. */
static void put(int client)
{
    /* TODO 2 (about 7 lines): under the lock, wait until there is room, put the client behind the last one, and wake a
     * thread that waits for one.
     * Read: pthread_mutex_lock(3), pthread_cond_wait(3), pthread_cond_signal(3).
     * Think: pthread_cond_wait() may return although there is still no room. Is `if` enough, or must it be `while`?
     * Checked by: B3.1, B3.4, B3.5. */
    close(client);
}

/* Takes the oldest client out of the queue; waits while there is none. */
static int take(void)
{
    /* TODO 3 (about 9 lines): under the lock, wait until there is a client, take the oldest one out, and wake the main
     * thread, which may wait for room.
     * Read: pthread_cond_wait(3): what it does with the lock.
     * Think: what would the other threads do if this one kept the lock while it serves its client?
     * Checked by: B3.1, B3.3, B3.5. */
    (void)queue;
    pause(); /* so far there is nothing to take */
    return -1;
}

/* What each thread does, to the end of the program: takes one client after the other, and serves it. */
static void *work(void *unused)
{
    (void)unused;
    /* TODO 4 (about 2 lines): take a client, serve it with http_serve(), and so on for ever.
     * Read: the comment on http_serve() in http.h.
     * Think: the thread does not end with its client. What must be left of that client when the next one comes?
     * Checked by: B3.1, B3.6. */
    (void)take;
    (void)http_serve;
    return NULL;
}

/* Starts the threads, or as many of them as the system allows. Returns how many; with 0, errno says why. */
static int start_threads(void)
{
    int started = 0;
    /* TODO 5 (about 3 lines): start THREADS threads that run work(), and count them.
     * Read: pthread_create(3).
     * Think: nobody joins them, and nobody detaches them. Why does that leave nothing behind here?
     * Checked by: B3.1, B3.2. */
    (void)work;
    return started;
}

int main(int argc, char **argv)
{
    if (cli_server(argc, argv, "d:t:", 2, &options) < 0)
        return cli_usage("pool_server [-d MS] [-t EXT[,EXT...]] PORT [ROOT]");
    if (chdir(options.root) < 0)
        return cli_fail("pool_server", options.root, strerror(errno));
    /* TODO 1 (about 7 lines): listen, start the threads, say on which port; then accept one connection after the other,
     * and put each into the queue.
     * Read: the code of threaded_server.c.
     * Think: while put() waits, nobody calls accept(). Where are the clients then?
     * Checked by: B3.1. */
    (void)start_threads;
    (void)put;
    (void)net_listen;
    return cli_fail("pool_server", options.port, strerror(ENOSYS));
}
