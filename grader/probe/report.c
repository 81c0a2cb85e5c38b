/* What the probe says when something goes wrong: one line on standard error. */
#include "probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One write for the whole line: lines of several probes must not mix. */
static void say_line(const char *who, const char *colon, const char *format, va_list args)
{
    char line[2 * WORDS_SIZE];
    int len = snprintf(line, WORDS_SIZE, "%s%s", who, colon);

    len += vsnprintf(line + len, sizeof line - (size_t)len - 1, format, args);
    if (len > (int)sizeof line - 2)
        len = (int)sizeof line - 2;
    line[len] = '\n';
    if (write(STDERR_FILENO, line, (size_t)len + 1) < 0)
        return; /* nobody is left to be told */
}

enum outcome fail(const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_line(name, ": ", format, args);
    va_end(args);
    return FAILED;
}

/* One more line about what has failed. */
void say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_line("", "", format, args);
    va_end(args);
}

enum outcome misuse(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_line("probe", ": ", format, args);
    va_end(args);
    return MISUSED;
}

/* For what makes every further step meaningless: no memory, disk full. */
void die(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say_line("probe", ": ", format, args);
    va_end(args);
    exit(MISUSED);
}

/* One byte as a person can read it; returns the number of characters. */
static int visible_byte(char out[8], unsigned char byte)
{
    switch (byte) {
    case '\r': return snprintf(out, 8, "\\r");
    case '\n': return snprintf(out, 8, "\\n");
    case '\t': return snprintf(out, 8, "\\t");
    case '\0': return snprintf(out, 8, "\\0");
    case '\\': return snprintf(out, 8, "\\\\");
    default: return snprintf(out, 8, byte >= 0x20 && byte < 0x7f ? "%c" : "\\x%02x", byte);
    }
}

/* Bytes as a person can read them, cut with "..." where out is full. */
void visible(char *out, size_t size, const char *bytes, size_t len)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < len; i++) {
        char one[8];
        int n = visible_byte(one, (unsigned char)bytes[i]);

        if (used + (size_t)n + 4 > size) {
            snprintf(out + used, size - used, "...");
            return;
        }
        used += (size_t)snprintf(out + used, size - used, "%s", one);
    }
}

/* What the student calls the other side. */
const char *peer_word(const struct probe *p)
{
    return p->listening ? "client" : "server";
}

/* The ending of a noun that N goes before. */
const char *plural(long long n)
{
    return n == 1 ? "" : "s";
}

/* A step that wanted more input did not get it; all counts are of the whole connection. */
enum outcome fail_stopped(struct probe *p, struct conn *c, enum fetched why, const char *wanted)
{
    long long n = c->received;

    if (why == GOT_NOTHING) {
        record_event(p, c->name, "timeout");
        fail(c->name, "nothing came for %g s (received %lld byte%s so far)%s", watch_waited(p), n, plural(n), wanted);
        stand_tell(p, c);
        return FAILED;
    }
    if (c->side == SIDE_RESET)
        return fail(c->name, "the connection was reset after %lld byte%s%s", n, plural(n), wanted);
    return fail(c->name, "the %s closed after %lld byte%s%s", peer_word(p), n, plural(n), wanted);
}

/* The byte at index `at` of the wanted text is another one: the first of the `len` bytes at `rest`. */
enum outcome fail_differs(struct conn *c, const struct step *wanted, size_t at, const char *rest, size_t len)
{
    enum { BEFORE = 20 };
    size_t from = at > BEFORE ? at - BEFORE : 0;
    const char *cut = from > 0 ? "..." : "";
    char is[8], should[8], before[8 * BEFORE], line[80];

    visible(is, sizeof is, rest, 1);
    visible(should, sizeof should, wanted->text + at, 1);
    visible(before, sizeof before, wanted->text + from, at - from);
    fail(c->name, "byte %zu is \"%s\", expected \"%s\"", at + 1, is, should);
    visible(line, sizeof line, wanted->text + at, wanted->len - at);
    say("  expected: %s%s%s", cut, before, line);
    visible(line, sizeof line, rest, len);
    say("  actual:   %s%s%s", cut, before, line);
    say("            %*s^", (int)(strlen(cut) + strlen(before)), "");
    return FAILED;
}
