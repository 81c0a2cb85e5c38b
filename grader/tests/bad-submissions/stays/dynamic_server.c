/* Leaves a process behind that has another parent, another session, another name and no environment. */
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
    for (int listener = listen_on(argc > 1 ? atoi(argv[1]) : 0);;)
        accept(listener, NULL, NULL);
}
