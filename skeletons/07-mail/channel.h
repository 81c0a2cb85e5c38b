/* channel.h - a connection with a server that becomes a secret one half-way (STARTTLS), by OpenSSL (libssl). Whoever
 * sends and receives need not know which it is. A server that is silent, or takes nothing, for 60 seconds is an error.
 * A program that uses it ignores SIGPIPE, because OpenSSL does not know MSG_NOSIGNAL. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <openssl/ssl.h>

#include <stddef.h>
#include <sys/types.h>

enum { CHANNEL_SILENCE_S = 60 };

struct channel {
    int fd;
    SSL *ssl;        /* NULL as long as nothing is encrypted */
    const char *why; /* what was wrong, for people, after a function has returned -1 */
};

/* Connects to `port` of `host` over TCP. Returns 0; then the caller calls channel_close(). Or -1. */
int channel_open(struct channel *channel, const char *host, const char *port);

/* Begins TLS: from here on all is encrypted. The server must have a certificate that somebody vouches for whom this
 * system trusts (its own store, or the file that the environment variable SSL_CERT_FILE names), and that is for
 * `host`, a name or an IP address. Blocks until both sides are done.
 * Returns 0, or -1: then there is nothing left to do but to close. See ssl(7ssl), SSL_CTX_set_verify(3ssl). */
int channel_secure(struct channel *channel, const char *host);

/* Receives once: whatever has come, at most `size` bytes; waits while there is nothing.
 * Returns how many bytes were stored at `data`, or -1, also where the server has closed the connection. */
ssize_t channel_receive(struct channel *channel, void *data, size_t size);

/* Sends all `size` bytes at `data`. Returns 0, or -1; then some of them may have been sent. */
int channel_send(struct channel *channel, const void *data, size_t size);

/* Closes the connection. */
void channel_close(struct channel *channel);

#endif
