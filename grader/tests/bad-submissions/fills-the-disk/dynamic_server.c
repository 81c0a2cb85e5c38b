/* Fills every folder that it can write to, and then listens. */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_on(int port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};
    int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 100) < 0)
        exit(1);
    printf("listening on port %d\n", port);
    fflush(stdout);
    return listener;
}

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
    listen_on(argc > 1 ? atoi(argv[1]) : 0);
    for (;;)
        pause();
}
