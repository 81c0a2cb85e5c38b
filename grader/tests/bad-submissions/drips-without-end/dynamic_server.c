/* Sends a byte, and after a while another one, and never comes to the end. */
#include "cli.h"
#include "net.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int listener = net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0");
    cli_ready(listener);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        while (write(connection, "x", 1) > 0)
            poll(NULL, 0, 500);
        close(connection);
    }
}
