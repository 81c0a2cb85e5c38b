/* judge: says what is wrong with the JSON that replies of lab 5 bear. The grammar is the strict one of RFC 8259. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: judge product EXPECTED REPLY...\n"
                            "       judge valid REPLY...\n"
                            "       judge integers REPLY...\n"
                            "EXPECTED is a file with [[OPERAND, ...], RESULT, HOW FAR IT MAY BE OFF], the last of\n"
                            "which may be missing, for each REPLY, in an array; `integers`: its operands and its\n"
                            "result are written without a point. Prints the first fault as\n"
                            "`NUMBER MESSAGE`, with the number of the reply from 1, or nothing.\n";

enum {
    SHOWN = 160,         /* at most so much of what a program has sent is shown */
    REPLY_MAX = 10000000 /* no request asks for more, and jansson takes twenty times as much memory */
};

/* Prints a fault, and returns false. */
__attribute__((format(printf, 2, 3))) static bool fault(size_t number, const char *format, ...)
{
    va_list args;

    printf("%zu ", number);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    return false;
}

/* Reads the head of the reply, up to the blank line, and judges its status. */
static bool judge_head(FILE *reply, size_t number)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len = getline(&line, &size, reply);
    char end = '\0';
    bool good = false;

    if (len <= 0) {
        fault(number, "No reply came.");
    } else if (sscanf(line, "HTTP/1.%*1[01] 200%c", &end) != 1 || !isspace((unsigned char)end)) {
        const char *code = strchr(line, ' ');
        int digits = code ? (int)strspn(code + 1, "0123456789") : 0;
        fault(number, "The status code is %.*s; 200 was expected.", digits ? digits : 7, digits ? code + 1 : "missing");
    } else {
        good = true;
    }
    while (good && len > 0 && line[0] != '\n' && strcmp(line, "\r\n") != 0)
        len = getline(&line, &size, reply);
    free(line);
    return good;
}

/* Reads the content of a reply: a JSON value and white space, and nothing else; but a NUL at its end has a requirement
   of its own, and is let pass unless it `counts`. Returns NULL and has told why where it is no JSON. */
static json_t *read_content(FILE *reply, size_t number, bool nul_counts)
{
    json_error_t error;
    json_t *value = json_loadf(reply, JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, &error);
    int byte;

    if (!value) {
        fault(number, "The content is not valid JSON: %.*s.", SHOWN, error.text);
        return NULL;
    }
    do
        byte = getc(reply);
    while (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n');
    if (byte == EOF || (byte == '\0' && !nul_counts && getc(reply) == EOF))
        return value;
    if (byte == '\0')
        fault(number, "There is a NUL byte in the content: a C string ends before it.");
    else
        fault(number, "The content is not valid JSON: more stands behind its end.");
    json_decref(value);
    return NULL;
}

/* Writes a value as short as it reads back the same. The caller frees the text. */
static char *brief(const json_t *value)
{
    char *text = NULL, number[32];
    size_t size;
    FILE *out;

    if (json_is_array(value) && (out = open_memstream(&text, &size))) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            char *element = brief(json_array_get(value, i));
            fprintf(out, "%c%s", i ? ',' : '[', element);
            free(element);
        }
        fputs(json_array_size(value) ? "]" : "[]", out);
        fclose(out);
        return text;
    }
    if (!json_is_real(value))
        return json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(number, sizeof number, "%.*g", digits, json_real_value(value));
        if (strtod(number, NULL) == json_real_value(value))
            break;
    }
    return strdup(number);
}

/* Tells that one member is not what was expected. */
static bool differs(size_t number, const char *member, const json_t *actual, const json_t *wanted)
{
    char *is = brief(actual), *should = brief(wanted);

    fault(number, "\"%s\" is %.*s%s; %.*s%s was expected.", member, SHOWN, is, strlen(is) > SHOWN ? "..." : "", SHOWN,
          should, strlen(should) > SHOWN ? "..." : "");
    free(is);
    free(should);
    return false;
}

static bool same_numbers(const json_t *a, const json_t *b)
{
    bool same = json_array_size(a) == json_array_size(b);

    for (size_t i = 0; same && i < json_array_size(a); i++)
        same = json_is_real(json_array_get(a, i)) &&
               json_real_value(json_array_get(a, i)) == json_real_value(json_array_get(b, i));
    return same;
}

/* Judges the object against EXPECTED: its operation, its operands and its result. By default that may be off as much as
   rounding can make of so many factors. */
static bool judge_product(const json_t *object, const json_t *expected, size_t number)
{
    const json_t *operands = json_object_get(object, "operands"), *result = json_object_get(object, "result");
    const char *operation = json_string_value(json_object_get(object, "operation"));
    const json_t *wanted = json_array_get(expected, 0), *product = json_array_get(expected, 1),
                 *may_be_off = json_array_get(expected, 2);
    size_t factors = json_array_size(wanted);
    double off = may_be_off ? json_real_value(may_be_off) : factors == 1 ? 0 : 2.3e-16 * (double)factors;

    if (!json_is_object(object))
        return fault(number, "The content is no JSON object.");
    if (!operation || strcmp(operation, "product") != 0)
        return fault(number, "The object has no \"operation\" with the value \"product\".");
    if (!json_is_array(operands))
        return fault(number, "The object has no array \"operands\".");
    if (!same_numbers(operands, wanted))
        return differs(number, "operands", operands, wanted);
    if (!result)
        return fault(number, "The object has no \"result\".");
    if (json_is_real(product) && json_is_real(result)) {
        if (fabs(json_real_value(result) - json_real_value(product)) > fabs(json_real_value(product)) * off)
            return differs(number, "result", result, product);
    } else if (!json_equal(result, product)) {
        return differs(number, "result", result, product);
    }
    return true;
}

/* The quotation mark that ends the string at `at`. */
static const char *string_end(const char *at)
{
    for (at++; *at != '"'; at++)
        if (*at == '\\')
            at++;
    return at;
}

/* Looks for a point in the numbers of one member of the outermost object; `text` is valid JSON, which has been read. */
static bool judge_integers(const char *text, const char *member, const char *what, size_t number)
{
    bool inside = false, name = true; /* of that member; whether the next string is a name */
    int depth = 0;

    for (const char *at = text; *at; at++) {
        if (*at == '{' || *at == '[') {
            depth++;
        } else if (*at == '}' || *at == ']') {
            depth--;
        } else if (*at == '"') {
            const char *end = string_end(at);
            if (depth == 1 && name) {
                json_t *key = json_loadb(at, (size_t)(end - at) + 1, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
                inside = key && strcmp(json_string_value(key), member) == 0;
                json_decref(key);
            }
            at = end;
        } else if (depth == 1 && (*at == ':' || *at == ',')) {
            name = *at == ',';
            inside = inside && !name;
        } else if (*at == '.' && inside) {
            const char *start = at;
            while (strchr("+-.eE0123456789", start[-1]))
                start--;
            return fault(number, "%s that is an integer is written with a point: %.*s.", what,
                         (int)strspn(start, "+-.eE0123456789"), start);
        }
    }
    return true;
}

/* Judges one reply; EXPECTED is NULL where it only has to be valid, with integers that have no point where `integers`. */
static bool judge(FILE *reply, const json_t *expected, bool integers, size_t number)
{
    if (fseek(reply, 0, SEEK_END) == 0 && ftell(reply) > REPLY_MAX)
        return fault(number, "The reply has more than %d bytes.", REPLY_MAX);
    rewind(reply);
    bool good = judge_head(reply, number);
    long start = ftell(reply);
    json_t *content = good ? read_content(reply, number, !expected && !integers) : NULL;
    char *text = NULL;
    size_t size = 0;

    good = content && (!expected || judge_product(content, expected, number));
    if (good && integers) {
        good = fseek(reply, start, SEEK_SET) == 0 && getdelim(&text, &size, '\0', reply) > 0 &&
               judge_integers(text, "operands", "An operand", number) &&
               judge_integers(text, "result", "A result", number);
        free(text);
    }
    json_decref(content);
    return good;
}

int main(int argc, char **argv)
{
    json_t *expected = NULL;
    json_error_t error;
    bool product = argc > 3 && strcmp(argv[1], "product") == 0, good = true;
    bool integers = argc > 2 && strcmp(argv[1], "integers") == 0;
    int first = product ? 3 : 2;

    if (!product && !integers && (argc < 3 || strcmp(argv[1], "valid") != 0)) {
        fputs(usage, stderr);
        return 2;
    }
    if (product && !(expected = json_load_file(argv[2], JSON_DECODE_INT_AS_REAL, &error))) {
        fprintf(stderr, "judge: %s: %s\n", argv[2], error.text);
        return 2;
    }
    for (int i = first; i < argc && good; i++) {
        FILE *reply = fopen(argv[i], "r");
        if (!reply) {
            fprintf(stderr, "judge: %s: %s\n", argv[i], strerror(errno));
            return 2;
        }
        good = judge(reply, json_array_get(expected, (size_t)(i - first)), integers, (size_t)(i - first + 1));
        fclose(reply);
    }
    json_decref(expected);
    return 0;
}
