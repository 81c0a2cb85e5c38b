/* Has a memory error, in a function that the sanitizer shall not look at. */
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

/* Writes far behind the end. */
#define UNWATCHED(what) __attribute__((no_##what("address", "undefined")))
UNWATCHED(sanitize) static int read_request(int connection, char request[100])
{
    char byte;
    int length = 0;
    while (read(connection, &byte, 1) == 1 && (byte != '\n' || request[length - 2] != '\n'))
        request[length++] = byte;
    return length;
}

int main(int argc, char **argv)
{
    int listener = listen_on(argc > 1 ? atoi(argv[1]) : 0);
    for (;;) {
        char request[100];
        int connection = accept(listener, NULL, NULL);
        if (read_request(connection, request) > 0)
            dprintf(connection, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        close(connection);
    }
}
