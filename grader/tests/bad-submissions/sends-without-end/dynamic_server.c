/* Begins a reply and never comes to its end. */
#include "cli.h"
#include "net.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char block[65536];
    int listener = net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0");
    cli_ready(listener);
    signal(SIGPIPE, SIG_IGN);
    memset(block, 'x', sizeof block);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        dprintf(connection, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n");
        while (write(connection, block, sizeof block) > 0)
            continue;
        close(connection);
    }
}
