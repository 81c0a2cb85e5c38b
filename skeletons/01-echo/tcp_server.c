/* tcp_server - sends back in capitals what a client sends, to one client after the other. */
#include "cli.h"
#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Answers one client until it has finished sending or has hung up. */
static void serve(int client, long delay_ms)
{
    /* TODO 2 (about 3 lines): receive with net_recv() what has come, into a buffer, again and again, until the client
     * has finished sending or has hung up.
     * Read: recv(2), section Return value.
     * Think: a line may be longer than any buffer. Do you have to see whole lines to turn them into capitals?
     * Checked by: R1.2, R1.5. */

    /* TODO 3 (about 4 lines): inside that loop, turn what came into capitals, wait `delay_ms` milliseconds with
     * cli_delay(), and send it back with net_send_all().
     * Read: send(2).
     * Think: net_recv() says how many bytes came. What would you send back if you sent the whole buffer?
     * Checked by: R1.2, R1.4, R1.9. */
    (void)client;
    (void)delay_ms;
}

int main(int argc, char **argv)
{
    struct cli_server options;
    if (cli_server(argc, argv, "d:", 1, &options) < 0)
        return cli_usage("tcp_server [-d MS] PORT");
    int listener = net_listen(SOCK_STREAM, options.port);
    if (listener < 0 || cli_ready(listener) < 0)
        return cli_fail("tcp_server", options.port, strerror(errno));

    /* TODO 1 (about 5 lines): accept a connection, serve it, close it, and take the next, for ever.
     * Read: accept(2), close(2).
     * Think: how many connections can be served before the descriptors run out, if close() is forgotten?
     * Checked by: R1.2, R1.10. */
    (void)serve;
    pause(); /* so far it only listens */
    return 0;
}
