/* test_net.c - the promises of net.h, a test for each. The linker lets the functions __wrap_... below stand in for the
 * calls named in the next line (ld(1), --wrap): they fail as on a busy machine, but at a moment of our choosing. */
/* wraps: accept connect getaddrinfo recv send */
#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST(name) static void name(void **state __attribute__((unused)))

int __real_accept(int, struct sockaddr *, socklen_t *), __real_connect(int, const struct sockaddr *, socklen_t);
int __real_getaddrinfo(const char *, const char *, const struct addrinfo *, struct addrinfo **);
ssize_t __real_recv(int, void *, size_t, int), __real_send(int, const void *, size_t, int);

static struct {
    size_t most;       /* recv() and send() move no more at once, and every other call is interrupted; 0: no faults */
    int accept_error;  /* accept() fails with this three times, or with EMFILE for 20 ms; 0: not at all */
    int connect_flags; /* O_NONBLOCK: a signal interrupts the next connect(); -1: it is refused */
    _Atomic int calls; /* of recv(), send() and accept() */
} faults;

static const char *why;            /* what net_connect() says */
static int returned[2] = {-1, -1}; /* a pair of sockets: closing() writes into it when net_close() has come back */

static int is_interrupted(size_t *size)
{
    *size = faults.most != 0 && *size > faults.most ? faults.most : *size;
    errno = EINTR;
    return faults.calls++ % 2 == 0 && faults.most != 0;
}

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    assert_int_equal(flags & MSG_WAITALL, 0); /* that would wait for more than what has come */
    return is_interrupted(&size) ? -1 : __real_recv(fd, data, size, flags);
}

ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    return is_interrupted(&size) ? -1 : __real_send(fd, data, size, flags);
}

int __wrap_accept(int fd, struct sockaddr *address, socklen_t *size)
{
    static struct timespec first;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    first = faults.calls++ == 0 ? now : first;
    long ms = (now.tv_sec - first.tv_sec) * 1000 + (now.tv_nsec - first.tv_nsec) / 1000000;
    assert_in_range(faults.calls, 1, 1000); /* more than that: it tries again and again without a pause */
    errno = faults.accept_error;
    int fails = errno != 0 && (errno == EMFILE ? ms < 20 : faults.calls <= 3);
    return fails ? -1 : __real_accept(fd, address, size);
}

/* Where a signal interrupts connect(), the kernel goes on connecting: that is what a non-blocking one does, too. */
int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
    int flags = faults.connect_flags;
    faults.connect_flags = 0;
    errno = ECONNREFUSED;
    if (flags < 0)
        return -1;
    fcntl(fd, F_SETFL, flags);
    int result = __real_connect(fd, address, size);
    fcntl(fd, F_SETFL, 0);
    errno = errno == EINPROGRESS ? EINTR : errno;
    return result;
}

/* host.invalid is nobody's name (RFC 6761), and two.invalid has two addresses: no name server need be waited for. */
int __wrap_getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **list)
{
    int is_double = host != NULL && strcmp(host, "two.invalid") == 0;
    if (is_double && __real_getaddrinfo("127.0.0.1", port, hints, list) == 0)
        list = &(*list)->ai_next;
    int is_known = host == NULL || strcmp(host, "host.invalid") != 0;
    return is_known ? __real_getaddrinfo(is_double ? "127.0.0.1" : host, port, hints, list) : EAI_NONAME;
}

/* The port that a socket is bound to, as text. */
static const char *port_of(int fd)
{
    static char text[8];
    struct sockaddr_in6 address; /* its port lies where that of an IPv4 address does */
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &(socklen_t){sizeof address}), 0);
    snprintf(text, sizeof text, "%d", ntohs(address.sin6_port));
    return text;
}

/* A TCP connection without faults: pair[0] is the server's side, pair[1] the client's. */
static void tcp_pair(int pair[2])
{
    memset(&faults, 0, sizeof faults);
    int listener = net_listen(SOCK_STREAM, "0");
    pair[1] = net_connect(SOCK_STREAM, NULL, "127.0.0.1", port_of(listener), &why);
    assert_true(pair[1] >= 0 && (pair[0] = net_accept(listener)) >= 0);
    close(listener);
}

/* Whether there is something to receive, or an error, within `ms`. */
static int comes(int fd, int ms)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, ms) == 1;
}

TEST(only_a_to_z_are_capitalized_and_nothing_beyond_the_size)
{
    char text[257] = {[256] = 'x'};
    for (int i = 0; i < 256; i++)
        text[i] = (char)(i + 'b'); /* the last one is 'a' */
    net_capitalize(text, 256);
    for (int c = 0; c < 256; c++)
        assert_int_equal(text[(c + 256 - 'b') % 256], (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
    assert_int_equal(text[256], 'x');
}

TEST(short_and_interrupted_calls_are_made_again)
{
    int pair[2];
    char data[100] = "a few letters and many NULs", got[sizeof data];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    faults.most = 3;
    assert_int_equal(net_send_all(pair[0], data, sizeof data), 0);
    assert_in_range(faults.calls, 34, 1000); /* the faults have really come */
    close(pair[0]);
    for (ssize_t used = 0, size; used < (ssize_t)sizeof got; used += size) {
        size = net_recv(pair[1], got + used, sizeof got - (size_t)used);
        assert_in_range(size, 1, 3); /* what has come, and no more */
    }
    assert_memory_equal(got, data, sizeof data);
    assert_int_equal(net_recv(pair[1], got, 1), 0);
    faults.most = 0;
    close(pair[1]);
}

static void on_broken_pipe(int number)
{
    fail_msg("signal %d, SIGPIPE: it would have ended a server", number);
}

TEST(sending_to_a_peer_that_hung_up_is_an_error_and_no_signal)
{
    int pair[2];
    signal(SIGPIPE, on_broken_pipe);
    tcp_pair(pair);
    close(pair[1]);
    net_send_all(pair[0], "x", 1); /* only the answer to this, a reset, tells that nobody is there */
    poll(&(struct pollfd){.fd = pair[0]}, 1, 5000);
    assert_int_equal(net_send_all(pair[0], "x", 1), -1);
    assert_true(errno == EPIPE || errno == ECONNRESET);
    close(pair[0]);
}

TEST(a_port_is_open_on_ipv4_and_ipv6_and_closed_to_other_servers)
{
    for (int i = 0; i < 4; i++) {
        int has_ipv6 = close(net_connect(SOCK_DGRAM, NULL, "::1", "9", &why)) == 0;
        int type = i < 2 ? SOCK_STREAM : SOCK_DGRAM, reuse = -1, listener = net_listen(type, "0");
        assert_int_equal(getsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &reuse, &(socklen_t){sizeof reuse}), 0);
        assert_int_equal(reuse != 0, type == SOCK_STREAM); /* with it, two UDP servers could share a port */
        int unused = dup(listener);
        close(unused);
        assert_true(net_listen(type, port_of(listener)) == -1 && errno == EADDRINUSE);
        assert_true(net_listen(type, "echo-port") == -1 && errno == EINVAL);
        assert_int_equal(dup(listener), unused); /* nothing was left open */
        close(unused);
        int client = net_connect(type, NULL, i % 2 && has_ipv6 ? "::1" : "127.0.0.1", port_of(listener), &why);
        assert_int_equal(net_send_all(client, "x", 1), 0);
        assert_true(comes(listener, 5000));
        close(client);
        close(listener);
    }
}

TEST(accept_outlives_a_signal_a_lost_client_and_a_lack_of_descriptors)
{
    static const int errors[] = {EINTR, ECONNABORTED, EMFILE};
    int listener = net_listen(SOCK_STREAM, "0");
    for (int i = 0; i < 3; i++) {
        int client = net_connect(SOCK_STREAM, NULL, "127.0.0.1", port_of(listener), &why);
        faults.accept_error = errors[i];
        faults.calls = 0;
        int fd = client < 0 ? -1 : net_accept(listener);
        assert_true(fd >= 0 && faults.calls > 1); /* the faults have really come */
        close(client);
        close(fd);
    }
    close(listener);
    assert_true(net_accept(listener) == -1 && errno == EBADF);
}

TEST(connecting_uses_the_port_asked_for_outlives_a_signal_and_tries_every_address)
{
    for (int i = 0; i < 3; i++) {
        char from[8], to[8];
        int type = i < 2 ? SOCK_STREAM : SOCK_DGRAM, server = net_listen(type, "0"), fd = -1;
        strcpy(to, port_of(server));
        for (int try = 0; fd < 0 && try < 10; try++) { /* what is free now may be another program's in a moment */
            int own = net_listen(type, "0");
            strcpy(from, port_of(own));
            close(own);
            faults.connect_flags = i == 0 ? O_NONBLOCK : -1;
            fd = net_connect(type, from, "two.invalid", to, &why);
        }
        assert_string_equal(port_of(fd), from);
        assert_int_equal(net_send_all(fd, "x", 1), 0);
        assert_true(comes(server, 5000));
        close(fd);
        close(server);
    }
}

TEST(a_connection_that_fails_says_why)
{
    const char *refused = "", *unknown = "";
    int pair[2];
    tcp_pair(pair);
    assert_int_equal(net_connect(SOCK_STREAM, NULL, "127.0.0.1", port_of(pair[1]), &refused), -1); /* a client's port */
    assert_non_null(strstr(refused, "efused"));
    errno = 0; /* getaddrinfo() does not report in errno: strerror() would say "Success" */
    assert_int_equal(net_connect(SOCK_STREAM, NULL, "host.invalid", "80", &unknown), -1);
    assert_true(*unknown != '\0' && strcmp(unknown, strerror(0)) != 0);
    close(pair[0]);
    close(pair[1]);
}

static void *closing(void *fd)
{
    net_close(*(int *)fd);
    __real_send(returned[1], "", 1, 0);
    return NULL;
}

TEST(closing_waits_a_second_at_most_and_nothing_that_was_sent_is_lost)
{
    static char data[65536];
    int pairs[2][2], count = 0; /* the first client is busy elsewhere, the second goes on sending */
    ssize_t size, sent = 0, received = 0;
    pthread_t threads[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, returned), 0);
    for (int i = 0; i < 2; i++) {
        tcp_pair(pairs[i]);
        assert_int_equal(__real_send(pairs[i][1], "unread", 6, 0), 6);
        assert_true(comes(pairs[i][0], 5000)); /* were it closed now, the kernel would send a reset, ... */
    }
    while ((size = __real_send(pairs[0][0], data, sizeof data, MSG_DONTWAIT)) > 0)
        sent += size; /* ... and what it could not send so far would be lost */
    faults.most = 3;
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, closing, &pairs[i][0]);
    for (int tick = 0; count < 2 && tick < 150; tick++) { /* 3 seconds: this machine may be slow */
        __real_send(pairs[1][1], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (comes(returned[0], 20))
            count += (int)__real_recv(returned[0], (char[2]){0}, 2, 0);
    }
    while (comes(pairs[0][1], 3000) && (size = __real_recv(pairs[0][1], data, sizeof data, 0)) > 0)
        received += size;
    for (int i = 0; i < 2; i++) {
        close(pairs[i][1]);
        pthread_join(threads[i], NULL);
        assert_int_equal(fcntl(pairs[i][0], F_GETFD), -1);
    }
    assert_int_equal(count, 2);
    assert_int_equal(size, 0); /* an end, and no reset */
    assert_int_equal(received, sent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_to_z_are_capitalized_and_nothing_beyond_the_size),
        cmocka_unit_test(short_and_interrupted_calls_are_made_again),
        cmocka_unit_test(sending_to_a_peer_that_hung_up_is_an_error_and_no_signal),
        cmocka_unit_test(a_port_is_open_on_ipv4_and_ipv6_and_closed_to_other_servers),
        cmocka_unit_test(accept_outlives_a_signal_a_lost_client_and_a_lack_of_descriptors),
        cmocka_unit_test(connecting_uses_the_port_asked_for_outlives_a_signal_and_tries_every_address),
        cmocka_unit_test(a_connection_that_fails_says_why),
        cmocka_unit_test(closing_waits_a_second_at_most_and_nothing_that_was_sent_is_lost),
    };
    alarm(60); /* for what waits for ever */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
