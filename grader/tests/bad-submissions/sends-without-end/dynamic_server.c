/* Begins a reply and never comes to its end. */
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

int main(int argc, char **argv)
{
    static char block[65536];
    int listener = listen_on(argc > 1 ? atoi(argv[1]) : 0);
    signal(SIGPIPE, SIG_IGN);
    memset(block, 'x', sizeof block);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        dprintf(connection, "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n");
        while (write(connection, block, sizeof block) > 0)
            continue;
        close(connection);
    }
}
