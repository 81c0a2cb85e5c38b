/* tcp_client */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>
#include <netdb.h>
#include <sys/socket.h>

int main(int argc, char *argv[])
{
    char sentence[256], modified[256];
    struct addrinfo hints, *res;
    int fd, n;

    if (argc != 3) {
        fprintf(stderr, "usage: tcp_client HOST PORT\n");
        exit(2);
    }
    memset(&hints, 0, sizeof(hints));
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    n = getaddrinfo(argv[1], argv[2], &hints, &res);
    if (n != 0) {
        fprintf(stderr, "tcp_client: %s: %s\n", argv[1], gai_strerror(n));
        exit(1);
    }
    fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, res->ai_addr, res->ai_addrlen) < 0) {
        fprintf(stderr, "tcp_client: connect: %s\n", strerror(errno));
        exit(1);
    }
    freeaddrinfo(res);

    if (isatty(0))
        fprintf(stderr, "Input lowercase sentence: ");
    while (fgets(sentence, sizeof(sentence), stdin) != NULL) {
        write(fd, sentence, strlen(sentence));
        n = read(fd, modified, sizeof(modified) - 1);
        if (n <= 0) {
            fprintf(stderr, "tcp_client: read: server closed the connection\n");
            exit(1);
        }
        modified[n] = '\0';
        printf("From Server: %s", modified);
        fflush(stdout);
        if (isatty(0))
            fprintf(stderr, "Input lowercase sentence: ");
    }
    close(fd);
    return 0;
}
