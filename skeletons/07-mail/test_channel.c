/* test_channel.c - the promises of channel.h on a connection in the clear. The linker lets the functions __wrap_...
 * below stand in for the calls named in the next line (ld(1), --wrap): they wait less than they are told to. */
/* wraps: poll select setsockopt */
#include "channel.h"

#include "net.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST(name) static void name(void **state __attribute__((unused)))

int __real_poll(struct pollfd *, nfds_t, int), __real_setsockopt(int, int, int, const void *, socklen_t);
int __real_select(int, fd_set *, fd_set *, fd_set *, struct timeval *);

static long longest_ms; /* that a call was asked to wait */
static int faster = 1;  /* how many times faster time passes */

static struct timeval shrink(const struct timeval *time)
{
    long ms = (long)time->tv_sec * 1000 + (long)time->tv_usec / 1000;
    longest_ms = ms > longest_ms ? ms : longest_ms;
    long long us = ms * 1000LL / faster;
    return (struct timeval){.tv_sec = us / 1000000, .tv_usec = us % 1000000};
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    if (level != SOL_SOCKET || (option != SO_RCVTIMEO && option != SO_SNDTIMEO))
        return __real_setsockopt(fd, level, option, value, size);
    struct timeval less = shrink(value);
    return __real_setsockopt(fd, level, option, &less, sizeof less);
}

int __wrap_poll(struct pollfd *fds, nfds_t count, int ms)
{
    struct timeval time = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    if (ms < 0)
        return __real_poll(fds, count, ms);
    time = shrink(&time);
    return __real_poll(fds, count, (int)(time.tv_sec * 1000 + time.tv_usec / 1000));
}

int __wrap_select(int count, fd_set *in, fd_set *out, fd_set *other, struct timeval *time)
{
    if (time == NULL)
        return __real_select(count, in, out, other, NULL);
    struct timeval less = shrink(time);
    return __real_select(count, in, out, other, &less);
}

/* Opens a channel to a server in this process; *peer is the server's side of the connection. */
static void connect_channel(struct channel *channel, int *peer)
{
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    char port[8];
    int listener = net_listen(SOCK_STREAM, "0");
    assert_true(listener >= 0 && getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    snprintf(port, sizeof port, "%d",
             ntohs(((struct sockaddr_in *)&address)->sin_port)); /* at the same place for IPv6 */
    assert_int_equal(channel_open(channel, "localhost", port), 0);
    *peer = net_accept(listener);
    assert_true(*peer >= 0);
    close(listener);
}

TEST(a_server_that_is_not_there_is_an_error_with_a_reason)
{
    struct channel channel = {.why = NULL};
    assert_int_equal(channel_open(&channel, "localhost", "1"), -1);
    assert_non_null(channel.why);
    channel.why = NULL;
    assert_int_equal(channel_open(&channel, "host.invalid", "25"), -1);
    assert_non_null(channel.why);
}

TEST(what_has_come_is_received_and_the_end_is_an_error)
{
    struct channel channel;
    int peer;
    char data[16];
    connect_channel(&channel, &peer);
    assert_int_equal(net_send_all(peer, "220 hello\r\n", 11), 0);
    assert_int_equal(channel_receive(&channel, data, sizeof data), 11);
    assert_memory_equal(data, "220 hello\r\n", 11);
    assert_int_equal(net_send_all(peer, "0123456789abcdef\0", 17), 0);
    assert_int_equal(channel_receive(&channel, data, sizeof data), 16);
    assert_int_equal(channel_receive(&channel, data, sizeof data), 1);
    close(peer);
    channel.why = NULL;
    assert_int_equal(channel_receive(&channel, data, sizeof data), -1);
    assert_non_null(channel.why);
    channel_close(&channel);
}

TEST(a_server_that_says_nothing_for_60_s_is_an_error)
{
    struct channel channel;
    int peer;
    char data[16];
    longest_ms = 0;
    faster = 1000;
    connect_channel(&channel, &peer);
    assert_int_equal(channel_receive(&channel, data, sizeof data), -1);
    assert_non_null(channel.why);
    assert_int_equal(longest_ms, 60000);
    channel_close(&channel);
    close(peer);
    faster = 1;
}

TEST(a_server_that_takes_nothing_for_60_s_is_an_error)
{
    static char much[1 << 20];
    struct channel channel;
    int peer, result = 0;
    longest_ms = 0;
    faster = 1000;
    connect_channel(&channel, &peer);
    for (int i = 0; i < 64 && result == 0; i++)
        result = channel_send(&channel, much, sizeof much);
    assert_int_equal(result, -1);
    assert_non_null(channel.why);
    assert_int_equal(longest_ms, 60000);
    channel_close(&channel);
    close(peer);
    faster = 1;
}

static char sent[3000000], taken[sizeof sent];

static void *take_all(void *peer)
{
    for (size_t used = 0; used < sizeof taken;) {
        ssize_t size = net_recv(*(int *)peer, taken + used, sizeof taken - used);
        if (size <= 0)
            break;
        used += (size_t)size;
    }
    return NULL;
}

TEST(all_is_sent)
{
    struct channel channel;
    int peer;
    pthread_t reader;
    for (size_t i = 0; i < sizeof sent; i++)
        sent[i] = (char)(i * 7 + i / 251);
    connect_channel(&channel, &peer);
    assert_int_equal(pthread_create(&reader, NULL, take_all, &peer), 0);
    assert_int_equal(channel_send(&channel, sent, sizeof sent), 0);
    pthread_join(reader, NULL);
    assert_memory_equal(taken, sent, sizeof sent);
    channel_close(&channel);
    close(peer);
}

TEST(closing_ends_the_connection)
{
    struct channel channel;
    int peer;
    char byte;
    connect_channel(&channel, &peer);
    channel_close(&channel);
    assert_int_equal(net_recv(peer, &byte, 1), 0);
    close(peer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_is_not_there_is_an_error_with_a_reason),
        cmocka_unit_test(what_has_come_is_received_and_the_end_is_an_error),
        cmocka_unit_test(a_server_that_says_nothing_for_60_s_is_an_error),
        cmocka_unit_test(a_server_that_takes_nothing_for_60_s_is_an_error),
        cmocka_unit_test(all_is_sent),
        cmocka_unit_test(closing_ends_the_connection),
    };
    signal(SIGPIPE, SIG_IGN);
    alarm(60); /* for what waits for ever */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
