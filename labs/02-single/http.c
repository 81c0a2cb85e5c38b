#include "http.h"

#include "cli.h"
#include "net.h"
#include "reply.h"
#include "url.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- For servers ---- */

/* Finds the blank line that ends a head. Returns the number of bytes up to its end, 0 where there is none. */
static size_t head_end(const char *head, size_t size)
{
#ifdef SOLUTION
    const char *line = head, *end = head + size, *newline;
    while ((newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
        if (newline == line || (newline == line + 1 && *line == '\r'))
            return (size_t)(newline + 1 - head);
        line = newline + 1;
    }
    return 0;
#else
    /* TODO 1 (about 7 lines): find the first blank line among the bytes that have come so far. A line ends in CRLF or
     * in a bare LF.
     * Read: memchr(3); RFC 1945, section 2.2.
     * Think: the bytes may stop anywhere, also between CR and LF. And may they hold a NUL?
     * Checked by: R2.2, R2.24. */
    (void)head;
    (void)size;
    return 0;
#endif
}

/* The number of characters before the first one of `stops`, which must come. A NUL is a character like others here. */
static size_t span_until(const char *text, const char *stops)
{
    size_t size = 0;
    while (text[size] == '\0' || strchr(stops, text[size]) == NULL)
        size++;
    return size;
}

ssize_t http_parse_request(const char *head, size_t size, struct http_request *request)
{
    static const char method[4] = "GET ";
    if (memcmp(head, method, size < sizeof method ? size : sizeof method) != 0)
        return -1;
    size_t head_size = head_end(head, size);
    if (head_size == 0)
        return 0;
#ifdef SOLUTION
    const char *next = head + sizeof method;
    next += strspn(next, " "); /* the end of the line ends each of these searches */
    request->path = next;
    next += span_until(next, " ?#\r\n");
    request->path_size = (size_t)(next - request->path);
    next += *next == '?';
    request->query = next;
    request->query_size = span_until(next, " #\r\n");
    return (ssize_t)head_size;
#else
    /* TODO 2 (about 8 lines): behind "GET " stands the target: find its path and its query. It ends at a blank, at a
     * "#" or at the end of the line; span_until() above counts the characters up to there.
     * Read: RFC 1945, section 5.1.
     * Think: "GET /" without a version is a request as well. Where does its path end?
     * Checked by: R2.2, R2.24. */
    (void)span_until;
    (void)request;
    return -1;
#endif
}

int http_request_path(const struct http_request *request, char *path)
{
#ifdef SOLUTION
    if (request->path_size == 0 || url_decode(request->path, request->path_size, path) < 0)
        return 400;
    char *inside = path + strspn(path, "/");
    if (url_remove_dots(inside) < 0)
        return 403;
    inside += strspn(inside, "/"); /* "x/..//etc/passwd" has become "/etc/passwd" */
    memmove(path, *inside == '\0' ? "." : inside, strlen(inside) + 1);
    return 200;
#else
    /* TODO 3 (about 7 lines): decode the path, take the leading slashes off and the dots out. What is left must lie in
     * the folder that is served.
     * Read: the comments on url_decode() and url_remove_dots() in url.h.
     * Think: in which order? Try "/%2e%2e/secret" and "x/..//etc/passwd" on paper.
     * Checked by: R2.2, R2.22, R2.23, R2.24. */
    (void)request;
    (void)path;
    (void)url_remove_dots;
    return 400;
#endif
}

int http_answer(const struct http_request *request, const char *types, struct reply *reply)
{
    char path[HTTP_HEAD_MAX];
    int status = http_request_path(request, path);
    return status == 200 ? reply_file(reply, path, types) : reply_error(reply, status);
}

void http_serve(int client, const char *types, long delay_ms)
{
    char head[HTTP_HEAD_MAX];
    struct http_request request;
    size_t used = 0;
    ssize_t received, parsed = 0;
#ifdef SOLUTION
    while (parsed == 0 && used < sizeof head && (received = net_recv(client, head + used, sizeof head - used)) > 0) {
        used += (size_t)received;
        parsed = http_parse_request(head, used, &request);
    }
#else
    /* TODO 4 (about 4 lines): receive the head of the request, piece by piece, until http_parse_request() finds its
     * blank line. Stop also when the client has finished sending and when the buffer is full.
     * Read: recv(2).
     * Think: how many calls of recv() does a request take that comes one byte at a time?
     * Checked by: R2.2, R2.24, R2.21. */
    (void)received;
    (void)net_recv;
    parsed = -1;
#endif
    int too_long = parsed == 0 && used == sizeof head;
    if (parsed > 0 || too_long) {
        cli_delay(delay_ms);
        struct reply reply;
        if ((too_long ? reply_error(&reply, 431) : http_answer(&request, types, &reply)) == 0) {
            reply_send(client, &reply);
            reply_free(&reply);
        }
    }
    net_close(client);
}

/* ---- For clients ---- */

/* The value of the header field `name` in a line "Name: value", or NULL where the line is another one. */
static char *field_value(char *line, const char *name)
{
    size_t size = strlen(name);
    if (strncasecmp(line, name, size) != 0 || line[size] != ':')
        return NULL;
    line += size + 1;
    return line + strspn(line, " \t");
}

/* Reads "HTTP/1.1 200 OK". Returns the status code, or -1 for anything else. */
static int parse_status(const char *line)
{
    int major, minor, status, end = 0;
    if (sscanf(line, "HTTP/%1d.%1d %3d%n", &major, &minor, &status, &end) != 3 || status < 100)
        return -1;
    return line[end] == ' ' || line[end] == '\0' ? status : -1;
}

/* Takes one header field into account. Returns 0, or -1 where its value makes no sense. */
static int parse_field(struct http_response *response, char *line)
{
    char *value;
    if ((value = field_value(line, "Content-Type")) != NULL) {
        response->content_type = value;
    } else if ((value = field_value(line, "Location")) != NULL) {
        response->location = value;
    } else if ((value = field_value(line, "Content-Length")) != NULL) {
        errno = 0;
        response->content_length = strtoll(value, NULL, 10);
        if (*value == '\0' || value[strspn(value, "0123456789")] != '\0' || errno != 0)
            return -1;
    }
    return 0;
}

ssize_t http_parse_response(struct http_response *response)
{
    size_t head_size = head_end(response->buffer, response->used);
    if (head_size == 0)
        return 0;
    response->head_size = head_size;
    response->status = 0;
    response->content_type = response->location = "";
    response->content_length = -1;

    char *line = response->buffer, *head_end = line + head_size;
    while (line < head_end) {
#ifdef SOLUTION
        char *next = (char *)memchr(line, '\n', (size_t)(head_end - line)) + 1, *end = next - 1;
        while (end > line && strchr(" \t\r", end[-1]) != NULL)
            end--;
        *end = '\0';
        if (response->status == 0) {
            response->status_line = line;
            response->status = parse_status(line);
            if (response->status < 0)
                return -1;
        } else if (parse_field(response, line) < 0) {
            return -1;
        }
        line = next;
#else
        /* TODO 5 (about 13 lines): take the head apart, line by line: make each line a C string without its line end,
         * read the status from the first one with parse_status() and the header fields from the others with
         * parse_field().
         * Read: RFC 1945, sections 4.2 and 6.
         * Think: the names of header fields match in any letter case, but only in the head. What if the content has a
         * line "Location: x"?
         * Checked by: R2.6, R2.14, R2.24. */
        (void)parse_status;
        (void)parse_field;
        (void)line;
        return -1;
#endif
    }
    return (ssize_t)head_size;
}

int http_send_get(int fd, const char *target, const char *authority)
{
    char request[URL_MAX + 512];
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", target, authority);
    if (size >= (int)sizeof request) {
        errno = EMSGSIZE;
        return -1;
    }
    return net_send_all(fd, request, (size_t)size);
}

int http_receive_head(int fd, struct http_response *response)
{
    ssize_t parsed = 0, received = 1;
    response->used = 0;
    while (parsed == 0 && received > 0 && response->used < sizeof response->buffer) {
        received = net_recv(fd, response->buffer + response->used, sizeof response->buffer - response->used);
        response->used += received > 0 ? (size_t)received : 0;
        parsed = http_parse_response(response);
    }
    if (parsed > 0)
        return 0;
    if (received >= 0)
        errno = EPROTO;
    return -1;
}

int http_receive_content(int fd, struct http_response *response, FILE *out)
{
    char part[65536];
    const char *from = response->buffer + response->head_size; /* what came together with the head */
    ssize_t size = (ssize_t)(response->used - response->head_size);
    long long left = response->content_length;
    for (;;) {
#ifdef SOLUTION
        if (left >= 0 && size > left)
            size = (ssize_t)left;
        if (fwrite(from, 1, (size_t)size, out) < (size_t)size)
            return -1;
        if (left >= 0 && (left -= size) == 0)
            return 0;
        from = part;
        size = net_recv(fd, part, sizeof part);
        if (size <= 0)
            break;
#else
        /* TODO 6 (about 9 lines): write out what came together with the head, then receive and write more, until
         * Content-Length bytes are there or, without that field, until the server closes.
         * Read: RFC 1945, section 7.2.2; fwrite(3).
         * Think: a server may keep the connection open after its reply. What would a client do that always reads until
         * it closes?
         * Checked by: R2.6, R2.10, R2.24. */
        (void)from;
        (void)out;
        (void)part;
        (void)fd;
        size = -1;
        errno = ENOSYS;
        break;
#endif
    }
    if (size == 0 && left > 0)
        errno = EPROTO;
    return size == 0 && left < 0 ? 0 : -1;
}

const char *http_strerror(int error)
{
    return error == EPROTO ? "the reply is incomplete, or is not HTTP" : strerror(error);
}
