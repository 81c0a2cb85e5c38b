/* select_server - a web server that serves many connections in one thread. */
#include "cli.h"
#include "http.h"
#include "loop.h"
#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct cli_server options;

static int answer(const struct http_request *request, struct reply *reply)
{
    return http_answer(request, options.types, reply);
}

int main(int argc, char **argv)
{
    if (cli_server(argc, argv, "t:", 2, &options) < 0)
        return cli_usage("select_server [-t EXT[,EXT...]] PORT [ROOT]");
    if (chdir(options.root) < 0)
        return cli_fail("select_server", options.root, strerror(errno));
    int listener = net_listen(SOCK_STREAM, options.port);
    if (listener < 0 || cli_ready(listener) < 0)
        return cli_fail("select_server", options.port, strerror(errno));
    loop_run(listener, answer);
    return cli_fail("select_server", "select", strerror(errno));
}
