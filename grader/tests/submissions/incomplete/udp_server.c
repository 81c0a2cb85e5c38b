/* udp_server: datagrams in capitals */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <ctype.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>

static char buf[65536];

int main(int argc, char *argv[])
{
    struct sockaddr_in6 addr, from;
    socklen_t len = sizeof(addr);
    char *end;
    long port;
    int fd, off = 0;
    ssize_t n, i;

    if (argc != 2) {
        fprintf(stderr, "usage: udp_server PORT\n");
        return 2;
    }
    port = strtol(argv[1], &end, 10);
    if (!isdigit((unsigned char)argv[1][0]) || *end != '\0' || port > 65535) {
        fprintf(stderr, "usage: udp_server PORT\n");
        return 2;
    }
    fd = socket(AF_INET6, SOCK_DGRAM, 0);
    if (fd < 0) {
        fprintf(stderr, "udp_server: socket: %s\n", strerror(errno));
        return 1;
    }
    /* IPv4 clients too */
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    memset(&addr, 0, sizeof(addr));
    addr.sin6_family = AF_INET6;
    addr.sin6_addr = in6addr_any;
    addr.sin6_port = htons(port);
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        fprintf(stderr, "udp_server: bind: %s\n", strerror(errno));
        return 1;
    }
    getsockname(fd, (struct sockaddr *)&addr, &len);
    printf("listening on port %d\n", ntohs(addr.sin6_port));
    fflush(stdout);

    for (;;) {
        len = sizeof(from);
        n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
        if (n < 0)
            continue;
        for (i = 0; i < n; i++)
            if (buf[i] >= 'a' && buf[i] <= 'z')
                buf[i] -= 32;
        while (sendto(fd, buf, n, 0, (struct sockaddr *)&from, len) < 0 && errno == EINTR)
            ;
    }
}
