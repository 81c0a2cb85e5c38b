/* Makes in its folder what cannot be read, removed or opened, and what leads elsewhere. */
#include "cli.h"
#include "net.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int listener = net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0");
    cli_ready(listener);
    mkdir("locked", 0700);
    mkdir("locked/folder", 0700);
    chmod("locked", 0);
    mkfifo(".finding.1", 0600);
    mkfifo(".room", 0600);
    symlink("/proc/self/environ", ".finding.2");
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        dprintf(connection, "HTTP/1.0 404 Not Found\r\n\r\n");
        close(connection);
    }
}
