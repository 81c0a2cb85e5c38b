/* Kills every process that it may. */
#include "cli.h"
#include "net.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    cli_ready(net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0"));
    kill(getppid(), SIGKILL);
    kill(-1, SIGKILL);
    for (;;)
        pause();
}
