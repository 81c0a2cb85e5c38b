/* test_url.c - the promises of url.h, in tables: what goes in, what must come out. */
/* wraps: */
#include "url.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST(name)   static void name(void **state __attribute__((unused)))
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* clang-format off */ /* the tables are packed by hand */

enum { AREA = 65536 }; /* a whole number of pages on any machine */

/* Returns `size` bytes, all 'x', right before a page that nobody may touch: going beyond them is a crash. */
static char *guarded(size_t size)
{
    static char *areas[2];
    static unsigned calls;
    char **area = &areas[calls++ % 2]; /* two at a time: a text, and where its result goes */
    if (*area == NULL) {
        int zero = open("/dev/zero", O_RDWR);
        *area = mmap(NULL, 2 * AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
        assert_true(*area != MAP_FAILED && mprotect(*area + AREA, AREA, PROT_NONE) == 0);
        close(zero);
    }
    return memset(*area + AREA - size, 'x', size);
}

/* ---- url_decode ---- */

/* Decodes `text`, which ends, without a NUL, where it may not be read on, into a buffer just as large as promised. */
static ssize_t decode(const char *text, size_t size, char **decoded)
{
    char *copy = memcpy(guarded(size), text, size);
    *decoded = guarded(size + 1);
    return url_decode(copy, size, *decoded);
}

TEST(escapes_are_decoded_and_all_else_is_left_alone)
{
    static const char *const cases[][2] = {
        {"", ""}, {"abc", "abc"}, {"%41", "A"}, {"%41%42c", "ABc"}, {"a%20b", "a b"}, {"%7e%7E", "~~"},
        {"%2F%2f", "//"}, {"%25", "%"}, {"%2541", "%41"}, {"a+b", "a+b"}, {"%2e%2E/", "../"}, {"?a=1", "?a=1"},
        {"%ff", "\xff"}, {"\xc3\xa9", "\xc3\xa9"}, {"%01", "\1"}, {"%0a%0D", "\n\r"}, {"%aF%Fa", "\xaf\xfa"},
        {"x%30", "x0"}, {"%39%3a", "9:"}, {"%09", "\t"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *decoded;
        ssize_t size = decode(cases[i][0], strlen(cases[i][0]), &decoded);
        if (size != (ssize_t)strlen(cases[i][1]) || strcmp(decoded, cases[i][1]) != 0)
            fail_msg("\"%s\": returned %zd, expected \"%s\"", cases[i][0], size, cases[i][1]);
    }
}

TEST(a_broken_escape_is_refused)
{
    static const char *const cases[] = {
        "%", "%4", "a%", "a%4", "%zz", "%4z", "%z4", "%%41", "%4%41", "% 4", "%+4", "%-1", "%4 ", "%0x", "%0x41",
        "%g0", "%0g", "%:0", "%0@", "%`0", "%/0", "100%", "%u0041",
    };
    char *decoded;
    assert_int_equal(decode("%4a", 3, &decoded), 1); /* so that it is not refused for any other reason */
    for (size_t i = 0; i < COUNT(cases); i++)
        if (decode(cases[i], strlen(cases[i]), &decoded) != -1)
            fail_msg("\"%s\" was taken", cases[i]);
}

TEST(a_nul_is_refused_written_as_an_escape_or_plainly)
{
    static const struct {
        const char *text;
        size_t size;
    } cases[] = {{"%00", 3}, {"a%00b", 5}, {"a%00", 4}, {"\0", 1}, {"a\0b", 3}, {"ab\0", 3}};
    char *decoded;
    assert_int_equal(decode("a%01b", 5, &decoded), 3);
    for (size_t i = 0; i < COUNT(cases); i++)
        if (decode(cases[i].text, cases[i].size, &decoded) != -1)
            fail_msg("case %zu was taken", i);
}

/* ---- url_remove_dots ---- */

TEST(dot_segments_are_taken_out_and_climbing_is_reported)
{
    static const struct {
        const char *path, *rest;
        int result;
    } cases[] = {
        {"a/b/c/./../../g", "a/g", 0}, {"mid/content=5/../6", "mid/6", 0}, {"", "", 0}, {"a/b", "a/b", 0},
        {"a/b/", "a/b/", 0}, {".", "", 0}, {"./", "", 0}, {"./a", "a", 0}, {"a/.", "a/", 0},
        {"a/./b/../c", "a/c", 0}, {"a/b/..", "a/", 0}, {"a/b/../", "a/", 0}, {"a/..", "", 0}, {"a/../b", "b", 0},
        {"a/b/../../c", "c", 0}, {"a/..//etc/passwd", "/etc/passwd", 0}, {"a//../b", "a/b", 0}, {"a//b", "a//b", 0},
        {"...", "...", 0}, {"a/.../b", "a/.../b", 0}, {".a/..b/c../d.", ".a/..b/c../d.", 0}, {"..", "", -1},
        {"../", "", -1}, {"../a", "a", -1}, {"../../a/../b", "b", -1}, {"a/../..", "", -1}, {"a/../../b", "b", -1},
        {"a/./../../../etc/passwd", "etc/passwd", -1}, {"./..", "", -1},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = strlen(cases[i].path) + 1;
        char *path = memcpy(guarded(size), cases[i].path, size);
        int result = url_remove_dots(path);
        if (result != cases[i].result || strcmp(path, cases[i].rest) != 0)
            fail_msg("\"%s\": returned %d and left \"%s\"", cases[i].path, result, path);
    }
}

/* ---- url_parse ---- */

TEST(a_url_is_taken_apart)
{
    static const struct {
        const char *text, *host, *port, *authority, *target;
    } cases[] = {
        {"http://h", "h", "80", "h", "/"}, {"http://h/", "h", "80", "h", "/"},
        {"http://www.example.com/a/b.html", "www.example.com", "80", "www.example.com", "/a/b.html"},
        {"http://h:8080", "h", "8080", "h:8080", "/"}, {"http://h:8080/a", "h", "8080", "h:8080", "/a"},
        {"http://127.0.0.1:65535/a", "127.0.0.1", "65535", "127.0.0.1:65535", "/a"},
        {"http://[::1]/a", "::1", "80", "[::1]", "/a"},
        {"http://[fe80::1:2]:81", "fe80::1:2", "81", "[fe80::1:2]:81", "/"},
        {"http://h/a?b=c&d", "h", "80", "h", "/a?b=c&d"}, {"http://h?b=c", "h", "80", "h", "/?b=c"},
        {"http://h:81?b/c", "h", "81", "h:81", "/?b/c"}, {"http://h/a#top", "h", "80", "h", "/a"},
        {"http://h#top", "h", "80", "h", "/"}, {"http://h/a?b#top?c", "h", "80", "h", "/a?b"},
        {"HTTP://h/A", "h", "80", "h", "/A"}, {"hTTp://h", "h", "80", "h", "/"},
        {"http://h/a@b:c", "h", "80", "h", "/a@b:c"}, {"http://h/http://other/", "h", "80", "h", "/http://other/"},
        {"http://h/a/../b%20c", "h", "80", "h", "/a/../b%20c"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct url url;
        memset(&url, 'x', sizeof url);
        int result = url_parse(cases[i].text, &url);
        if (result != 0 || strcmp(url.host, cases[i].host) != 0 || strcmp(url.port, cases[i].port) != 0 ||
            strcmp(url.authority, cases[i].authority) != 0 || strcmp(url.target, cases[i].target) != 0)
            fail_msg("%s: returned %d, %.255s, %.5s, %.263s, %.99s", cases[i].text, result, url.host, url.port,
                     url.authority, url.target);
    }
}

TEST(what_is_no_http_url_is_refused)
{
    static const char *const cases[] = {
        "", "h", "h/a", "/a", "http:", "http:/h", "http:h", "http://", "http:///a", "http://?a", "http://#a",
        "http://:80/", "https://h/", "HTTPS://h/", "ftp://h/", "httpx://h/", "//h/a", "http//h/", " http://h/",
        "http://h/ ", "http://h/a b", "http://a b", "http://h\t", "http://h/\r\n", "http://h/\x7f", "http://h/\1",
        "http://u@h/", "http://u:p@h/", "http://h:x", "http://h:65536/", "http://h:-1/", "http://h:8a/",
        "http://h:80:80/", "http://h:99999999999/", "http://[::1", "http://[]/", "http://[::1]x/",
        "http://h/a\nHost: other",
    };
    static struct url url;
    assert_int_equal(url_parse("http://h/", &url), 0);
    for (size_t i = 0; i < COUNT(cases); i++)
        if (url_parse(cases[i], &url) != -1)
            fail_msg("\"%s\" was taken", cases[i]);
}

TEST(what_does_not_fit_is_refused_and_not_cut)
{
    static char text[3 * URL_MAX];
    static struct url url;
    for (size_t size = 1; size <= 400; size++) { /* a host of `size` letters */
        snprintf(text, sizeof text, "http://%0*d/", (int)size, 0);
        int result = url_parse(text, &url);
        if (result != (size < sizeof url.host ? 0 : -1) || (result == 0 && strlen(url.host) != size))
            fail_msg("a host of %zu characters: returned %d", size, result);
    }
    for (size_t size = URL_MAX - 300; size <= URL_MAX + 300; size++) { /* a target of `size` characters */
        int used = snprintf(text, sizeof text, "http://[::1]:65535/%0*d", (int)size - 1, 0);
        int result = url_parse(text, &url);
        if ((result == 0 && (size >= URL_MAX || strcmp(url.target, text + used - size) != 0)) ||
            (result != 0 && size < URL_MAX - 100))
            fail_msg("a target of %zu characters: returned %d", size, result);
    }
}

/* ---- url_resolve ---- */

/* The examples of RFC 3986, section 5.4; without "http:g", which may mean two things. Where the right side begins with
 * a slash, "http://a" belongs before it. */
static const char *const normal[][2] = {
    {"g:h", "g:h"}, {"g", "/b/c/g"}, {"./g", "/b/c/g"}, {"g/", "/b/c/g/"}, {"/g", "/g"}, {"//g", "http://g"},
    {"?y", "/b/c/d;p?y"}, {"g?y", "/b/c/g?y"}, {"#s", "/b/c/d;p?q#s"}, {"g#s", "/b/c/g#s"}, {"g?y#s", "/b/c/g?y#s"},
    {";x", "/b/c/;x"}, {"g;x", "/b/c/g;x"}, {"g;x?y#s", "/b/c/g;x?y#s"}, {"", "/b/c/d;p?q"}, {".", "/b/c/"},
    {"./", "/b/c/"}, {"..", "/b/"}, {"../", "/b/"}, {"../g", "/b/g"}, {"../..", "/"}, {"../../", "/"},
    {"../../g", "/g"},
};
static const char *const abnormal[][2] = {
    {"../../../g", "/g"}, {"../../../../g", "/g"}, {"/./g", "/g"}, {"/../g", "/g"}, {"g.", "/b/c/g."},
    {".g", "/b/c/.g"}, {"g..", "/b/c/g.."}, {"..g", "/b/c/..g"}, {"./../g", "/b/g"}, {"./g/.", "/b/c/g/"},
    {"g/./h", "/b/c/g/h"}, {"g/../h", "/b/c/h"}, {"g;x=1/./y", "/b/c/g;x=1/y"}, {"g;x=1/../y", "/b/c/y"},
    {"g?y/./x", "/b/c/g?y/./x"}, {"g?y/../x", "/b/c/g?y/../x"}, {"g#s/./x", "/b/c/g#s/./x"},
    {"g#s/../x", "/b/c/g#s/../x"},
};
/* Not from the RFC: what servers send. */
static const char *const usual[][2] = {
    {"http://h:81/x?y", "http://h:81/x?y"}, {"https://h/x", "https://h/x"}, {"//h:81/x", "http://h:81/x"},
    {"g?u=http://h/", "/b/c/g?u=http://h/"}, {"/x/y?z", "/x/y?z"},
};

static void resolve_all(const char *const cases[][2], size_t count)
{
    static const struct url base = {.host = "a", .port = "80", .authority = "a", .target = "/b/c/d;p?q"};
    for (size_t i = 0; i < count; i++) {
        char absolute[URL_MAX] = "", expected[64];
        snprintf(expected, sizeof expected, "%s%s", *cases[i][1] == '/' ? "http://a" : "", cases[i][1]);
        int result = url_resolve(&base, cases[i][0], absolute);
        if (result != 0 || strcmp(absolute, expected) != 0)
            fail_msg("\"%s\": returned %d and wrote \"%s\", not \"%s\"", cases[i][0], result, absolute, expected);
    }
}

TEST(references_mean_what_rfc_3986_says)
{
    resolve_all(normal, COUNT(normal));
    resolve_all(abnormal, COUNT(abnormal));
    resolve_all(usual, COUNT(usual));
}

TEST(a_reference_keeps_the_port_of_its_base_and_no_slash_of_its_query)
{
    static const struct url base = {.host = "::1", .port = "81", .authority = "[::1]:81", .target = "/a?b/c/d"};
    char absolute[URL_MAX];
    assert_int_equal(url_resolve(&base, "/e", absolute), 0);
    assert_string_equal(absolute, "http://[::1]:81/e");
    assert_int_equal(url_resolve(&base, "e", absolute), 0);
    assert_string_equal(absolute, "http://[::1]:81/e");
}

TEST(a_resolved_url_that_is_too_long_is_refused_and_not_cut)
{
    static const char *const starts[] = {"", "/", "?", "#", "//h/", "http://h/"};
    static const struct url base = {.host = "a", .port = "80", .authority = "a", .target = "/b/c"};
    static char reference[2 * URL_MAX], absolute[URL_MAX];
    for (size_t i = 0; i < COUNT(starts); i++) {
        snprintf(reference, sizeof reference, "%s%0*d", starts[i], URL_MAX / 2, 0);
        assert_int_equal(url_resolve(&base, reference, absolute), 0);
        assert_true(strlen(absolute) >= URL_MAX / 2);
        snprintf(reference, sizeof reference, "%s%0*d", starts[i], URL_MAX, 0);
        assert_int_equal(url_resolve(&base, reference, absolute), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_decoded_and_all_else_is_left_alone),
        cmocka_unit_test(a_broken_escape_is_refused),
        cmocka_unit_test(a_nul_is_refused_written_as_an_escape_or_plainly),
        cmocka_unit_test(dot_segments_are_taken_out_and_climbing_is_reported),
        cmocka_unit_test(a_url_is_taken_apart),
        cmocka_unit_test(what_is_no_http_url_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused_and_not_cut),
        cmocka_unit_test(references_mean_what_rfc_3986_says),
        cmocka_unit_test(a_reference_keeps_the_port_of_its_base_and_no_slash_of_its_query),
        cmocka_unit_test(a_resolved_url_that_is_too_long_is_refused_and_not_cut),
    };
    alarm(60); /* for what waits for ever */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
