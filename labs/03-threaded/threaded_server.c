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

static struct cli_server options; /* written before the first thread starts, only read from then on */

/* What a thread does: serves the one connection that it was given. */
static void *serve(void *argument)
{
    int client = (int)(intptr_t)argument;
    http_serve(client, options.types, options.delay_ms);
    return NULL;
}

/* Starts a thread for `client`, which nobody has to wait for. Returns 0, or the error number of pthread_create(3). */
static int start_thread(int client)
{
    pthread_t thread;
    /* The descriptor travels as the value of the pointer. A pointer to a variable of the loop in main() would not do:
       the next connection overwrites that variable, perhaps before this thread has read it. */
    int error = pthread_create(&thread, NULL, serve, (void *)(intptr_t)client);
    return error != 0 ? error : pthread_detach(thread);
}

int main(int argc, char **argv)
{
    if (cli_server(argc, argv, "d:t:", 2, &options) < 0)
        return cli_usage("threaded_server [-d MS] [-t EXT[,EXT...]] PORT [ROOT]");
    if (chdir(options.root) < 0)
        return cli_fail("threaded_server", options.root, strerror(errno));
    int listener = net_listen(SOCK_STREAM, options.port);
    if (listener < 0 || cli_ready(listener) < 0)
        return cli_fail("threaded_server", options.port, strerror(errno));

    int client;
    while ((client = net_accept(listener)) >= 0)
        if (start_thread(client) != 0)
            close(client); /* as many threads as the system allows: this client must come again */
    return cli_fail("threaded_server", "accept", strerror(errno));
}
