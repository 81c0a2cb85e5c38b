/* udp_server - sends each datagram back to its sender in capitals. */
#include "cli.h"
#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Receives one datagram and answers it. Returns 0, or -1 with errno where no more can be received. */
static int serve_one(int fd)
{
    static char datagram[65536]; /* more than any datagram holds; what does not fit into the buffer would be lost */
    struct sockaddr_storage sender;
    socklen_t sender_size = sizeof sender;
    ssize_t size = recvfrom(fd, datagram, sizeof datagram, 0, (struct sockaddr *)&sender, &sender_size);
    if (size < 0)
        return errno == EINTR ? 0 : -1;
    net_capitalize(datagram, (size_t)size);
    /* A reply that cannot be sent is lost, as any datagram may be; no other client must suffer for it. */
    sendto(fd, datagram, (size_t)size, 0, (struct sockaddr *)&sender, sender_size);
    return 0;
}

int main(int argc, char **argv)
{
    struct cli_server options;
    if (cli_server(argc, argv, "", 1, &options) < 0)
        return cli_usage("udp_server PORT");
    int fd = net_listen(SOCK_DGRAM, options.port);
    if (fd < 0 || cli_ready(fd) < 0)
        return cli_fail("udp_server", options.port, strerror(errno));

    while (serve_one(fd) == 0)
        continue;
    return cli_fail("udp_server", "receive", strerror(errno));
}
