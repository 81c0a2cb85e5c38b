/* forward.h - a request on its way through a proxy: what the client sent becomes what the origin server gets. */
#ifndef FORWARD_H
#define FORWARD_H

#include "http.h"
#include "url.h"

#include <stddef.h>

/* Twice what a client may send has room for what the proxy adds: a CR to each bare LF, a version, two fields. */
enum { FORWARD_MAX = 2 * HTTP_HEAD_MAX };

enum { FORWARD_IGNORE = -1 };

struct forward {
    struct url url;         /* where the origin server is */
    char head[FORWARD_MAX]; /* the request for it, not NUL-terminated */
    size_t size;            /* of that, in bytes */
};

/* Looks for a whole request "GET http://HOST[:PORT]/TARGET" at the beginning of the `size` bytes at `head`, one at least
 * and HTTP_HEAD_MAX at most, and makes of it the one for the origin server: "GET /TARGET HTTP/1.0", its Host,
 * "Connection: close", and the fields of the client that are not for this connection only. The body of a GET is not
 * passed on, and so its length is not either. A pure function: call it again when more bytes have come.
 * Returns 200 and fills *forward; 0 while the request is incomplete; FORWARD_IGNORE where it begins with an empty line;
 * or the status code of the error: 501 for another method, 400 for a target that is no http:// URL, a header field
 * without a name, or a byte that must not be in a head (NUL, a CR in mid-line).
 * RFC 9110, section 7.6.1; RFC 9112, sections 3.2.2 and 5.1. */
int forward_parse(const char *head, size_t size, struct forward *forward);

#endif
