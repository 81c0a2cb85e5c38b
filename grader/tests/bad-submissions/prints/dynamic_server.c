/* Prints without end, once it listens. */
#include "cli.h"
#include "net.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
    static char line[4096];
    memset(line, 'a', sizeof line - 1);
    cli_ready(net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0"));
    signal(SIGXFSZ, SIG_IGN);
    for (;;) {
        fputs(line, stdout);
        fputs(line, stderr);
    }
}
