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
#ifdef SOLUTION
    return http_answer(request, options.types, reply);
#else
    /* TODO 3 (about 1 line): answer a request as the servers of labs 2 and 3 do: http_answer().
     * Read: the comment on http_answer() in http.h.
     * Think: a slow disk makes this function slow. Who waits for it?
     * Checked by: R4.2. */
    (void)request;
    (void)reply;
    return -1;
#endif
}

int main(int argc, char **argv)
{
    if (cli_server(argc, argv, "t:", 2, &options) < 0)
        return cli_usage("select_server [-t EXT[,EXT...]] PORT [ROOT]");
    if (chdir(options.root) < 0)
        return cli_fail("select_server", options.root, strerror(errno));
#ifdef SOLUTION
    int listener = net_listen(SOCK_STREAM, options.port);
    if (listener < 0 || cli_ready(listener) < 0)
        return cli_fail("select_server", options.port, strerror(errno));
#else
    /* TODO 1 (about 3 lines): open the listening socket with net_listen(), and say on which port it listens with
     * cli_ready(). Where one of them fails, say why with cli_fail().
     * Read: the comments in net.h and cli.h.
     * Think: one thread will do everything here. Which calls may it never make on a client's socket?
     * Checked by: R4.1. */
    int listener = -1;
    if (listener < 0)
        return cli_fail("select_server", options.port, strerror(ENOSYS));
#endif
#ifdef SOLUTION
    loop_run(listener, answer);
    return cli_fail("select_server", "select", strerror(errno));
#else
    /* TODO 2 (about 2 lines): run the loop, with answer() to answer the requests. It returns only when it cannot go on:
     * say why.
     * Read: the comment on loop_run() in loop.h.
     * Think: answer() is passed as an argument. When is it called, and by whom?
     * Checked by: R4.2. */
    (void)loop_run;
    (void)answer;
    pause(); /* so far it only listens */
    return 0;
#endif
}
