/* url.h - the text of addresses on the web: percent-escapes, paths, URLs (RFC 3986). Works on text only: nothing here
 * opens a file or a connection, and nothing blocks. */
#ifndef URL_H
#define URL_H

#include <stddef.h>
#include <sys/types.h>

/* Decodes the percent-escapes among the `size` bytes at `text` ("%41" is "A") into `decoded`, which has room for
 * size + 1 bytes, and ends it with a NUL.
 * Returns the number of bytes before that NUL, or -1 where an escape is broken ("%4", "%zz") or the text has a NUL
 * in it, written "%00" or plainly: a C string would end there. RFC 3986, section 2.1. */
ssize_t url_decode(const char *text, size_t size, char *decoded);

/* Takes the segments "." and ".." out of `path`, in place: "a/./b/../c" becomes "a/c", and "a/b/.." becomes "a/".
 * `path` has no leading slash; its segments are what stands between slashes.
 * Returns 0, or -1 where a ".." would have climbed above the top; that one is left out. RFC 3986, section 5.2.4. */
int url_remove_dots(char *path);

enum { URL_MAX = 8192 };

/* The parts of http://HOST[:PORT][/TARGET], as C strings. */
struct url {
    char host[256];       /* without the brackets of an IPv6 address */
    char port[6];         /* "80" where the URL has none */
    char authority[264];  /* HOST[:PORT] as it was written: what the header field Host takes */
    char target[URL_MAX]; /* path and query, what the request line takes; "/" at least; no fragment */
};

/* Takes `text` apart. Returns 0, or -1 where it does not begin with "http://" (in any letter case), has no host, a port
 * that is no port, user information, blanks or control characters, or is too long. RFC 3986, section 3. */
int url_parse(const char *text, struct url *url);

/* Writes into `absolute` the URL that `reference` means when it is found in the document at `base`: "http://h/b" as it
 * is, "//h/b", "/b", "b", "../b" and "?q" completed from `base`.
 * Returns 0, or -1 where it is too long. RFC 3986, section 5.2. */
int url_resolve(const struct url *base, const char *reference, char absolute[URL_MAX]);

#endif
