/* test_forward.c - the promises of forward.h. */
/* wraps: */
#include "forward.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST(name)   static void name(void **state __attribute__((unused)))
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* clang-format off */ /* the tables are packed by hand */

enum { AREA = 65536 }; /* a whole number of pages on any machine */

static struct forward forward;

/* Parses the `size` bytes at `head`, which end, without a NUL, right before a page that nobody may touch. */
static int parse(const char *head, size_t size)
{
    static char *end;
    if (end == NULL) {
        int zero = open("/dev/zero", O_RDWR);
        end = (char *)mmap(NULL, 2 * AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0) + AREA;
        assert_int_equal(mprotect(end, AREA, PROT_NONE), 0);
        close(zero);
    }
    return forward_parse(memcpy(end - size, head, size), size, &forward);
}

/* Whether the line, "Name: value", is one of the forwarded request. */
static int has_line(const char *line)
{
    char head[FORWARD_MAX + 1], wanted[8300];
    snprintf(head, sizeof head, "%.*s", (int)forward.size, forward.head);
    snprintf(wanted, sizeof wanted, "\r\n%s\r\n", line);
    return strstr(head, wanted) != NULL;
}

/* How many lines the forwarded request has, with the blank one. */
static int lines(void)
{
    int count = 0;
    for (size_t i = 0; i < forward.size; i++)
        count += forward.head[i] == '\n';
    return count;
}

TEST(a_request_becomes_one_for_the_origin_server)
{
    static const struct {
        const char *url, *host, *port, *target, *field;
    } cases[] = {
        {"http://example.org/", "example.org", "80", "/", "Host: example.org"},
        {"http://example.org", "example.org", "80", "/", "Host: example.org"},
        {"http://example.org?a=1", "example.org", "80", "/?a=1", "Host: example.org"},
        {"HTTP://example.org/a/b.html", "example.org", "80", "/a/b.html", "Host: example.org"},
        {"http://127.0.0.1:8080/a?b=c&d=/e", "127.0.0.1", "8080", "/a?b=c&d=/e", "Host: 127.0.0.1:8080"},
        {"http://[::1]:9/%41%2f%zz", "::1", "9", "/%41%2f%zz", "Host: [::1]:9"},
        {"http://[::1]/x#top", "::1", "80", "/x", "Host: [::1]"},
        {"http://h/a/../b//c?http://other/", "h", "80", "/a/../b//c?http://other/", "Host: h"},
    };
    static const char *const ends[] = {" HTTP/1.0\r\n\r\n", " HTTP/1.1\r\n\r\n", " HTTP/1.1\n\n", "\r\n\r\n", "\n\n"};
    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t k = 0; k < COUNT(ends); k++) {
            char head[300], line[300];
            int size = snprintf(head, sizeof head, "GET %s%s", cases[i].url, ends[k]);
            assert_int_equal(parse(head, (size_t)size), 200);
            assert_string_equal(forward.url.host, cases[i].host);
            assert_string_equal(forward.url.port, cases[i].port);
            size = snprintf(line, sizeof line, "GET %s HTTP/1.0\r\n", cases[i].target);
            assert_memory_equal(forward.head, line, (size_t)size);
            assert_true(has_line(cases[i].field));
            assert_true(has_line("Connection: close"));
            assert_int_equal(lines(), 4);
            assert_memory_equal(forward.head + forward.size - 4, "\r\n\r\n", 4);
        }
}

TEST(every_part_of_a_request_is_incomplete_and_what_follows_it_is_left_alone)
{
    static const char head[] = "GET http://h:1/x HTTP/1.1\r\nHost: h:1\r\nA: b\n\r\nGET http://i/ HTTP/1.1\r\nC: d\r\n\r\n";
    size_t whole = (size_t)(strstr(head, "\n\r\n") + 3 - head);
    for (size_t size = 1; size < whole; size++)
        assert_int_equal(parse(head, size), 0);
    for (size_t size = whole; size < sizeof head; size++) {
        assert_int_equal(parse(head, size), 200);
        assert_string_equal(forward.url.host, "h");
        assert_int_equal(lines(), 5);
    }
}

TEST(fields_for_this_connection_only_are_left_out)
{
    static const char head[] =
        "GET http://h/ HTTP/1.1\r\nX-First: 1\r\nX-Private: 1\r\nHost: other\r\nConnection: keep-alive,x-private ,\tX-Other\r\n"
        "Proxy-Connection: keep-alive\r\nkeep-alive: 5\r\nTE: gzip\r\nTrailer: a\r\nTRANSFER-ENCODING: chunked\r\n"
        "Upgrade: h2c\r\nProxy-Authenticate: a\r\nProxy-Authorization: a\r\nX-Other: 1\r\nConnection: \r\nContent-Length: 3\r\n"
        "TEA: 1\r\nX-Private-Not: 1\r\nX-Connection: X-First\r\nAccept: a,  b \r\nAccept: c\r\nEmpty:\r\nCookie: TE: 1\r\n"
        "connection: X-Last,,X-Priv\r\nX-Last: 1\r\n\r\n";
    assert_int_equal(parse(head, sizeof head - 1), 200);
    assert_int_equal(lines(), 12);
    static const char *const kept[] = {"X-First: 1", "TEA: 1", "X-Private-Not: 1", "X-Connection: X-First", "Accept: a,  b ",
                                       "Accept: c", "Empty:", "Cookie: TE: 1", "Host: h", "Connection: close"};
    for (size_t i = 0; i < COUNT(kept); i++)
        if (!has_line(kept[i]))
            fail_msg("missing: %s", kept[i]);
}

TEST(bare_line_feeds_become_line_ends)
{
    static const char head[] = "GET http://h/ HTTP/1.0\nA: b\r\nC: d\nConnection: x\nX: y\n\n";
    assert_int_equal(parse(head, sizeof head - 1), 200);
    assert_true(has_line("A: b"));
    assert_true(has_line("C: d"));
    assert_int_equal(lines(), 6);
}

TEST(what_is_no_http_url_is_400_and_another_method_501)
{
    static const struct {
        const char *line;
        int status;
    } cases[] = {
        {"GET / HTTP/1.0", 400}, {"GET ", 400}, {"GET example.org HTTP/1.0", 400}, {"GET https://h/ HTTP/1.1", 400},
        {"GET ftp://h/ HTTP/1.1", 400}, {"GET http:/// HTTP/1.1", 400}, {"GET http://:80/ HTTP/1.1", 400},
        {"GET http://h:port/ HTTP/1.1", 400}, {"GET http://h:65536/ HTTP/1.1", 400}, {"GET http:h HTTP/1.1", 400},
        {"GET http://[::1/ HTTP/1.1", 400}, {"GET http://h/\x01 HTTP/1.1", 400}, {"GET * HTTP/1.1", 400},
        {"POST http://h/ HTTP/1.1", 501}, {"HEAD http://h/ HTTP/1.1", 501}, {"CONNECT h:443 HTTP/1.1", 501},
        {"get http://h/ HTTP/1.1", 501}, {"GETS http://h/ HTTP/1.1", 501}, {"G", 501},
        {"", FORWARD_IGNORE},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int k = 0; k < 2; k++) {
            char head[300];
            int size = snprintf(head, sizeof head, "%s%s", cases[i].line, k == 0 ? "\r\n\r\n" : "\n\n");
            if (parse(head, (size_t)size) != cases[i].status)
                fail_msg("\"%s\" is not %d", cases[i].line, cases[i].status);
        }
}

TEST(what_could_be_read_in_two_ways_is_400)
{
    static const char *const fields[] = {
        "no field", "Name : value", " Name: value", "\tfolded", ": value", "Name", "A: b\rTransfer-Encoding: chunked",
        "\rA: b", "A: b\r", "\r",
    };
    char head[300];
    for (size_t i = 0; i < COUNT(fields); i++) {
        int size = snprintf(head, sizeof head, "GET http://h/ HTTP/1.1\r\nA: b\r\n%s\r\nC: d\r\n\r\n", fields[i]);
        if (parse(head, (size_t)size) != 400)
            fail_msg("\"%s\" was passed on", fields[i]);
    }
    static const char nul[] = "GET http://h/a\0b HTTP/1.1\r\n\r\n", later[] = "GET http://h/ HTTP/1.1\r\nA: \0\r\n\r\n";
    assert_int_equal(parse(nul, sizeof nul - 1), 400);
    assert_int_equal(parse(later, sizeof later - 1), 400);
    static const char inside[] = "GET http://h/\rX: y HTTP/1.1\r\n\r\n", behind[] = "GET http://h/ HTTP/1.1\r\n\r\n\0\r";
    assert_int_equal(parse(inside, sizeof inside - 1), 400);
    assert_int_equal(parse(behind, sizeof behind - 1), 200);
}

TEST(the_longest_request_fits)
{
    char head[HTTP_HEAD_MAX];
    /* Short lines with a bare LF grow most. */
    size_t used = (size_t)snprintf(head, sizeof head, "GET http://h/\n");
    while (used + 4 <= sizeof head) {
        memcpy(head + used, "a:\n", 3);
        used += 3;
    }
    head[used++] = '\n';
    assert_int_equal(parse(head, used), 200);
    assert_int_equal(forward.size, strlen("GET / HTTP/1.0\r\nHost: h\r\nConnection: close\r\n\r\n") + (used - 15) / 3 * 4);

    used = (size_t)snprintf(head, sizeof head, "GET http://h/%08000d HTTP/1.1\r\n", 0);
    used += (size_t)snprintf(head + used, sizeof head - used, "Cookie: %08100d\r\n\r\n", 0);
    assert_int_equal(parse(head, used), 200);
    assert_true(forward.size > 16000);
    used = (size_t)snprintf(head, sizeof head, "GET http://h/%09000d HTTP/1.1\r\n\r\n", 0);
    assert_int_equal(parse(head, used), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_becomes_one_for_the_origin_server),
        cmocka_unit_test(every_part_of_a_request_is_incomplete_and_what_follows_it_is_left_alone),
        cmocka_unit_test(fields_for_this_connection_only_are_left_out),
        cmocka_unit_test(bare_line_feeds_become_line_ends),
        cmocka_unit_test(what_is_no_http_url_is_400_and_another_method_501),
        cmocka_unit_test(what_could_be_read_in_two_ways_is_400),
        cmocka_unit_test(the_longest_request_fits),
    };
    return cmocka_run_group_tests_name("forward", tests, NULL, NULL);
}
