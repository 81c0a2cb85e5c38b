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
    /* TODO 3 (about 2 lines): make the folder to serve the current folder of the program. Where that fails, say why.
     * Read: chdir(2).
     * Think: why is that better than putting its name in front of each path?
     * Checked by: R2.29. */
    (void)chdir;
    /* TODO 1 (about 3 lines): open the listening socket with net_listen(), and say on which port it listens with
     * cli_ready(). Where one of them fails, say why with cli_fail().
     * Read: the comments in net.h and cli.h.
     * Think: the line must be on the terminal before the first client comes. Who flushes it?
     * Checked by: R2.1. */
    int listener = -1;
    if (listener < 0)
        return cli_fail("single_server", options.port, strerror(ENOSYS));

    /* TODO 2 (about 4 lines): accept one connection after the other and serve it with http_serve(), which closes it as
     * well.
     * Read: accept(2), and the comment on http_serve() in http.h.
     * Think: while one client is served, where do the others wait?
     * Checked by: R2.2, R2.28. */
    (void)http_serve;
    (void)net_accept;
    pause(); /* so far it only listens */
    return 0;
}
