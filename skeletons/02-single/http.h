/* http.h - HTTP/1.0 messages: requests and replies for the servers, responses for the clients (RFC 1945). */
#ifndef HTTP_H
#define HTTP_H

#include "reply.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* ---- For servers ---- */

enum { HTTP_HEAD_MAX = 16384 }; /* a server stops reading when a head gets longer than this */

/* The target of a request, "/product?a=2#top", in two parts as they were sent: they lie in the buffer that was parsed,
 * are not decoded and not NUL-terminated. Either size may be 0. What follows a '#' is in neither. */
struct http_request {
    const char *path; /* "/product" */
    size_t path_size;
    const char *query; /* "a=2" */
    size_t query_size;
};

/* Looks for a whole request at the beginning of the `size` bytes at `head`: a line "GET TARGET [VERSION]", header
 * fields, a blank line; lines end in CRLF or in a bare LF. A pure function: call it again when more bytes have come.
 * Returns the size of the head with its blank line (what follows it belongs to nobody) and fills *request; 0 while the
 * head is incomplete; -1 as soon as it cannot become a GET request any more. RFC 1945, section 5. */
ssize_t http_parse_request(const char *head, size_t size, struct http_request *request);

/* Writes into `path`, which has room for request->path_size + 1 bytes, the file that a request means: decoded, relative
 * to the folder served, "." for the folder itself. It never leads out of that folder.
 * Returns 200, or the status code of the error: 400 where the path is missing or malformed, 403 where it climbs out. */
int http_request_path(const struct http_request *request, char *path);

/* Makes *reply the answer to *request out of the current folder: the file, or the page that says why not. `types` and
 * the result are those of reply_file(). */
int http_answer(const struct http_request *request, const char *types, struct reply *reply);

/* Serves one connection: reads the request, waits `delay_ms` milliseconds, replies with http_answer(), and closes
 * `client` in any case. Something that is not a GET request gets no reply; too long a head gets 431.
 * Blocks until the client has its reply or has hung up. Uses no global state: any number of threads may run it. */
void http_serve(int client, const char *types, long delay_ms);

/* ---- For clients ---- */

struct http_response {
    char buffer[65536];       /* what was received: the head, and perhaps some of the content */
    size_t used;              /* bytes in buffer */
    size_t head_size;         /* of these, the head with its blank line */
    int status;               /* 200 */
    const char *status_line;  /* "HTTP/1.0 200 OK"; this and the next two are C strings in buffer */
    const char *content_type; /* value of the header field; "" where it is missing */
    const char *location;     /* likewise */
    long long content_length; /* in bytes; -1 where it is missing */
};

/* Looks for a whole head at the beginning of the response->used bytes of response->buffer, and fills the other members
 * from it; it puts NULs at the ends of lines. Names of header fields match in any letter case.
 * Returns the size of the head with its blank line; 0 while it is incomplete; -1 where it is malformed: no status line,
 * or a Content-Length that is no number. RFC 1945, section 6. */
ssize_t http_parse_response(struct http_response *response);

/* Sends "GET TARGET HTTP/1.0" with the header field "Host: AUTHORITY" on the connection `fd`.
 * Returns 0, or -1 with errno: of send(2), or EMSGSIZE where the target is longer than any URL here. */
int http_send_get(int fd, const char *target, const char *authority);

/* Receives the head of a response, and perhaps the beginning of its content. Blocks until it is complete.
 * Returns 0, or -1 with errno: of recv(2), or EPROTO where it is cut short, malformed or too long. */
int http_receive_head(int fd, struct http_response *response);

/* Receives the content of a response and writes it to `out`: as many bytes as Content-Length says, or where that is
 * missing, all until the server closes. Blocks until then.
 * Returns 0, or -1 with errno: of recv(2) or of the output, or EPROTO where the content is cut short. */
int http_receive_content(int fd, struct http_response *response, FILE *out);

/* Like strerror(3), with EPROTO in words that fit the functions above. */
const char *http_strerror(int error);

#endif
