#include "reply.h"

#include "net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* What may be served, and as what (media types of RFC 2046). */
static const struct {
    const char *extension, *type;
} media_types[] = {
    {"html", "text/html"},      {"htm", "text/html"},         {"txt", "text/plain"},    {"css", "text/css"},
    {"js", "text/javascript"},  {"json", "application/json"}, {"png", "image/png"},     {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},     {"gif", "image/gif"},         {"svg", "image/svg+xml"}, {"ico", "image/x-icon"},
    {"pdf", "application/pdf"}, {"mp3", "audio/mpeg"},        {"mp4", "video/mp4"},
};

const char *reply_reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "Error";
    }
}

enum { FIELDS_MAX = 256, BEGINNING_MAX = 16384 };

/* Makes *reply the head of a reply with `size` bytes of content, and the content itself; where that is NULL, behind the
 * head is room for the beginning of a file. */
static int make_reply(struct reply *reply, int status, const char *type, const char *content, size_t size)
{
    *reply = (struct reply){.file = -1};
    reply->text = malloc(FIELDS_MAX + (content == NULL && size > BEGINNING_MAX ? BEGINNING_MAX : size));
    if (reply->text == NULL)
        return -1;
#ifdef SOLUTION
    reply->size = (size_t)snprintf(reply->text, FIELDS_MAX,
                                   "HTTP/1.0 %d %s\r\n"
                                   "Content-Type: %s\r\n"
                                   "Content-Length: %zu\r\n"
                                   "Connection: close\r\n"
                                   "\r\n",
                                   status, reply_reason(status), type, size);
#else
    /* TODO 1 (about 7 lines): write the head of the reply into reply->text: status line, Content-Type, Content-Length,
     * Connection: close, blank line. Store how long it is in reply->size.
     * Read: RFC 1945, section 6; snprintf(3).
     * Think: every line ends in CRLF. How can the client tell where the head ends, and where the content ends?
     * Checked by: R2.2, R2.20. */
    (void)status;
    (void)type;
    free(reply->text);
    errno = ENOSYS;
    return -1;
#endif
    if (content != NULL) {
        memcpy(reply->text + reply->size, content, size);
        reply->size += size;
    }
    return 0;
}

int reply_content(struct reply *reply, const char *type, const char *content, size_t size)
{
    return make_reply(reply, 200, type, content, size);
}

int reply_error(struct reply *reply, int status)
{
    char page[256];
    int size = snprintf(page, sizeof page, "<!DOCTYPE html>\n<title>%d %s</title>\n<h1>%d %s</h1>\n", status,
                        reply_reason(status), status, reply_reason(status));
    return make_reply(reply, status, "text/html", page, (size_t)size);
}

/* Whether `extension` is an item of `list`, "html,htm". */
static int is_listed(const char *extension, const char *list)
{
    size_t size = strlen(extension), item;
    for (;; list += item + 1) {
        item = strcspn(list, ",");
        if (item == size && strncasecmp(list, extension, size) == 0)
            return 1;
        if (list[item] == '\0')
            return 0;
    }
}

/* The media type of the file `path`, or NULL where it may not be served. */
static const char *media_type(const char *path, const char *allowed)
{
#ifdef SOLUTION
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash == NULL ? path : slash, '.');
    if (dot == NULL)
        return "text/plain";
    if (allowed != NULL && !is_listed(dot + 1, allowed))
        return NULL;
    for (size_t i = 0; i < sizeof media_types / sizeof *media_types; i++)
        if (strcasecmp(dot + 1, media_types[i].extension) == 0)
            return media_types[i].type;
    return NULL;
#else
    /* TODO 2 (about 9 lines): find the extension of the file's name and look it up in `media_types`, in any letter
     * case. A name without a dot is text/plain. Where `allowed` is not NULL, the extension must be in that list too:
     * is_listed().
     * Read: strrchr(3), strcasecmp(3).
     * Think: "v1.2/readme" has a dot. Is it in the name of the file?
     * Checked by: R2.19. */
    (void)media_types;
    (void)is_listed;
    (void)path;
    (void)allowed;
    return NULL;
#endif
}

/* Opens the file that `path` means, index.html where it is a folder. Returns 200 with the descriptor in *file, its size
 * and its media type, or the status code of the error with nothing open. */
static int open_file(const char *path, const char *allowed, int *file, off_t *size, const char **type)
{
#ifdef SOLUTION
    enum { MODE = O_RDONLY | O_NONBLOCK }; /* opening a FIFO would wait for its writer */
    struct stat about = {0};
    int fd = open(path, MODE);
    int known = fd < 0 ? -1 : fstat(fd, &about);
    if (known == 0 && S_ISDIR(about.st_mode)) {
        int folder = fd;
        path = "index.html";
        fd = openat(folder, path, MODE);
        close(folder);
        known = fd < 0 ? -1 : fstat(fd, &about);
    }
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP ? 404 : 403;
    *type = media_type(path, allowed);
    if (*type == NULL || known < 0 || !S_ISREG(about.st_mode)) {
        close(fd);
        return 403;
    }
    *file = fd;
    *size = about.st_size;
    return 200;
#else
    /* TODO 3 (about 18 lines): open the file; where it is a folder, its index.html. Find its media type and its size. A
     * file that does not exist is 404; one that may not or cannot be served is 403.
     * Read: open(2), openat(2), fstat(2), inode(7).
     * Think: which descriptors are open when you return an error? And what does open() do with a FIFO that nobody
     * writes to?
     * Checked by: R2.2, R2.20. */
    (void)media_type;
    (void)path;
    (void)allowed;
    (void)file;
    (void)size;
    (void)type;
    return 404;
#endif
}

int reply_file(struct reply *reply, const char *path, const char *allowed)
{
    const char *type = NULL;
    int file = -1;
    off_t size = 0;
    int status = open_file(path, allowed, &file, &size, &type);
    if (status != 200)
        return reply_error(reply, status);
    if (make_reply(reply, 200, type, NULL, (size_t)size) < 0) {
        close(file);
        return -1;
    }
    reply->file = file;
    reply->file_size = size;
    ssize_t got = reply_read_file(reply, reply->text + reply->size, BEGINNING_MAX);
    if (got > 0)
        reply->size += (size_t)got;
    if (reply->file_size == 0) {
        close(file);
        reply->file = -1;
    }
    return 0;
}

void reply_free(struct reply *reply)
{
    free(reply->text);
    if (reply->file >= 0)
        close(reply->file);
}

ssize_t reply_read_file(struct reply *reply, char *buffer, size_t size)
{
    if ((off_t)size > reply->file_size)
        size = (size_t)reply->file_size;
    ssize_t got;
    do
        got = size == 0 ? 0 : read(reply->file, buffer, size);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        reply->file_size -= got;
    return got;
}

void reply_send(int client, struct reply *reply)
{
#ifdef SOLUTION
    char part[65536];
    int result = net_send_all(client, reply->text, reply->size);
    ssize_t size;
    while (result == 0 && (size = reply_read_file(reply, part, sizeof part)) > 0)
        result = net_send_all(client, part, (size_t)size);
#else
    /* TODO 4 (about 5 lines): send the text of the reply, then its file, part by part, with reply_read_file() and
     * net_send_all().
     * Read: read(2), send(2).
     * Think: a film may be larger than the memory. How much of it do you hold at a time?
     * Checked by: R2.2, R2.18. */
    (void)client;
    (void)reply;
    (void)net_send_all;
#endif
}
