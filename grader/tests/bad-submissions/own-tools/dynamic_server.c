/* Beside it are a Makefile, a .bashrc and more that nobody may pick up. */
#include "cli.h"
#include "net.h"

#include <sys/socket.h>

int main(int argc, char **argv)
{
    int listener = net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0");
    cli_ready(listener);
    for (;;)
        accept(listener, NULL, NULL);
}
