/* An echo server that believes in whole messages: one read, one write. With an argument it is naive about that only:
 * read, write, eintr or accept. */
#include "server.h"

static int wise(const char *what, const char *naive)
{
    return naive != NULL && strcmp(what, naive) != 0;
}

/* Reads a line: the naive one at once. */
static ssize_t read_line(int fd, char *data, size_t size, const char *naive)
{
    size_t len = 0;

    do {
        ssize_t n = wise("eintr", naive) ? read_some(fd, data + len, size - len) : read(fd, data + len, size - len);

        if (n <= 0)
            return -1;
        len += (size_t)n;
    } while (wise("read", naive) && data[len - 1] != '\n');
    return (ssize_t)len;
}

int main(int argc, char **argv)
{
    const char *naive = argc > 1 ? argv[1] : NULL;
    int listener = open_port(SOCK_STREAM);

    for (;;) {
        char data[16384];
        int fd = wise("accept", naive) ? take(listener) : accept(listener, NULL, NULL);
        ssize_t n;

        if (fd < 0) {
            perror("accept");
            return 1;
        }
        n = read_line(fd, data, sizeof data, naive);
        if (n < 0)
            perror("read");
        else if (wise("write", naive))
            write_all(fd, data, (size_t)n);
        else if (write(fd, data, (size_t)n) < 0)
            perror("write");
        close(fd);
    }
}
