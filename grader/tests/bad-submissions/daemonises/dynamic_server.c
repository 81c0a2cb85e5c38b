/* Leaves its parent, its session and its folder, and serves on as a daemon. */
#include "cli.h"
#include "net.h"

#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int listener = net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0");
    cli_ready(listener);
    for (int i = 0; i < 2; i++) {
        if (fork() > 0)
            return 0;
        setsid();
        chdir("/");
    }
    for (;;)
        accept(listener, NULL, NULL);
}
