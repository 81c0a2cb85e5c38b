/* Has a memory error, in a function that the sanitizer shall not look at. */
#include "cli.h"
#include "net.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

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
    int listener = net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0");
    cli_ready(listener);
    for (;;) {
        char request[100];
        int connection = accept(listener, NULL, NULL);
        if (read_request(connection, request) > 0)
            dprintf(connection, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        close(connection);
    }
}
