#include "url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The value of a hexadecimal digit, or -1. */
static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *digit = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));
    return digit == NULL ? -1 : (int)(digit - digits);
}

ssize_t url_decode(const char *text, size_t size, char *decoded)
{
    /* TODO 1 (about 14 lines): copy the text and replace each escape, such as %41, by the byte it stands for;
     * hex_digit() above gives the value of a digit. Refuse a broken escape, and a NUL.
     * Read: RFC 3986, section 2.1.
     * Think: the text is not NUL-terminated. Which bytes must not be looked at when it ends in "%4"?
     * Checked by: R2.2, R2.23. */
    (void)hex_digit;
    (void)text;
    (void)size;
    (void)decoded;
    return -1;
}

int url_remove_dots(char *path)
{
    /* TODO 2 (about 20 lines): walk along the path, segment by segment. Keep a usual segment, drop a ".", and let a
     * ".." take the segment before it away.
     * Read: RFC 3986, section 5.2.4; strcspn(3), memmove(3).
     * Think: what comes out is never longer than what went in. Why can the same memory hold both?
     * Checked by: R2.2, R2.22, R2.23. */
    (void)path;
    return -1;
}

/* Splits "host", "host:port", "[::1]" or "[::1]:port" into url->host and url->port. Returns 0 or -1. */
static int parse_authority(const char *text, struct url *url)
{
    /* TODO 3 (about 12 lines): split "HOST:PORT". The port may be missing; then it is 80. An IPv6 address stands in
     * brackets, [::1], because it has colons of its own.
     * Read: RFC 3986, section 3.2; strcspn(3).
     * Think: which of these lengths come from the network? What happens when one is larger than the array that it goes
     * into?
     * Checked by: R2.23, R2.14. */
    (void)text;
    (void)url;
    return -1;
}

int url_parse(const char *text, struct url *url)
{
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c <= ' ' || *c == 127)
            return -1;
    if (strncasecmp(text, "http://", 7) != 0)
        return -1;
    text += 7;
    size_t authority = strcspn(text, "/?#");
    const char *target = text + authority;
    size_t size = strcspn(target, "#");
    if (authority >= sizeof url->authority || size + 2 > sizeof url->target || memchr(text, '@', authority) != NULL)
        return -1;
    memcpy(url->authority, text, authority);
    url->authority[authority] = '\0';
    snprintf(url->target, sizeof url->target, "%s%.*s", *target == '/' ? "" : "/", (int)size, target);
    return parse_authority(url->authority, url);
}

/* Whether `reference` begins with a scheme, such as "http:" or "mailto:". */
static int has_scheme(const char *reference)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
    return isalpha((unsigned char)*reference) && reference[strspn(reference, allowed)] == ':';
}

int url_resolve(const struct url *base, const char *reference, char absolute[URL_MAX])
{
    if (has_scheme(reference))
        return snprintf(absolute, URL_MAX, "%s", reference) < URL_MAX ? 0 : -1;
    if (strncmp(reference, "//", 2) == 0)
        return snprintf(absolute, URL_MAX, "http:%s", reference) < URL_MAX ? 0 : -1;

    /* TODO 4 (about 14 lines): complete a relative reference. "/b" replaces the path of the base, "b" its last segment,
     * "?q" its query. Then take the dots out with url_remove_dots().
     * Read: RFC 3986, section 5.2, and the table in section 5.4.
     * Think: a server in a subfolder redirects to "../b.html". Which part of the base has to go?
     * Checked by: R2.23, R2.12. */
    (void)base;
    return -1;
}
