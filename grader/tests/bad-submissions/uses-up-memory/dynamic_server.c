/* Takes all the memory that it can get, in many processes. */
#include "cli.h"
#include "net.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    cli_ready(net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0"));
    for (int i = 0; i < 1; i++)
        fork();
    for (;;) {
        char *memory = malloc(1 << 24);
        if (memory == NULL)
            pause();
        memset(memory, 1, 1 << 24);
    }
}
