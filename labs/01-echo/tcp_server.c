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
    char buffer[16384];
    ssize_t received;
    while ((received = net_recv(client, buffer, sizeof buffer)) > 0) {
        net_capitalize(buffer, (size_t)received);
        cli_delay(delay_ms);
        if (net_send_all(client, buffer, (size_t)received) < 0)
            return;
    }
}

int main(int argc, char **argv)
{
    struct cli_server options;
    if (cli_server(argc, argv, "d:", 1, &options) < 0)
        return cli_usage("tcp_server [-d MS] PORT");
    int listener = net_listen(SOCK_STREAM, options.port);
    if (listener < 0 || cli_ready(listener) < 0)
        return cli_fail("tcp_server", options.port, strerror(errno));

    int client;
    while ((client = net_accept(listener)) >= 0) {
        serve(client, options.delay_ms);
        close(client);
    }
    return cli_fail("tcp_server", "accept", strerror(errno));
}
