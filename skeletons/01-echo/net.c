#include "net.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LINGER_MS = 1000 };

/* Closes `fd` and returns -1; errno stays what it was. */
static int give_up(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* Binds `fd` to `port` on every address of `family` that this machine has. Returns 0, or -1 with errno. */
static int bind_port(int fd, int family, int type, const char *port)
{
    int on = 1;
    if (type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
        return -1;

    struct addrinfo hints = {.ai_family = family, .ai_socktype = type, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *any;
    if (getaddrinfo(NULL, port, &hints, &any) != 0) {
        errno = EINVAL;
        return -1;
    }
    int result = bind(fd, any->ai_addr, any->ai_addrlen);
    freeaddrinfo(any);
    return result;
}

int net_listen(int type, const char *port)
{
    /* TODO 1 (about 12 lines): open a socket, give it its port, and for TCP let it listen. An IPv6 socket (AF_INET6)
     * whose option IPV6_V6ONLY is off serves IPv4 too. bind_port() above does the binding; give_up() closes the socket
     * where a later step fails.
     * Read: socket(2), setsockopt(2), ipv6(7), listen(2).
     * Think: a UDP socket has no connections. What would listen() say to one?
     * Checked by: R1.1, R1.22. */
    (void)type;
    (void)port;
    errno = ENOSYS;
    return -1;
}

int net_accept(int listener)
{
    /* TODO 2 (about 9 lines): take the next connection. accept() makes a new socket for it; the listener goes on
     * listening. Some errors concern one client only, or pass by themselves: then try again.
     * Read: accept(2), section Errors; poll(2), which without descriptors is a short pause.
     * Think: where no descriptor is left (EMFILE), accept() fails at once, each time. What does a loop without a pause
     * do to the processor?
     * Checked by: R1.2, R1.15, R1.32. */
    (void)listener;
    errno = ENOSYS;
    return -1;
}


int net_connect(int type, const char *from_port, const char *host, const char *port, const char **why)
{
    struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    int error = getaddrinfo(host, port, &hints, &list);
    if (error != 0) {
        *why = gai_strerror(error);
        return -1;
    }
    int fd = -1;
    for (struct addrinfo *to = list; to != NULL && fd < 0; to = to->ai_next) {
        fd = socket(to->ai_family, type, 0);
        if (fd >= 0 && from_port != NULL && bind_port(fd, to->ai_family, type, from_port) < 0)
            fd = give_up(fd);
        /* TODO 6 (about 12 lines): connect the socket to the address to->ai_addr, which is to->ai_addrlen bytes long.
         * Where that fails, give the socket up: the loop then tries the next address of the host. Two lines do that.
         * For R1.15: a signal may interrupt connect() (EINTR), and the kernel then goes on connecting. Wait with poll()
         * until the socket can be written to, and ask with getsockopt() how it ended (SO_ERROR).
         * Read: connect(2), what it says of EINPROGRESS; getaddrinfo(3).
         * Think: "localhost" often has two addresses, ::1 and 127.0.0.1. What if the server listens on the second one
         * only?
         * Checked by: R1.15, R1.16, R1.26. */
        if (fd >= 0) {
            errno = ENOSYS;
            fd = give_up(fd);
        }
        if (fd < 0)
            *why = strerror(errno);
    }
    freeaddrinfo(list);
    return fd;
}

ssize_t net_recv(int fd, void *data, size_t size)
{
    /* TODO 3 (about 4 lines): receive once; call recv() again only where a signal interrupted it (errno is EINTR).
     * Read: recv(2), signal(7).
     * Think: recv() may return fewer bytes than the peer sent, even a single one: TCP carries bytes, not messages. Who
     * has to go on reading, this function or its caller?
     * Checked by: R1.2, R1.15, R1.32. */
    (void)fd;
    (void)data;
    (void)size;
    errno = ENOSYS;
    return -1;
}

int net_send_all(int fd, const void *data, size_t size)
{
    /* TODO 4 (about 10 lines): send all `size` bytes. send() says how many it took; send the rest with further calls.
     * The flag MSG_NOSIGNAL turns the signal SIGPIPE into the error EPIPE.
     * Read: send(2), signal(7).
     * Think: without that flag, what happens to your server when a client hangs up early?
     * Checked by: R1.2, R1.8, R1.15, R1.32. */
    (void)fd;
    (void)data;
    (void)size;
    errno = ENOSYS;
    return -1;
}

void net_capitalize(char *text, size_t size)
{
    /* TODO 5 (about 3 lines): turn the letters a to z into capitals, and leave every other byte as it is.
     * Read: ascii(7), toupper(3).
     * Think: the text may hold a byte 0: what would strlen() make of it? And what may toupper() do to the byte 0xE9?
     * Checked by: R1.4, R1.22. */
    (void)text;
    (void)size;
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void net_close(int fd)
{
    char unwanted[4096];
    struct pollfd input = {.fd = fd, .events = POLLIN};
    long end = now_ms() + LINGER_MS, left;
    shutdown(fd, SHUT_WR);
    while ((left = end - now_ms()) > 0) {
        int ready = poll(&input, 1, (int)left);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0 || net_recv(fd, unwanted, sizeof unwanted) <= 0)
            break;
    }
    close(fd);
}
