/* test_product.c - the promises of product.h. Numbers are never compared as text: what is written is read again. */
/* wraps: */
#include "product.h"

#include <fcntl.h>
#include <float.h>
#include <math.h>
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

/* Parses `query`, which ends, without a NUL, right before a page that nobody may touch. */
static ssize_t parse(const char *query, size_t size, double *operands, size_t max)
{
    static char *end;
    if (end == NULL) {
        int zero = open("/dev/zero", O_RDWR);
        end = (char *)mmap(NULL, 2 * AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0) + AREA;
        assert_int_equal(mprotect(end, AREA, PROT_NONE), 0);
        close(zero);
    }
    return product_parse(memcpy(end - size, query, size), size, operands, max);
}

/* Whether two numbers are the same double: 0 and -0 are not. */
static int is_same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* ---- From a query ---- */

TEST(a_decimal_number_is_taken_for_what_it_is)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"12", 12}, {"60", 60}, {"0.5", 0.5}, {"-3", -3}, {".5", 0.5}, {"-.5", -0.5}, {"0", 0}, {"1e3", 1000},
        {"1E3", 1000}, {"1e-3", 0.001}, {"-2.5e-3", -0.0025}, {"1e%2B3", 1000}, {"%2D3", -3}, {"%2d3", -3},
        {"%31%32", 12}, {"1%2E5", 1.5}, {"%31e%33", 1000}, {"007", 7}, {"0.1", 0.1}, {"1e300", 1e300},
        {"5e-324", 5e-324}, {"9007199254740993", 9007199254740992.0}, {"1.7976931348623157e308", DBL_MAX},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char query[64];
        double value = 999;
        int size = snprintf(query, sizeof query, "a=%s", cases[i].text);
        if (parse(query, (size_t)size, &value, 1) != 1 || !is_same(value, cases[i].value))
            fail_msg("\"%s\" became %.17g", cases[i].text, value);
    }
}

TEST(what_is_no_decimal_number_or_not_only_one_is_refused)
{
    static const char *const cases[] = {
        "", "abc", "a1", "inf", "-inf", "INF", "infinity", "nan", "NaN", "nan(1)", "0x10", "0X1P3", "1x", "12abc",
        "1e", "1e-", "e5", ".", "-", "--3", "-%2D3", "1-", "1.2.3", "1,5", "1%2C5", " 1", "1 ", "%201", "1%20",
        "%0A1", "1%0A", "1\n", "1e999", "-1e999", "2e308", "%", "%4", "1%", "1%3", "%zz", "%00", "1%00", "%001",
        "%69nf", "1_0", "1=2", "1;2", "1'0", "1f", "1d0", "1l", "0b1", "%2531",
    };
    double values[3];
    assert_int_equal(parse("a=1&b=0&c=2", 11, values, 3), 3); /* so that it is not refused for any other reason */
    for (size_t i = 0; i < COUNT(cases); i++) {
        char query[64];
        int size = snprintf(query, sizeof query, "a=%s", cases[i]);
        if (parse(query, (size_t)size, values, 3) != -1)
            fail_msg("\"%s\" was taken", query);
        size = snprintf(query, sizeof query, "a=1&b=%s&c=2", cases[i]);
        if (parse(query, (size_t)size, values, 3) != -1)
            fail_msg("\"%s\" was taken", query);
    }
    assert_int_equal(parse("a=1\0", 4, values, 3), -1);
    assert_int_equal(parse("a=\0", 3, values, 3), -1);
    assert_int_equal(parse("a=1\0&b=2", 8, values, 3), -1);
}

TEST(a_number_may_be_longer_than_any_double_needs)
{
    char query[5000];
    double value = 0;
    snprintf(query, sizeof query, "a=%.4990f", 1.5);
    assert_int_equal(parse(query, strlen(query), &value, 1), 1);
    assert_true(is_same(value, 1.5));
    snprintf(query, sizeof query, "a=%04990d", 7);
    assert_int_equal(parse(query, strlen(query), &value, 1), 1);
    assert_true(is_same(value, 7));
}

TEST(operands_keep_their_order_whatever_their_names)
{
    static const struct {
        const char *query;
        ssize_t count;
        double values[4];
    } cases[] = {
        {"a=12&b=60&another=0.5", 3, {12, 60, 0.5}}, {"b=1&a=2&c=3", 3, {1, 2, 3}}, {"a=1&a=2&a=1", 3, {1, 2, 1}},
        {"a=-1&b=%2D2&c=3e0&d=.4", 4, {-1, -2, 3, 0.4}}, {"a=1&&b=2", 2, {1, 2}}, {"9=1&8=2", 2, {1, 2}},
        {"inf=1&nan=2", 2, {1, 2}}, {"%41=1&b=2", 2, {1, 2}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double values[4];
        if (parse(cases[i].query, strlen(cases[i].query), values, 4) != cases[i].count)
            fail_msg("\"%s\": not %zd operands", cases[i].query, cases[i].count);
        for (ssize_t k = 0; k < cases[i].count; k++)
            assert_true(is_same(values[k], cases[i].values[k]));
    }
}

TEST(no_parameter_and_a_parameter_without_a_value_are_refused)
{
    static const char *const cases[] = {
        "", "&", "&&&", "a", "=", "a=", "a&b", "a=1&b", "b&a=1", "a=1&=", "a=&b=2", "a=1&b=",
    };
    double values[4];
    assert_int_equal(parse("a=1", 3, values, 4), 1);
    for (size_t i = 0; i < COUNT(cases); i++)
        if (parse(cases[i], strlen(cases[i]), values, 4) != -1)
            fail_msg("\"%s\" was taken", cases[i]);
}

TEST(too_many_operands_are_refused_and_not_stored)
{
    double values[1001] = {[2] = 999};
    char query[8000] = "";
    assert_int_equal(parse("a=1&b=2", 7, values, 2), 2);
    assert_int_equal(parse("a=1&b=2&c=3", 11, values, 2), -1);
    assert_true(is_same(values[2], 999));
    for (int i = 0; i < 1000; i++)
        sprintf(query + strlen(query), "%sx=%d", i == 0 ? "" : "&", i);
    assert_int_equal(parse(query, strlen(query), values, 999), -1);
    assert_int_equal(parse(query, strlen(query), values, 1000), 1000);
    for (int i = 0; i < 1000; i++)
        assert_true(is_same(values[i], i));
}

/* ---- To JSON (RFC 8259) ---- */

/* Takes `text` off the beginning of *json, and the blanks before it. Returns whether it is there. */
static int take(const char **json, const char *text)
{
    *json += strspn(*json, " \t\r\n");
    int found = strncmp(*json, text, strlen(text)) == 0;
    *json += found ? strlen(text) : 0;
    return found;
}

/* Takes a number off the beginning of *json, in the form of RFC 8259, section 6, or one of the three strings, into
 * *number. Returns whether it is there; then `text` is what was taken. */
static int take_number(const char **json, double *number, char text[512])
{
    static const char digits[] = "0123456789";
    take(json, "");
    const char *from = *json, *next = from + (*from == '-');
    size_t size = strspn(next, digits);
    *number = take(json, "\"inf\"") ? INFINITY : take(json, "\"-inf\"") ? -INFINITY : NAN;
    if (!isnan(*number) || take(json, "\"nan\""))
        return 1;
    int valid = size == 1 || (size > 1 && *next != '0');
    next += size;
    if (*next == '.') {
        size = strspn(++next, digits);
        valid = valid && size > 0;
        next += size;
    }
    if (*next == 'e' || *next == 'E') {
        next += 1 + (next[1] == '-' || next[1] == '+');
        size = strspn(next, digits);
        valid = valid && size > 0;
        next += size;
    }
    snprintf(text, 512, "%.*s", (int)(next - from), from);
    *number = strtod(text, NULL);
    *json = next;
    return valid;
}

/* Writes the product of `operands`, checks that it is JSON and that the operands read back as the same doubles. Returns
 * the result that it reports, and puts the text of the last operand in `text`. */
static double product(const double *operands, size_t count, char text[512])
{
    char *whole = product_json(operands, count), last[512];
    const char *json = whole;
    double number = 0;
    assert_non_null(whole);
    int valid = take(&json, "{") && take(&json, "\"operation\"") && take(&json, ":") && take(&json, "\"product\"") &&
                take(&json, ",") && take(&json, "\"operands\"") && take(&json, ":");
    for (size_t i = 0; i < count && valid; i++)
        valid = take(&json, i == 0 ? "[" : ",") && take_number(&json, &number, text) && is_same(number, operands[i]);
    valid = valid && take(&json, "]") && take(&json, ",") && take(&json, "\"result\"") && take(&json, ":") &&
            take_number(&json, &number, last) && take(&json, "}") && take(&json, "") && *json == '\0';
    if (!valid)
        fail_msg("%s", whole);
    free(whole);
    return number;
}

TEST(every_operand_reads_back_as_the_same_double)
{
    static const double values[] = {
        0, -0.0, 1, -1, 0.1, 0.2, 0.3, 0.1 + 0.2, 1.0 / 3, -2.0 / 3, 1e300, -1e300, 5e-324, DBL_MIN, DBL_MAX,
        -DBL_MAX, DBL_EPSILON, 1 + DBL_EPSILON, 1 - DBL_EPSILON / 2, 9007199254740991, -9007199254740991,
        9007199254740992, 9007199254740994, 1e15, 1e16, 1e21, 1e22, 1e23, 123456789.125, 4294967296, 4294967295,
        2147483648, 1e-5, 1e-7, 3.14159265358979312, 179769313486231570000.0,
    };
    char text[512];
    for (size_t i = 0; i < COUNT(values); i++)
        if (!is_same(product(&values[i], 1, text), values[i]) && values[i] != 0)
            fail_msg("%.17g times 1 is another number", values[i]);
    uint64_t bits = 1; /* and many others, the same in each run (Marsaglia's xorshift) */
    for (int i = 0; i < 5000; i++) {
        double value;
        bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value))
            assert_true(is_same(product(&value, 1, text), value));
    }
    product(values, COUNT(values), text);
}

TEST(whole_numbers_have_no_point)
{
    static const double values[] = {
        0, 1, -1, 12, 60, 360, 720, 1000, 65536, 100000, 1e6, 1e7, 16777216, 2147483648, 1e10, 1e15, -1e15,
        9007199254740991, -9007199254740991,
    };
    for (size_t i = 0; i < COUNT(values); i++) {
        char text[512];
        product(&values[i], 1, text);
        if (strchr(text, '.') != NULL)
            fail_msg("%s", text);
    }
}

TEST(the_result_is_the_product_and_its_overflow_a_word)
{
    static const struct {
        size_t count;
        double values[4], result;
    } cases[] = {
        {3, {12, 60, 0.5}, 360}, {2, {12, 60}, 720}, {1, {7}, 7}, {4, {2, -3, 4, -5}, 120}, {2, {0.5, -0.25}, -0.125},
        {2, {1e200, 1e200}, INFINITY}, {2, {-1e200, 1e200}, -INFINITY}, {3, {-1e200, 1e200, -1}, INFINITY},
        {3, {1e200, 1e200, 0}, NAN}, {2, {1e-200, 1e-200}, 0}, {2, {DBL_MAX, 2}, INFINITY}, {2, {DBL_MAX, 1}, DBL_MAX},
        {2, {94906265, 94906265}, 94906265.0 * 94906265.0}, {2, {5, 0}, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[512];
        double result = product(cases[i].values, cases[i].count, text);
        if (!is_same(result, cases[i].result) && !(isnan(result) && isnan(cases[i].result)))
            fail_msg("case %zu: %.17g, not %.17g", i, result, cases[i].result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decimal_number_is_taken_for_what_it_is),
        cmocka_unit_test(what_is_no_decimal_number_or_not_only_one_is_refused),
        cmocka_unit_test(a_number_may_be_longer_than_any_double_needs),
        cmocka_unit_test(operands_keep_their_order_whatever_their_names),
        cmocka_unit_test(no_parameter_and_a_parameter_without_a_value_are_refused),
        cmocka_unit_test(too_many_operands_are_refused_and_not_stored),
        cmocka_unit_test(every_operand_reads_back_as_the_same_double),
        cmocka_unit_test(whole_numbers_have_no_point),
        cmocka_unit_test(the_result_is_the_product_and_its_overflow_a_word),
    };
    alarm(60); /* for what waits for ever */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
