/* test_loop.c - the promises of loop.h: one connection, step by step, and the loop in a process of its own. The linker
 * lets the functions __wrap_... below stand in for the calls named in the next line (ld(1), --wrap). */
/* wraps: free malloc recv send */
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST(name) static void name(void **state __attribute__((unused)))
#define HELLO      "GET /hello HTTP/1.0\r\nHost: h\r\n\r\n"
#define LARGE      "GET /large HTTP/1.0\r\n\r\n"

static char large[2000000], received[sizeof large + 100000]; /* content of `file`; what a client has received, ... */
static size_t used, most; /* ... and its size; how many bytes recv() and send() move at once, 0: any number */
static FILE *file;
static struct connection *connection;       /* the connection under test, ... */
static int client, answers, unused, blocks; /* ... its other end, requests answered, next descriptor, memory in use */
static int listener, server;                /* a process that runs loop_run() on the listener */
static int errors[2], calls;                /* every second call fails with one of the errors in turn; 0: none */
ssize_t __real_recv(int, void *, size_t, int), __real_send(int, const void *, size_t, int);
void *__real_malloc(size_t), __real_free(void *);

static int fails(size_t *size)
{
    *size = most != 0 && *size > most ? most : *size;
    errno = errors[calls / 2 % 2];
    return calls++ % 2 == 0 && errno != 0;
}

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    return fails(&size) ? -1 : __real_recv(fd, data, size, flags);
}

ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    return fails(&size) ? -1 : __real_send(fd, data, size, flags);
}

void *__wrap_malloc(size_t size)
{
    blocks++;
    return __real_malloc(size);
}

void __wrap_free(void *block)
{
    blocks -= block != NULL;
    __real_free(block);
}

static int answer(const struct http_request *request, struct reply *reply)
{
    answers++;
    int result = memcmp(request->path, "/none", 5) == 0 ? -1 : reply_content(reply, "text/plain", "hello", 5);
    if (memcmp(request->path, "/large", 6) == 0)
        reply->file_size = lseek(reply->file = dup(fileno(file)), 0, SEEK_SET) + (off_t)sizeof large;
    return result;
}

/* Sends `request` on `fd`, on which from here on nobody waits longer than 5 seconds: it would be for ever. */
static int request_on(int fd, const char *request)
{
    used = 0;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 5}, sizeof(struct timeval));
    assert_int_equal(__real_send(fd, request, strlen(request), 0), strlen(request));
    return fd;
}

/* Makes a connection, without faults, on which `request` has come. */
static void begin(const char *request)
{
    int pair[2];
    close(unused = dup(STDOUT_FILENO));
    most = calls = answers = errors[0] = errors[1] = blocks = 0;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_non_null(connection = connection_new(pair[0]));
    client = request_on(pair[1], request);
}

/* Takes the connection as many steps further as it can go now, and checks that its state is then `state`. */
static void run(int state)
{
    for (int steps = 0; connection->state != CONNECTION_DONE && steps < 100000; steps++) {
        short events = connection->state == CONNECTION_WRITING ? POLLOUT : POLLIN;
        if (poll(&(struct pollfd){.fd = connection->fd, .events = events}, 1, 0) != 1)
            break;
        connection_step(connection, answer);
    }
    assert_int_equal(connection->state, state);
}

/* Frees the connection, and checks that it has left nothing behind. */
static void end(void)
{
    connection_free(connection);
    close(client);
    assert_true(blocks <= 0 && dup(STDOUT_FILENO) == unused); /* blocks of strdup(3), for example, are not counted */
    close(unused);
}

/* Receives some bytes more on `fd`, 50,000 at most. Returns 0 at the end. */
static ssize_t receive(int fd, int flags)
{
    ssize_t size = __real_recv(fd, received + used, used + 50000 < sizeof received ? 50000 : 0, flags);
    used += size > 0 ? (size_t)size : 0;
    return size;
}

/* Receives all that is left of a reply, and expects that it ends with `content`. */
static void expect(int fd, const char *content, size_t size)
{
    ssize_t more;
    while ((more = receive(fd, 0)) > 0)
        continue;
    const char *blank = memcmp(received + 8, " 200", 4) == 0 ? strstr(received, "\r\n\r\nhello") : NULL;
    assert_int_equal(more, 0); /* it has ended, and not only paused */
    assert_true(blank != NULL && used == blank + 9 - received + size && memcmp(blank + 9, content, size) == 0);
}

TEST(a_request_in_one_byte_pieces_is_answered_at_its_blank_line_and_never_before)
{
    begin("");
    assert_true((fcntl(connection->fd, F_GETFL) & O_NONBLOCK) != 0);
    errors[0] = EAGAIN, errors[1] = EINTR;
    for (size_t i = 0; i < strlen(HELLO); i++) {
        assert_true(connection->state == CONNECTION_READING && connection->used == i && answers == 0);
        request_on(client, (char[2]){HELLO[i], '\0'});
        most = i + 1 < strlen(HELLO) ? 1 : 20;
        run(i + 1 < strlen(HELLO) ? CONNECTION_READING : CONNECTION_CLOSING);
    }
    assert_in_range(calls, 2 * strlen(HELLO), 1000); /* the faults have really come */
    expect(client, "", 0);
    assert_true(answers == 1 && connection_new(-1) == NULL && errno == EBADF);
    end();
}

TEST(after_the_reply_the_rest_is_thrown_away_until_the_client_closes)
{
    begin(HELLO LARGE);
    long long before = loop_now_ms();
    run(CONNECTION_CLOSING);
    expect(client, "", 0);
    request_on(client, LARGE);
    run(CONNECTION_CLOSING);
    shutdown(client, SHUT_WR);
    run(CONNECTION_DONE);
    assert_true(answers == 1 && connection->deadline_ms > before && connection->deadline_ms < before + 10000);
    end();
}

TEST(a_client_that_reads_slowly_gets_a_large_file_byte_for_byte)
{
    begin(LARGE);
    run(CONNECTION_WRITING); /* and comes back, although the client does not read */
    while (connection->state == CONNECTION_WRITING) {
        receive(client, MSG_DONTWAIT);
        connection_step(connection, answer);
    }
    run(CONNECTION_CLOSING);
    expect(client, large, sizeof large);
    end();
}

TEST(what_is_no_whole_get_request_or_has_no_answer_gets_no_reply)
{
    static const char *const requests[] = {"POST /\r\n\r\n", "\r\n", "", "GET /hello\r\n", "GET /none\r\n\r\n"};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        begin(requests[i]);
        shutdown(client, SHUT_WR);
        run(CONNECTION_DONE);
        assert_true(receive(client, MSG_DONTWAIT) <= 0 && answers == (i == 4));
        end();
    }
}

TEST(too_long_a_head_gets_431)
{
    char head[HTTP_HEAD_MAX + 2] = "";
    memset(head, 'x', sizeof head - 1);
    begin(memcpy(head, "GET /", 5));
    run(CONNECTION_CLOSING);
    assert_true(receive(client, 0) > 12 && memcmp(received + 8, " 431", 4) == 0);
    end();
}

TEST(a_client_that_resets_or_hangs_up_ends_its_connection_only)
{
    begin("GET /hel");
    errors[0] = errors[1] = ECONNRESET;
    run(CONNECTION_DONE);
    end();
    begin(LARGE);
    run(CONNECTION_WRITING);
    shutdown(client, SHUT_RDWR);
    run(CONNECTION_DONE); /* and no SIGPIPE has ended this process */
    end();
}

/* Starts loop_run() in a process whose next descriptors are `first` to `limit` - 1. */
static void start(int first, int limit)
{
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &(int){10000}, sizeof(int)); /* to be inherited: LARGE must not fit */
    assert_true(bind(listener, (struct sockaddr *)&local, sizeof local) == 0 && listen(listener, 100) == 0);
    if ((server = fork()) == 0) {
        alarm(10); /* should nobody kill it */
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)limit, (rlim_t)limit});
        while (dup(listener) < first - 1)
            continue;
        loop_run(listener, answer);
        _exit(1);
    }
}

/* A new connection to the loop, on which `request` is sent. */
static int dial(const char *request)
{
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    getsockname(listener, (struct sockaddr *)&address, &(socklen_t){sizeof address});
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return request_on(fd, request);
}

TEST(clients_that_stall_hold_up_nobody)
{
    start(20, 200);
    int stalled = dial("GET /hel"), deaf = dial(LARGE);
    expect(dial(HELLO), "", 0);
    expect(request_on(stalled, "lo HTTP/1.0\r\n\r\n"), "", 0);
    expect(request_on(deaf, ""), large, sizeof large);
    kill(server, SIGKILL);
    assert_true((fcntl(listener, F_GETFL) & O_NONBLOCK) != 0 && loop_run(-1, answer) == -1 && errno == EBADF);
}

TEST(without_a_descriptor_a_client_waits_and_no_processor_time_is_used)
{
    struct timespec before, after;
    start(100, 101);
    int first = dial("GET /hel"), second = -1;
    for (int i = 0; i < 2; i++) { /* at first nothing happens, then the second client waits */
        clockid_t clock;
        assert_true(clock_getcpuclockid(server, &clock) == 0 && clock_gettime(clock, &before) == 0);
        poll(&(struct pollfd){.fd = second, .events = POLLIN}, 1, 50);
        clock_gettime(clock, &after);
        assert_in_range((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec, 0, 2000000);
        second = i == 0 ? dial(HELLO) : second;
    }
    close(first);
    expect(second, "", 0);
    kill(server, SIGKILL);
}

TEST(a_descriptor_that_select_cannot_watch_is_closed_at_once)
{
    if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){FD_SETSIZE + 100, FD_SETSIZE + 100}) < 0)
        skip();
    start(FD_SETSIZE - 1, FD_SETSIZE + 100);
    int last = dial("GET /hel"), beyond = dial("");
    assert_true(receive(beyond, 0) == 0 || errno == ECONNRESET);
    expect(request_on(last, "lo HTTP/1.0\r\n\r\n"), "", 0);
    kill(server, SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_in_one_byte_pieces_is_answered_at_its_blank_line_and_never_before),
        cmocka_unit_test(after_the_reply_the_rest_is_thrown_away_until_the_client_closes),
        cmocka_unit_test(a_client_that_reads_slowly_gets_a_large_file_byte_for_byte),
        cmocka_unit_test(what_is_no_whole_get_request_or_has_no_answer_gets_no_reply),
        cmocka_unit_test(too_long_a_head_gets_431),
        cmocka_unit_test(a_client_that_resets_or_hangs_up_ends_its_connection_only),
        cmocka_unit_test(clients_that_stall_hold_up_nobody),
        cmocka_unit_test(without_a_descriptor_a_client_waits_and_no_processor_time_is_used),
        cmocka_unit_test(a_descriptor_that_select_cannot_watch_is_closed_at_once),
    };
    alarm(60); /* for what waits for ever */
    file = tmpfile();
    for (size_t i = 0; file != NULL && i < sizeof large; i++)
        putc(large[i] = (char)(i % 251), file);
    return file == NULL || fflush(file) == EOF ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
