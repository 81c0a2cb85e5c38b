/* test_http.c - the promises of http.h. The linker lets the functions __wrap_... below stand in for the calls named in
 * the next line (ld(1), --wrap): they move a few bytes at a time, and every other call is interrupted by a signal. */
/* wraps: recv send */
#include "http.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST(name)   static void name(void **state __attribute__((unused)))
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define OK           "HTTP/1.0 200 OK\r\n"
/* clang-format off */ /* the tables are packed by hand */

static size_t most_in, most_out, faulty_calls; /* recv() and send() move no more bytes at once; 0: no faults */
static struct http_response response;
static char text[100000], received[100000]; /* text: all byte values, in a circle of 251 */

ssize_t __real_recv(int, void *, size_t, int), __real_send(int, const void *, size_t, int);

static int is_interrupted(size_t *size, size_t most)
{
    *size = most != 0 && *size > most ? most : *size;
    errno = EINTR;
    return most != 0 && faulty_calls++ % 2 == 0;
}

ssize_t __wrap_recv(int fd, void *data, size_t size, int flags)
{
    return is_interrupted(&size, most_in) ? -1 : __real_recv(fd, data, size, flags);
}

ssize_t __wrap_send(int fd, const void *data, size_t size, int flags)
{
    return is_interrupted(&size, most_out) ? -1 : __real_send(fd, data, size, flags);
}

/* Returns `size` bytes, a copy of `copied` where that is not NULL, right before a page that nobody may touch. */
static char *guarded(const char *copied, size_t size)
{
    enum { AREA = 65536 };  /* a whole number of pages on any machine */
    static char *ends[2];   /* one for what is read, and one for what is written */
    char **end = &ends[copied == NULL];
    if (*end == NULL) {
        *end = (char *)mmap(NULL, 2 * AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE, open("/dev/zero", O_RDWR), 0) + AREA;
        assert_int_equal(mprotect(*end, AREA, PROT_NONE), 0);
    }
    return copied == NULL ? *end - size : memcpy(*end - size, copied, size);
}

TEST(a_request_in_one_byte_pieces_is_complete_only_at_its_blank_line)
{
    static const struct {
        const char *head, *path, *query;
    } cases[] = {
        {"GET / HTTP/1.0\r\n\r\n", "/", ""}, {"GET / HTTP/1.0\n\n", "/", ""}, {"GET /a\r\n\r\n", "/a", ""},
        {"GET /a?b=1&c#d HTTP/1.1\r\nHost: h\r\nX: \"\r\n \r\n\r\n", "/a", "b=1&c"}, {"GET /a?b\n\n", "/a", "b"},
        {"GET /a.c HTTP/1.0\r\nX: y\n\r\n", "/a.c", ""}, {"GET /a.c HTTP/1.0\nX: y\r\n\n", "/a.c", ""},
        {"GET testfile HTTP/1.0\r\n\r\n", "testfile", ""}, {"GET /a? HTTP/1.0\r\n\r\n", "/a", ""},
        {"GET ?b HTTP/1.0\r\n\r\n", "", "b"}, {"GET /a?b?c#d?e HTTP/1.0\r\n\r\n", "/a", "b?c"},
        {"GET /a#b?c HTTP/1.0\r\n\r\n", "/a", ""}, {"GET /%41%zz?%42 HTTP/1.0\r\n\r\n", "/%41%zz", "%42"},
        {"GET \r\n\r\n", "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *rests[] = {"", "\r\n\r\n", "GET /other?x HTTP/1.0\r\n\r\n", "x"};
        size_t size = strlen(cases[i].head);
        struct http_request request;
        for (size_t used = 0; used < size; used++)
            if (http_parse_request(guarded(cases[i].head, used), used, &request) != 0)
                fail_msg("the first %zu bytes of \"%s\" are not incomplete", used, cases[i].head);
        for (size_t k = 0; k < COUNT(rests); k++) {
            int whole = snprintf(received, sizeof received, "%s%s", cases[i].head, rests[k]);
            memset(&request, -1, sizeof request);
            ssize_t parsed = http_parse_request(guarded(received, (size_t)whole), (size_t)whole, &request);
            if (parsed != (ssize_t)size || request.path_size != strlen(cases[i].path) ||
                request.query_size != strlen(cases[i].query) ||
                memcmp(request.path, cases[i].path, request.path_size) != 0 ||
                memcmp(request.query, cases[i].query, request.query_size) != 0)
                fail_msg("\"%s\": returned %zd", received, parsed);
        }
    }
}

TEST(what_cannot_become_a_get_request_is_refused_at_once)
{
    static const char *const cases[] = {
        "GET /\n\n", "P", "GETX", "\r\n", "\r\n\r\n", " GET", "get / HTTP/1.0\r\n\r\n", "POST / HTTP/1.0\r\n\r\n",
    };
    struct http_request request;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (http_parse_request(guarded(cases[i], strlen(cases[i])), strlen(cases[i]), &request) != (i == 0 ? 7 : -1))
            fail_msg("\"%s\" %s one", cases[i], i == 0 ? "is" : "cannot become");
}

TEST(a_path_never_leads_out_of_the_folder_however_it_is_written)
{
    static const struct {
        int status; /* 0: either way, so long as it stays inside */
        const char *target, *path;
    } cases[] = {
        {200, "/", "."}, {200, "/a.html", "a.html"}, {200, "a.html", "a.html"}, {200, "/a/b", "a/b"},
        {200, "/%41%2e", "A."}, {200, "/a%20b", "a b"}, {200, "/%2541", "%41"}, {200, "/..a/.../b..", "..a/.../b.."},
        {400, "", ""}, {400, "/%4", ""}, {400, "/%zz", ""}, {400, "/a%00.html", ""}, {403, "/..", ""},
        {403, "/../a", ""}, {403, "../a", ""}, {403, "/%2e%2e/a", ""}, {403, "/.%2E/a", ""}, {403, "/..%2fa", ""},
        {403, "%2e%2e%2f%2e./a", ""}, {403, "/a/../../b", ""}, {403, "/a/b/../../../c", ""}, {403, "/./../a", ""},
        {403, "/a/%2e%2e/%2e%2e", ""}, {0, "//etc/passwd", ""}, {0, "///", ""}, {0, "/%2fetc/passwd", ""},
        {0, "/a/..//etc/passwd", ""}, {0, "//../a", ""}, {0, "/a//../../b", ""}, {0, "/a/..%2f%2fetc", ""},
        {0, "/a/..///.//../b", ""}, {0, "/a/../", ""}, {0, "/a/..//..//../b", ""}, {0, "/a/../b/..", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = strlen(cases[i].target);
        struct http_request request = {.path = guarded(cases[i].target, size), .path_size = size};
        char *path = guarded(NULL, size + 1), framed[64];
        int status = http_request_path(&request, path);
        snprintf(framed, sizeof framed, "/%s/", status == 200 ? path : "");
        if ((cases[i].status != 0 ? status != cases[i].status : status != 200 && status != 400 && status != 403) ||
            (status == 200 && (*path == '/' || *path == '\0' || strstr(framed, "/../") != NULL)) ||
            (cases[i].status == 200 && strcmp(path, cases[i].path) != 0))
            fail_msg("\"%s\": %d, \"%s\"", cases[i].target, status, path);
    }
    struct http_request request;
    assert_true(http_parse_request(guarded("GET /\0\n\n", 8), 8, &request) < 0 ||
                http_request_path(&request, guarded(NULL, 3)) == 400); /* a plain NUL */
}

TEST(the_head_of_a_response_is_taken_apart_only_when_it_is_complete)
{
    static const struct {
        const char *head, *line, *type, *location;
        long long status, length;
    } cases[] = {
        {OK "Content-Type: text/html\r\nContent-Length: 5\r\n\r\n", "HTTP/1.0 200 OK", "text/html", "", 200, 5},
        {"HTTP/1.1 302 Found\r\nlocation: /x\r\n\r\n", "HTTP/1.1 302 Found", "", "/x", 302, -1},
        {"HTTP/1.0 404 No\nCONTENT-LENGTH:  0\ncontent-Type:a/b;c=d\n\n", "HTTP/1.0 404 No", "a/b;c=d", "", 404, 0},
        {"HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200", "", "", 200, -1},
        {OK "X-Location: x\r\nLocations: x\r\nContent-Types: x\r\n\r\n", "HTTP/1.0 200 OK", "", "", 200, -1},
        {OK "Content-Length: 9223372036854775807\r\n\r\n", "HTTP/1.0 200 OK", "", "", 200, 9223372036854775807},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = strlen(cases[i].head);
        strcpy(response.buffer, cases[i].head);
        for (response.used = 0; response.used < size; response.used++)
            if (http_parse_response(&response) != 0)
                fail_msg("the first %zu bytes of \"%s\" are not incomplete", response.used, cases[i].head);
        if (http_parse_response(&response) != (ssize_t)size || response.head_size != size ||
            response.status != cases[i].status || response.content_length != cases[i].length ||
            strcmp(response.status_line, cases[i].line) != 0 || strcmp(response.location, cases[i].location) != 0 ||
            strcmp(response.content_type, cases[i].type) != 0)
            fail_msg("\"%s\": %s, %s, %s, %d, %lld bytes", cases[i].head, response.status_line, response.location,
                     response.content_type, response.status, response.content_length);
    }
}

TEST(a_malformed_head_is_refused)
{
    static const char *const heads[] = {
        "\n", "X: y\n\n", "HTTP/1.0\n\n", "HTTP/1.0 OK\n\n", "HTTP/1.0 20 OK\n\n", "HTTP/1.0 2000 OK\n\n",
        "HTTP/1.0 2x0 OK\n\n", "FTP/1.0 200 OK\n\n", OK "Content-Length:\n\n", OK "Content-Length: x\n\n",
        OK "Content-Length: -1\n\n", OK "Content-Length: 5x\n\n", OK "Content-Length: 0x5\n\n",
        OK "Content-Length: 5 5\n\n", OK "content-length: 99999999999999999999\r\n\r\n",
    };
    for (size_t i = 0; i < COUNT(heads); i++) {
        response.used = strlen(strcpy(response.buffer, heads[i]));
        if (http_parse_response(&response) != -1)
            fail_msg("\"%s\" was taken", heads[i]);
    }
}

/* Receives what a server sends before it falls silent or closes. Returns errno, or 0 with the content in `received`. */
static int fetch(const char *head, const char *content, size_t size, int closes)
{
    int pair[2];
    FILE *to = fmemopen(memset(received, 0, sizeof received), sizeof received, "w");
    assert_true(to != NULL && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    assert_int_equal(__real_send(pair[1], head, strlen(head), 0), strlen(head));
    assert_int_equal(__real_send(pair[1], content, size, 0), size);
    shutdown(pair[1], closes ? SHUT_WR : SHUT_RD);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = 2}, sizeof(struct timeval));
    int error = http_receive_head(pair[0], &response) || http_receive_content(pair[0], &response, to) ? errno : 0;
    assert_int_equal(fclose(to), 0);
    close(pair[0]);
    close(pair[1]);
    return error;
}

TEST(content_ends_where_content_length_says_or_where_the_server_closes)
{
    static const struct {
        const char *head, *sent, *content;
        int closes, error;
    } cases[] = {
        {OK "Content-Length: 11\r\n\r\n", "hello world", "hello world", 0, 0}, {OK "\r\n", "", "", 1, 0},
        {OK "Content-Length: 5\r\n\r\n", "hello world", "hello", 0, 0}, {OK "\n", "hello\n\r\n", "hello\n\r\n", 1, 0},
        {OK "Content-Length: 0\r\n\r\n", "hello", "", 0, 0}, {OK "Content", "", "", 1, EPROTO},
        {OK "Content-Length: 6\r\n\r\n", "hello", "hello", 1, EPROTO}, {"hello\r\n\r\n", "", "", 0, EPROTO},
        {OK "Content-Length: 1\r\n\r\n", "", "", 1, EPROTO}, {"", "", "", 1, EPROTO},
    };
    most_in = 3;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int error = fetch(cases[i].head, cases[i].sent, strlen(cases[i].sent), cases[i].closes);
        if (error != cases[i].error || (error == 0 && strcmp(received, cases[i].content) != 0))
            fail_msg("\"%s%s\": errno %d, \"%s\"", cases[i].head, cases[i].sent, error, received);
    }
    assert_true(faulty_calls > 100); /* the faults have really come */
    most_in = 0;
    assert_int_equal(fetch(OK "Content-Length: 99999\r\n\r\n", text, 99999, 0), 0);
    assert_memory_equal(received, text, 99999);
    assert_int_equal(fetch(OK, text, sizeof text, 0), EPROTO); /* too long a head */
}

TEST(a_get_names_its_target_and_its_host)
{
    struct http_request request;
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(http_send_get(pair[0], "/a?b", "h:81"), 0);
    received[__real_recv(pair[1], received, 1000, 0)] = '\0';
    assert_int_equal(http_parse_request(received, strlen(received), &request), strlen(received));
    assert_memory_equal(received, "GET /a?b HTTP/1.0\r\n", 19);
    assert_non_null(strstr(received, "\r\nHost: h:81\r\n"));
    *(char *)memset(received, 'x', 20000) = '/';
    assert_true(http_send_get(pair[0], received, "h") == -1 && errno == EMSGSIZE);
    close(pair[0]);
    close(pair[1]);
}

/* Lets http_serve() answer `start` and some more bytes. Expects `status`, or 0: no reply. Returns the size of all. */
static size_t serve(const char *start, size_t more, int status)
{
    int pair[2], found = 0;
    size_t size = strlen(start);
    memcpy(memset(received, 'x', size + more), start, size);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(__real_send(pair[1], received, size + more, 0), size + more);
    shutdown(pair[1], SHUT_WR);
    http_serve(pair[0], "txt,xyz", 0);
    assert_int_equal(fcntl(pair[0], F_GETFD), -1); /* closed in any case */
    ssize_t used = __real_recv(pair[1], received, sizeof received - 1, MSG_DONTWAIT);
    received[used < 0 ? 0 : used] = '\0'; /* a reset is right, too, where there is no reply */
    sscanf(received, "HTTP/1.%*1[01] %d", &found);
    if (found != status || (status == 0 && used > 0))
        fail_msg("\"%.50s\": %d, not %d", start, found, status);
    close(pair[1]);
    return (size_t)used;
}

TEST(a_connection_is_served_byte_for_byte_and_closed)
{
    char folder[] = "/tmp/test_http.XXXXXX", head[8001];
    assert_true(mkdtemp(folder) != NULL && chdir(folder) == 0);
    FILE *file = fopen("a.txt", "w");
    assert_true(fwrite(text, 1, 5000, file) == 5000 && fclose(file) == 0);
    most_in = 1;
    most_out = 100;
    snprintf(head, sizeof head, "GET /a.txt HTTP/1.0\r\nX: %0*d\r\n\r\n", 8000 - 28, 0); /* 8,000 bytes in all */
    size_t size = serve(head, 1000, 200); /* more than a request */
    const char *content = strstr(received, "\r\n\r\n") + 4;
    assert_int_equal(size, content - received + 5000);
    assert_memory_equal(content, text, 5000);
    serve("GET /b.txt HTTP/1.0\r\n\r\n", 0, 404);
    serve("GET /../a.txt HTTP/1.0\n\n", 0, 403);
    serve("GET \r\n\r\n", 0, 400);
    serve("GET /%zz HTTP/1.0\r\n\r\n", 0, 400);
    serve("GET /a.txt HTTP/1.0\r\n", 0, 0); /* the end comes before the blank line */
    serve("POST /a.txt HTTP/1.0\r\n\r\n", 0, 0);
    serve("\r\n\r\n", 0, 0);
    serve("", 0, 0);
    most_in = 4096;
    serve("GET /a.txt HTTP/1.0\r\nX: ", HTTP_HEAD_MAX, 431);
    assert_true(unlink("a.txt") == 0 && rmdir(folder) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_in_one_byte_pieces_is_complete_only_at_its_blank_line),
        cmocka_unit_test(what_cannot_become_a_get_request_is_refused_at_once),
        cmocka_unit_test(a_path_never_leads_out_of_the_folder_however_it_is_written),
        cmocka_unit_test(the_head_of_a_response_is_taken_apart_only_when_it_is_complete),
        cmocka_unit_test(a_malformed_head_is_refused),
        cmocka_unit_test(content_ends_where_content_length_says_or_where_the_server_closes),
        cmocka_unit_test(a_get_names_its_target_and_its_host),
        cmocka_unit_test(a_connection_is_served_byte_for_byte_and_closed),
    };
    alarm(60); /* for what waits for ever */
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i % 251);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
