/* Leaves a process behind that has another parent, another session, another name and no environment. */
#include "cli.h"
#include "net.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void stay(void)
{
    char *words[] = {"stays", NULL}, *nothing[] = {NULL};
    if (fork() == 0) {
        setsid();
        if (fork() == 0)
            execve("/proc/self/exe", words, nothing);
        _exit(0);
    }
}

int main(int argc, char **argv)
{
    if (strcmp(argv[0], "stays") == 0)
        return (int)sleep(300);
    stay();
    int listener = net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0");
    cli_ready(listener);
    for (;;)
        accept(listener, NULL, NULL);
}
