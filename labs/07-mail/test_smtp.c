/* test_smtp.c - the promises of smtp.h, in tables: what goes in, what must come out. */
/* wraps: */
#include "smtp.h"

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

/* Returns a copy of `size` bytes right before a page that nobody may touch: reading beyond them is a crash. */
static char *guarded(const char *data, size_t size)
{
    static char *area;
    if (area == NULL) {
        int zero = open("/dev/zero", O_RDWR);
        area = mmap(NULL, 2 * AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
        assert_true(area != MAP_FAILED && mprotect(area + AREA, AREA, PROT_NONE) == 0);
        close(zero);
    }
    return memcpy(area + AREA - size, data, size);
}

/* ---- smtp_parse_reply ---- */

static const struct {
    const char *reply;
    int code;
} replies[] = {
    {"220 mail.example ESMTP\r\n", 220}, {"250 \r\n", 250}, {"250\r\n", 250}, {"354 go\n", 354}, {"200\n", 200},
    {"599 x\r\n", 599}, {"250-one\r\n250 two\r\n", 250}, {"250-\r\n250\r\n", 250}, {"250-\n250-\r\n250 \n", 250},
    {"550-250 is in the text\r\n550 too\r\n", 550}, {"421-a\r\n421-421 b\r\n421-c\r\n421 d\r\n", 421},
    {"250 \xc3\xa9\x01\r\r\n", 250}, {"250 with-hyphen\r\n", 250},
};

TEST(a_whole_reply_is_taken_and_what_follows_is_left)
{
    static const char *const followers[] = {"", "2", "250", "250 next\r\n", "nonsense\r\n", "\r\n"};
    for (size_t i = 0; i < COUNT(replies); i++)
        for (size_t j = 0; j < COUNT(followers); j++) {
            char data[200];
            int code = 0, size = snprintf(data, sizeof data, "%s%s", replies[i].reply, followers[j]);
            ssize_t taken = smtp_parse_reply(guarded(data, (size_t)size), (size_t)size, &code);
            if (taken != (ssize_t)strlen(replies[i].reply) || code != replies[i].code)
                fail_msg("\"%s\": returned %zd, code %d", data, taken, code);
        }
}

TEST(every_part_of_a_reply_is_incomplete)
{
    for (size_t i = 0; i < COUNT(replies); i++)
        for (size_t size = 0; size < strlen(replies[i].reply); size++) {
            int code;
            ssize_t taken = smtp_parse_reply(guarded(replies[i].reply, size), size, &code);
            if (taken != 0)
                fail_msg("the first %zu bytes of \"%s\": returned %zd", size, replies[i].reply, taken);
        }
}

TEST(a_line_that_makes_no_sense_is_refused)
{
    static const char *const cases[] = {
        "\n", "\r\n", "hello\r\n", "25\r\n", "25 x\r\n", "2500 x\r\n", "250_x\r\n", "250x\r\n", "250\t\r\n",
        " 250 x\r\n", "150 x\r\n", "199 x\r\n", "600 x\r\n", "999 x\r\n", "000 x\r\n", "2/0 x\r\n", "2:0 x\r\n",
        "20: x\r\n", "-25 x\r\n", "250\rx\r\n", "250-a\r\n\r\n", "250-a\r\n251 b\r\n", "250-a\r\n550 b\r\n",
        "250-a\r\nb\r\n", "250-a\r\n 250 b\r\n", "HTTP/1.0 400 Bad Request\r\n", "2x0 x\r\n", "25x x\r\n",
    };
    int code;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t size = strlen(cases[i]);
        ssize_t taken = smtp_parse_reply(guarded(cases[i], size), size, &code);
        if (taken != -1)
            fail_msg("\"%s\": returned %zd", cases[i], taken);
    }
}

/* ---- smtp_is_address ---- */

TEST(an_address_is_one_that_cannot_leave_its_brackets)
{
    static const char *const good[] = {"a@b", "alice@example.org", "o'neil+x@[127.0.0.1]", "root", "\"a b\"@c"};
    static const char *const bad[] = {"", "a@b\r\n", "a@b\n", "\ra@b", "<a@b>", "a@b>", "<", "a<b", "a@b>\r\nX:<"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(smtp_is_address(good[i]), 1);
    for (size_t i = 0; i < COUNT(bad); i++)
        if (smtp_is_address(bad[i]))
            fail_msg("\"%s\" was taken", bad[i]);
}

/* ---- smtp_encode_text ---- */

static const struct {
    const char *text, *wire;
} texts[] = {
    {"", ""}, {"a", "a"}, {"a\n", "a\r\n"}, {"\n", "\r\n"}, {"\n\n", "\r\n\r\n"}, {"a\r\nb\r\n", "a\r\nb\r\n"},
    {".", ".."}, {".\n", "..\r\n"}, {"..\n", "...\r\n"}, {"a.b.\n", "a.b.\r\n"}, {"a\n.b\n.\n", "a\r\n..b\r\n..\r\n"},
    {"\n.\n\n.\n", "\r\n..\r\n\r\n..\r\n"}, {"a\r\n.\r\n", "a\r\n..\r\n"}, {" .\n", " .\r\n"},
    {"....\n", ".....\r\n"}, {"\xff\xc3\xa9%s\t\n", "\xff\xc3\xa9%s\t\r\n"},
};

TEST(lines_end_in_crlf_and_dots_at_their_beginning_are_doubled_wherever_the_text_is_cut)
{
    for (size_t i = 0; i < COUNT(texts); i++) {
        size_t size = strlen(texts[i].text);
        for (size_t cut = 0; cut <= size; cut++) {
            char wire[64], last = '\n';
            size_t used = smtp_encode_text(guarded(texts[i].text, cut), cut, &last, wire);
            assert_true(used <= 2 * cut);
            used += smtp_encode_text(guarded(texts[i].text + cut, size - cut), size - cut, &last, wire + used);
            if (used != strlen(texts[i].wire) || memcmp(wire, texts[i].wire, used) != 0)
                fail_msg("\"%s\", cut after %zu: \"%.*s\"", texts[i].text, cut, (int)used, wire);
            if (last != (size == 0 ? '\n' : texts[i].text[size - 1]))
                fail_msg("\"%s\": the last byte is said to be %d", texts[i].text, last);
        }
    }
}

TEST(a_byte_0_is_text_too)
{
    char wire[8], last = '\n';
    assert_int_equal(smtp_encode_text("\0.\n\0", 4, &last, wire), 5);
    assert_memory_equal(wire, "\0.\r\n\0", 5);
}

/* ---- smtp_auth_plain ---- */

TEST(user_and_password_become_one_line_of_base64)
{
    static const struct {
        const char *user, *password, *token;
    } cases[] = {
        {"tim", "tanstaaftanstaaf", "AHRpbQB0YW5zdGFhZnRhbnN0YWFm"}, /* RFC 4616, section 4 */
        {"a", "b", "AGEAYg=="}, {"a", "bc", "AGEAYmM="}, {"a", "bcd", "AGEAYmNk"}, {"", "", "AAA="},
        {"j\xc3\xbc", " ", "AGrDvAAg"},
    };
    char token[100];
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(smtp_auth_plain(cases[i].user, cases[i].password, token, sizeof token), 0);
        assert_string_equal(token, cases[i].token);
    }
    char password[201] = "", longer[400];
    memset(password, 'x', 200); /* longer than a line of base64 in a mail */
    assert_int_equal(smtp_auth_plain("a", password, longer, sizeof longer), 0);
    assert_int_equal(strlen(longer), (200 + 3 + 2) / 3 * 4);
    assert_null(strchr(longer, '\n'));
}

TEST(what_does_not_fit_is_refused_and_not_cut)
{
    static char password[5000];
    for (size_t length = 0; length < 4096; length += length < 60 ? 1 : 97) {
        size_t needed = (length + 3 + 2) / 3 * 4 + 1;
        char *token = malloc(needed + 100);
        memset(password, 'p', length);
        password[length] = '\0';
        for (size_t size = needed < 20 ? 0 : needed - 20; size < needed + 100; size++) {
            memset(token, 'x', needed + 100);
            int result = smtp_auth_plain("a", password, token, size);
            if (result == 0 && (size < needed || strlen(token) != needed - 1))
                fail_msg("a password of %zu bytes was written into %zu bytes", length, size);
            if (result == 0 && needed < 200 && size >= needed + 16)
                assert_int_equal(token[needed], 'x');
            if (result != 0 && size >= needed + 16 && length < 500)
                fail_msg("a password of %zu bytes does not fit into %zu bytes", length, size);
        }
        free(token);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_reply_is_taken_and_what_follows_is_left),
        cmocka_unit_test(every_part_of_a_reply_is_incomplete),
        cmocka_unit_test(a_line_that_makes_no_sense_is_refused),
        cmocka_unit_test(an_address_is_one_that_cannot_leave_its_brackets),
        cmocka_unit_test(lines_end_in_crlf_and_dots_at_their_beginning_are_doubled_wherever_the_text_is_cut),
        cmocka_unit_test(a_byte_0_is_text_too),
        cmocka_unit_test(user_and_password_become_one_line_of_base64),
        cmocka_unit_test(what_does_not_fit_is_refused_and_not_cut),
    };
    alarm(60); /* for what waits for ever */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
