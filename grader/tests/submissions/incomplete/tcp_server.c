/* tcp_server: TCP echo in capitals */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>

#define BUFSIZE 1024

int main(int argc, char *argv[])
{
    int delay = 0, i, port;
    char *portarg, *end;
    struct sockaddr_in addr;
    socklen_t alen = sizeof(addr);
    int one = 1;

    if (argc == 4 && strcmp(argv[1], "-d") == 0) {
        delay = atoi(argv[2]);
        portarg = argv[3];
    } else if (argc == 2) {
        portarg = argv[1];
    } else {
        fprintf(stderr, "usage: tcp_server [-d MS] PORT\n");
        return 2;
    }
    port = strtol(portarg, &end, 10);
    if (*portarg == 0 || *end != 0 || port < 0 || port > 65535) {
        fprintf(stderr, "usage: tcp_server [-d MS] PORT\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);

    int listenfd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listenfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    memset(&addr, 0, sizeof(addr));
    addr.sin_family = AF_INET;
    addr.sin_addr.s_addr = htonl(INADDR_ANY);
    addr.sin_port = htons(port);
    if (bind(listenfd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        fprintf(stderr, "tcp_server: bind: %s\n", strerror(errno));
        return 1;
    }
    listen(listenfd, 10);
    getsockname(listenfd, (struct sockaddr *)&addr, &alen);
    printf("listening on port %d\n", ntohs(addr.sin_port));
    fflush(stdout);

    while (1) {
        char buf[BUFSIZE];
        int fd = accept(listenfd, NULL, NULL);
        int n;
        if (fd < 0)
            continue;
        while (1) {
            n = read(fd, buf, BUFSIZE);
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                break;
            for (i = 0; i < n; i++)
                if (buf[i] >= 'a' && buf[i] <= 'z')
                    buf[i] = buf[i] - 'a' + 'A';
            if (delay)
                usleep(delay * 1000);
            int sent = 0;
            while (sent < n) {
                int k = write(fd, buf + sent, n - sent);
                if (k < 0 && errno == EINTR)
                    continue;
                if (k < 0)
                    break;
                sent += k;
            }
            if (sent < n)
                break;
        }
        close(fd);
    }
}
