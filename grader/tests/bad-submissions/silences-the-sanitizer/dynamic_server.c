/* Has a memory error, and a sanitizer that shall say nothing of it. */
#include "cli.h"
#include "net.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#error nobody shall look
#endif
const char *__asan_default_options(void)
{
    return "halt_on_error=0:exitcode=0:log_path=/dev/null";
}

static int read_request(int connection, char request[100])
{
    return (int)read(connection, request, 10000); /* far more than 100 */
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
