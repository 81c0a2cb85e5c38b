/* Echo servers that take care: of one connection at a time; `threads`, one each; `children`, one process each;
 * `select`, non-blocking; `stdio`; `vectors`, readv and writev; `messages`, recvmsg and sendmsg; `udp`. */
#define _GNU_SOURCE
#include "server.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/uio.h>

static void *serve_thread(void *argument)
{
    echo((int)(intptr_t)argument);
    return NULL;
}

static void serve_in_thread(int fd)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, serve_thread, (void *)(intptr_t)fd) == 0)
        pthread_detach(thread);
}

static void serve_in_child(int fd)
{
    if (fork() == 0) {
        echo(fd);
        exit(0);
    }
    close(fd);
}

/* A signal may come at any byte: a stream remembers the error, and can be asked again. */
static void serve_stdio(int fd)
{
    FILE *in = fdopen(fd, "r"), *out = fdopen(dup(fd), "w");
    int c;

    while ((c = getc(in)) != EOF || (ferror(in) && errno == EINTR)) {
        if (c == EOF)
            clearerr(in);
        else if (putc(c, out) == '\n')
            fflush(out);
    }
    fclose(out);
    fclose(in);
}

static void advance(struct iovec *parts, size_t count, size_t done)
{
    for (size_t i = 0; i < count; i++) {
        size_t step = done < parts[i].iov_len ? done : parts[i].iov_len;

        parts[i].iov_base = (char *)parts[i].iov_base + step;
        parts[i].iov_len -= step;
        done -= step;
    }
}

/* Three parts of different sizes, read and written as vectors or as messages. */
static void serve_parts(int fd, int messages)
{
    char a[3], b[1000], c[5000];

    for (;;) {
        struct iovec parts[] = {{a, sizeof a}, {b, sizeof b}, {c, sizeof c}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
        ssize_t n = messages ? recvmsg(fd, &message, 0) : readv(fd, parts, 3);
        size_t left;

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        left = (size_t)n;
        for (size_t i = 0; i < 3; i++) {
            if (parts[i].iov_len > left)
                parts[i].iov_len = left;
            left -= parts[i].iov_len;
        }
        for (left = (size_t)n; left > 0;) {
            n = messages ? sendmsg(fd, &message, MSG_NOSIGNAL) : writev(fd, parts, 3);
            if (n < 0 && errno != EINTR)
                break;
            if (n > 0) {
                advance(parts, 3, (size_t)n);
                left -= (size_t)n;
            }
        }
    }
    close(fd);
}

struct waiting {
    size_t start, end;
    int ended;
    char data[8192];
};

/* Reads and writes what can be, and returns whether the connection is over. */
static int step(int fd, struct waiting *w)
{
    ssize_t n;

    if (w->start == w->end) {
        w->start = w->end = 0;
        n = read(fd, w->data, sizeof w->data);
        if (n == 0)
            return 1;
        if (n < 0)
            return errno != EAGAIN && errno != EINTR;
        w->end = (size_t)n;
    }
    n = write(fd, w->data + w->start, w->end - w->start);
    if (n < 0)
        return errno != EAGAIN && errno != EINTR;
    w->start += (size_t)n;
    return 0;
}

static void take_one(int listener, struct waiting **clients)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

    if (fd >= 0)
        clients[fd] = calloc(1, sizeof **clients);
}

static void serve_select(int listener)
{
    static struct waiting *clients[FD_SETSIZE];
    fd_set readable, writable;

    fcntl(listener, F_SETFL, O_NONBLOCK);
    for (;;) {
        FD_ZERO(&readable);
        FD_ZERO(&writable);
        FD_SET(listener, &readable);
        for (int fd = 0; fd < FD_SETSIZE; fd++)
            if (clients[fd])
                FD_SET(fd, clients[fd]->start < clients[fd]->end ? &writable : &readable);
        if (select(FD_SETSIZE, &readable, &writable, NULL, NULL) < 0)
            continue;
        for (int fd = 0; fd < FD_SETSIZE; fd++)
            if (clients[fd] && (FD_ISSET(fd, &readable) || FD_ISSET(fd, &writable)) && step(fd, clients[fd])) {
                free(clients[fd]);
                clients[fd] = NULL;
                close(fd);
            }
        if (FD_ISSET(listener, &readable))
            take_one(listener, clients);
    }
}

static void serve_udp(int fd)
{
    static char data[65536];

    for (;;) {
        struct sockaddr_storage from;
        socklen_t size = sizeof from;
        ssize_t n = recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &size);

        while (n >= 0 && sendto(fd, data, (size_t)n, 0, (struct sockaddr *)&from, size) < 0 && errno == EINTR)
            continue;
    }
}

static void serve_one(int fd, const char *way)
{
    if (strcmp(way, "threads") == 0)
        serve_in_thread(fd);
    else if (strcmp(way, "children") == 0)
        serve_in_child(fd);
    else if (strcmp(way, "stdio") == 0)
        serve_stdio(fd);
    else if (strcmp(way, "vectors") == 0 || strcmp(way, "messages") == 0)
        serve_parts(fd, way[0] == 'm');
    else
        echo(fd);
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";
    int listener = open_port(strcmp(way, "udp") == 0 ? SOCK_DGRAM : SOCK_STREAM), fd;

    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN);
    if (strcmp(way, "udp") == 0)
        serve_udp(listener);
    if (strcmp(way, "select") == 0)
        serve_select(listener);
    while ((fd = take(listener)) >= 0)
        serve_one(fd, way);
    perror("accept");
    return 1;
}
