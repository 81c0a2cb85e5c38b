/* udp_server - sends each datagram back to its sender in capitals. */
#include "cli.h"
#include "net.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* Receives one datagram and answers it. Returns 0, or -1 with errno where no more can be received. */
static int serve_one(int fd)
{
#ifdef SOLUTION
    static char datagram[65536]; /* more than any datagram holds; what does not fit into the buffer would be lost */
    struct sockaddr_storage sender;
    socklen_t sender_size = sizeof sender;
    ssize_t size = recvfrom(fd, datagram, sizeof datagram, 0, (struct sockaddr *)&sender, &sender_size);
    if (size < 0)
        return errno == EINTR ? 0 : -1;
    net_capitalize(datagram, (size_t)size);
    /* A reply that cannot be sent is lost, as any datagram may be; no other client must suffer for it. */
    while (sendto(fd, datagram, (size_t)size, 0, (struct sockaddr *)&sender, sender_size) < 0 && errno == EINTR)
        continue;
    return 0;
#else
    /* TODO 1 (about 7 lines): receive one datagram, and the address of its sender. recvfrom() reads the size of the
     * room for that address before it writes it. A signal may interrupt it (EINTR): that is no reason to end.
     * Read: recvfrom(2), udp(7).
     * Think: what does not fit into the buffer is thrown away. How large can a datagram be? And is one of 0 bytes an
     * error?
     * Checked by: R1.22, R1.23, R1.32. */

    /* TODO 2 (about 1 line): turn all of it into capitals.
     * Read: the comment on net_capitalize() in net.h.
     * Think: how does the function know where the datagram ends?
     * Checked by: R1.22. */

    /* TODO 3 (about 2 lines): send it back to its sender. A reply that cannot be sent is lost, as any datagram may be:
     * go on with the next one.
     * Read: sendto(2).
     * Think: two clients send in turn. Which variable makes sure that each one gets its own reply?
     * Checked by: R1.22, R1.24, R1.32. */
    (void)fd;
    errno = ENOSYS;
    return -1;
#endif
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
