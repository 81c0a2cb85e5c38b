/* single_server - a web server that serves one connection at a time. */
#include "cli.h"
#include "http.h"
#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct cli_server options;
    if (cli_server(argc, argv, "d:t:", 2, &options) < 0)
        return cli_usage("single_server [-d MS] [-t EXT[,EXT...]] PORT [ROOT]");
    if (chdir(options.root) < 0)
        return cli_fail("single_server", options.root, strerror(errno));
    int listener = net_listen(SOCK_STREAM, options.port);
    if (listener < 0 || cli_ready(listener) < 0)
        return cli_fail("single_server", options.port, strerror(errno));

    int client;
    while ((client = net_accept(listener)) >= 0)
        http_serve(client, options.types, options.delay_ms);
    return cli_fail("single_server", "accept", strerror(errno));
}
