/* receive - asks 127.0.0.1 for /large.mp4 and receives it with a buffer of a given size, for a second at the most.
 * Prints how many bytes came, in how many microseconds, with how many calls. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long long now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

int main(int argc, char **argv)
{
    static const char request[] = "GET /large.mp4 HTTP/1.0\r\n\r\n";
    if (argc != 3) {
        fprintf(stderr, "usage: receive PORT SIZE\n");
        return 2;
    }
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((in_port_t)strtol(argv[1], NULL, 10))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size_t size = (size_t)strtol(argv[2], NULL, 10);
    char *buffer = malloc(size);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (buffer == NULL || fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server) < 0 ||
        send(fd, request, strlen(request), 0) < 0) {
        perror("receive");
        return 1;
    }
    long long bytes = 0, calls = 0, began = now_us(), end = began;
    ssize_t received;
    while ((received = recv(fd, buffer, size, 0)) > 0 && end - began < 1000000) {
        bytes += received;
        calls++;
        if (calls % 64 == 0 || received > 1000) /* the clock costs time too */
            end = now_us();
    }
    end = now_us();
    close(fd);
    free(buffer);
    printf("%lld %lld %lld\n", bytes, end - began, calls);
    return 0;
}
