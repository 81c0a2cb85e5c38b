/* reply.h - what a web server replies: a file, some text, or a page that reports an error (RFC 1945, section 6). */
#ifndef REPLY_H
#define REPLY_H

#include <stddef.h>
#include <sys/types.h>

/* The usual words for a status code, a constant: "Not Found" for 404. "Error" for a code that it does not know. */
const char *reply_reason(int status);

struct reply {
    char *text;      /* malloc()ed: status line, header fields, blank line, and the content except what is in `file` */
    size_t size;     /* of text, in bytes */
    int file;        /* descriptor of the file with the rest of the content; -1 where there is none */
    off_t file_size; /* how many bytes of it are left to send; 0 where there is none */
};

/* Makes *reply the page that reports `status`, 400 or above: "404 Not Found".
 * Returns 0, or -1 with errno ENOMEM; then there is nothing to free. reply_free() frees it. */
int reply_error(struct reply *reply, int status);

/* Makes *reply a 200 whose content is the `size` bytes at `content`. Returns and frees like reply_error(). */
int reply_content(struct reply *reply, const char *type, const char *content, size_t size);

/* Makes *reply the file `path`, relative to the current folder, or the index.html of the folder `path`; where that is
 * not to be had, the page that says why: 404 where it does not exist, 403 where its type is not in the table of
 * reply.c, it is no regular file or cannot be read. `allowed` are the extensions that may be sent ("html,htm"); NULL
 * means all. reply->text takes the beginning of the file with it: so a small one leaves in one send(2) with its head.
 * Returns and frees like reply_error(). */
int reply_file(struct reply *reply, const char *path, const char *allowed);

/* Reads the next bytes of a reply's file, at most `size`, into `buffer`, and takes them off reply->file_size.
 * Returns how many; 0 when all has been read, or there is no file; -1 with errno of read(2). */
ssize_t reply_read_file(struct reply *reply, char *buffer, size_t size);

/* Frees what *reply holds and closes its file. */
void reply_free(struct reply *reply);

/* Sends a whole reply to `client`. Stops early where the client hangs up or the file turns out shorter than it was:
 * what the client has then is less than Content-Length promised. Blocks while the client does not read. */
void reply_send(int client, struct reply *reply);

#endif
