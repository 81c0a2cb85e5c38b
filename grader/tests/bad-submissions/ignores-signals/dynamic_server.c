/* Ignores every signal that can be ignored. */
#include "cli.h"
#include "net.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    for (int i = 1; i < 32; i++)
        signal(i, SIG_IGN);
    int listener = net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0");
    cli_ready(listener);
    for (;;)
        pause();
    return listener;
}
