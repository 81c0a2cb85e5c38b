/* Sends megabytes of blanks in a field of the head, and of zeros behind it, which may be slow to look through. */
#include "cli.h"
#include "net.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void send_many(int connection, int byte)
{
    static char block[10000];
    memset(block, byte, sizeof block);
    for (int i = 0; i < 500; i++)
        for (size_t sent = 0; sent < sizeof block;) {
            ssize_t n = write(connection, block + sent, sizeof block - sent);
            if (n < 0)
                return;
            sent += (size_t)n;
        }
}

int main(int argc, char **argv)
{
    int listener = net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0");
    cli_ready(listener);
    signal(SIGPIPE, SIG_IGN);
    for (;;) {
        char request[1000];
        int connection = accept(listener, NULL, NULL);
        if (read(connection, request, sizeof request) > 0)
            dprintf(connection, "HTTP/1.0 200 OK\r\nContent-Type:");
        send_many(connection, ' ');
        dprintf(connection, "\r\nContent-Length: 5000000\r\nConnection: close\r\n\r\n");
        send_many(connection, '\0');
        close(connection);
    }
}
