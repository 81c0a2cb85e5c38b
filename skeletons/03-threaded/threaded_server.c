/* threaded_server - a web server that serves each connection in a thread of its own. */
#include "cli.h"
#include "http.h"
#include "net.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* More than a thread needs here. The C library keeps the stacks of finished threads for the next ones, but 40 MB of them
 * at the most: that is five of the usual size. */
enum { STACK_SIZE = 256 * 1024 };

static pthread_attr_t attributes; /* how threads are started; written and read like the options: */
static struct cli_server options; /* written before the first thread starts, only read from then on */

/* What a thread does: serves the one connection that it was given. */
static void *serve(void *argument)
{
    /* TODO 3 (about 3 lines): get the descriptor back out of the argument, and serve the connection with http_serve().
     * Read: pthread_create(3).
     * Think: many threads run this function at once. Which variables here are shared, and which does each thread have
     * for itself?
     * Checked by: R3.2, R3.12. */
    (void)argument;
    (void)http_serve;
    return NULL;
}

/* Starts a thread for `client`, which nobody has to wait for. Returns 0, or the error number of pthread_create(3). */
static int start_thread(int client)
{
    /* TODO 4 (about 3 lines): start a thread that runs serve(), with &attributes, and detach it: nobody waits for its
     * end. Pass the descriptor as the value of the argument, (void *)(intptr_t)client.
     * Read: pthread_create(3), pthread_detach(3).
     * Think: why not pass &client, the address of the variable? The next connection comes soon. And why not
     * pthread_join()?
     * Checked by: R3.2, R3.6, R3.14. */
    (void)client;
    (void)serve;
    return ENOSYS;
}

int main(int argc, char **argv)
{
    if (cli_server(argc, argv, "d:t:", 2, &options) < 0)
        return cli_usage("threaded_server [-d MS] [-t EXT[,EXT...]] PORT [ROOT]");
    if (chdir(options.root) < 0)
        return cli_fail("threaded_server", options.root, strerror(errno));
    int error = pthread_attr_init(&attributes);
    if (error != 0 || (error = pthread_attr_setstacksize(&attributes, STACK_SIZE)) != 0)
        return cli_fail("threaded_server", "stack", strerror(error));
    /* TODO 1 (about 3 lines): open the listening socket with net_listen(), and say on which port it listens with
     * cli_ready(). Where one of them fails, say why with cli_fail().
     * Read: the comments in net.h and cli.h.
     * Think: the line must be on the terminal before the first client comes. Who flushes it?
     * Checked by: R3.1. */
    int listener = -1;
    if (listener < 0)
        return cli_fail("threaded_server", options.port, strerror(ENOSYS));

    /* TODO 2 (about 5 lines): accept one connection after the other and start a thread for each. Where no thread can be
     * started, close that connection and go on.
     * Read: accept(2).
     * Think: the thread uses the descriptor. Who has to close it, main() or the thread?
     * Checked by: R3.2, R3.6. */
    (void)start_thread;
    (void)net_accept;
    pause(); /* so far it only listens */
    return 0;
}
