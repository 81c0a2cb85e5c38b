/* smtp.h - what SMTP looks like on the wire (RFC 5321): replies, addresses, text, a password. No sockets in here. */
#ifndef SMTP_H
#define SMTP_H

#include <stddef.h>
#include <sys/types.h>

/* Says whether `address` may go between "<" and ">" of a command: it is not empty, and no CR, LF, "<" or ">" in it can
 * end the command early and begin another. Returns 1 or 0. */
int smtp_is_address(const char *address);

/* Looks for a whole reply at the beginning of the `size` bytes at `data`: a line "250 text", or several, with a hyphen
 * behind the code of each but the last. Lines end in CRLF or in a bare LF, and the text may be missing. A pure
 * function: call it again when more bytes have come.
 * Returns the size of the reply with its last line end (what follows belongs to the next one) and stores its code, 200
 * to 599, in *code; 0 while the reply is incomplete; -1 where a line makes no sense: no code, another code than in the
 * line before, no blank or hyphen behind it. RFC 5321, section 4.2.1. */
ssize_t smtp_parse_reply(const char *data, size_t size, int *code);

/* Writes the `size` bytes at `text`, a part of a message, to `encoded` as they go over the wire: each line ends in
 * CRLF, and a line that begins with a dot gets another one in front. A line end may be "\n" or "\r\n". *last is the
 * last byte of the part before, '\n' for the first part, and is brought up to date. `encoded` has room for 2 * size
 * bytes.
 * Returns how many were written. RFC 5321, sections 2.3.8 and 4.5.2. */
size_t smtp_encode_text(const char *text, size_t size, char *last, char *encoded);

/* Writes into `token` what AUTH PLAIN wants: the base64 of NUL, user, NUL, password, as a C string. RFC 4616.
 * Returns 0, or -1 where that does not fit into `size` bytes. */
int smtp_auth_plain(const char *user, const char *password, char *token, size_t size);

#endif
