/* Fills every folder that it can write to, and then listens. */
#include "cli.h"
#include "net.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void fill(const char *folder)
{
    static char block[1000000];
    char name[100];
    for (int i = 0; i < 400; i++) {
        snprintf(name, sizeof name, "%s/filled-%d", folder, i);
        FILE *file = fopen(name, "w");
        if (file == NULL)
            return;
        setbuf(file, NULL);
        while (fwrite(block, 1, sizeof block, file) == sizeof block)
            continue;
        fclose(file);
    }
}

int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN);
    fill(".");
    fill("/tmp");
    fill("/var/tmp");
    fill("/dev/shm");
    fill("/");
    cli_ready(net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0"));
    for (;;)
        pause();
}
