#include "forward.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Fields that concern one connection only, and those that the proxy writes itself or makes untrue. */
static const char *const not_forwarded[] = {
    "Connection", "Proxy-Connection",   "Keep-Alive",          "TE",   "Trailer",        "Transfer-Encoding",
    "Upgrade",    "Proxy-Authenticate", "Proxy-Authorization", "Host", "Content-Length",
};

/* Every search below ends at the end of a line, which each line of a whole head has. */

/* The length of a line without its end, CRLF or LF. */
static size_t line_size(const char *line)
{
    return strcspn(line, "\r\n");
}

static const char *next_line(const char *line)
{
    return strchr(line, '\n') + 1;
}

/* Whether the line ends where its first CR or LF is. */
static int is_one_line(const char *line)
{
    line += line_size(line);
    return *line == '\n' || line[1] == '\n';
}

/* Whether the line is a header field, "Name: value". A blank in front of the colon, or of the line, is an old trick to
 * make two servers read one request differently. */
static int is_field(const char *line)
{
    size_t name = strcspn(line, ": \t\r\n");
    return name > 0 && line[name] == ':' && is_one_line(line);
}

/* Whether the field in `line` has the name of `size` characters at `name`. */
static int is_named(const char *line, const char *name, size_t size)
{
    return strncasecmp(line, name, size) == 0 && line[size] == ':';
}

/* Whether one of the fields from `fields` on is a Connection that names the field in `line`. */
static int is_in_connection(const char *line, const char *fields)
{
    static const char connection[] = "Connection";
#ifdef SOLUTION
    for (; line_size(fields) > 0; fields = next_line(fields)) {
        if (!is_named(fields, connection, strlen(connection)))
            continue;
        const char *name = fields + sizeof connection; /* behind the colon */
        while (line_size(name) > 0) {
            size_t size = strcspn(name, ", \t\r\n");
            if (size > 0 && is_named(line, name, size))
                return 1;
            name += size;
            name += strspn(name, ", \t");
        }
    }
    return 0;
#else
    /* TODO 4 (about 12 lines): look for Connection among the fields, up to the blank line, and in each of them for the
     * name of the field in `line`. Names are separated by commas and blanks.
     * Read: RFC 9110, section 7.6.1; strcspn(3), strspn(3).
     * Think: "Connection: X-A" may stand behind "X-A: 1", and there may be two of them. Why does this function get all
     * the fields?
     * Checked by: R6.7. */
    (void)connection;
    (void)line;
    (void)fields;
    (void)next_line;
    return 0;
#endif
}

/* Whether the field in `line`, one of `fields`, goes to the origin server. */
static int is_forwarded(const char *line, const char *fields)
{
#ifdef SOLUTION
    for (size_t i = 0; i < sizeof not_forwarded / sizeof *not_forwarded; i++)
        if (is_named(line, not_forwarded[i], strlen(not_forwarded[i])))
            return 0;
#else
    /* TODO 3 (about 3 lines): leave out the fields of the table above.
     * Read: the comment on is_named().
     * Think: "TE: gzip" is in the table, "Tell: me" is not. Which part of is_named() tells them apart?
     * Checked by: R6.4, R6.6. */
    (void)not_forwarded;
    (void)is_named;
#endif
    return !is_in_connection(line, fields);
}

static void append(struct forward *forward, const char *text, size_t size)
{
    memcpy(forward->head + forward->size, text, size);
    forward->size += size;
}

/* Writes the request for the origin server, with those of the client's `fields` that it is to see. Returns 200 or 400. */
static int write_head(struct forward *forward, const char *fields)
{
    int size = snprintf(forward->head, sizeof forward->head, "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n",
                        forward->url.target, forward->url.authority);
    forward->size = (size_t)size;
    const char *line = fields;
#ifdef SOLUTION
    for (; line_size(line) > 0; line = next_line(line)) {
        if (!is_field(line))
            return 400;
        if (is_forwarded(line, fields)) {
            append(forward, line, line_size(line));
            append(forward, "\r\n", 2);
        }
    }
#else
    /* TODO 2 (about 7 lines): walk along the client's fields, line by line up to the blank one, and append those that
     * is_forwarded() lets through, each with CRLF. A line that is no field, as is_field() says, is an error: 400.
     * Read: RFC 9112, section 5.1.
     * Think: the client may end its lines in a bare LF. By how much may the head grow, and is there room for that?
     * Checked by: R6.2, R6.5. */
    (void)is_field;
    (void)is_forwarded;
    return 400;
#endif
    append(forward, "\r\n", 2);
    return is_one_line(line) ? 200 : 400;
}

int forward_parse(const char *head, size_t size, struct forward *forward)
{
    struct http_request request;
    ssize_t head_size = http_parse_request(head, size, &request);
    if (head_size < 0)
        return *head == '\r' || *head == '\n' ? FORWARD_IGNORE : 501;
    if (head_size == 0)
        return 0;
    /* With a NUL in it a C string is shorter than the head, and the origin server would get another request. */
    if (memchr(head, '\0', (size_t)head_size) != NULL || !is_one_line(head))
        return 400;

    char url[HTTP_HEAD_MAX];
#ifdef SOLUTION
    snprintf(url, sizeof url, "%.*s", (int)(request.query + request.query_size - request.path), request.path);
    if (url_parse(url, &forward->url) < 0)
        return 400;
    return write_head(forward, next_line(head));
#else
    /* TODO 1 (about 4 lines): http_parse_request() has found path and query of what should be a URL. Make one C string of
     * both, take it apart with url_parse(), and write the new head with write_head(), which wants the line behind the
     * first one. What is no URL is an error: 400.
     * Read: the comments in http.h and url.h.
     * Think: path and query lie in `head`, one behind the other. Where does the query end, and what if there is none?
     * Checked by: R6.2, R6.3, R6.12. */
    (void)url;
    (void)write_head;
    (void)forward;
    return 501;
#endif
}
