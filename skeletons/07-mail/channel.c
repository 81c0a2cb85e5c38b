#include "channel.h"

#include "net.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const char CLOSED[] = "the server has closed the connection";

/* Why a call on the socket has failed, from errno: EAGAIN is what a call says whose time is over. */
static const char *reason(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK ? "the server was silent for 60 s" : strerror(error);
}

/* After a call on channel->ssl has failed: returns 1 where a signal interrupted it, and it is to be made again.
 * Otherwise sets channel->why and returns 0. See SSL_get_error(3ssl). */
static int interrupted(struct channel *channel)
{
    int error = errno;
    switch (SSL_get_error(channel->ssl, 0)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: channel->why = reason(EAGAIN); return error == EINTR;
    case SSL_ERROR_ZERO_RETURN: channel->why = CLOSED; return 0;
    case SSL_ERROR_SYSCALL: channel->why = reason(error); return 0;
    }
    long verdict = SSL_get_verify_result(channel->ssl);
    channel->why =
        verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : ERR_reason_error_string(ERR_get_error());
    return 0;
}

int channel_open(struct channel *channel, const char *host, const char *port)
{
    channel->ssl = NULL;
    channel->fd = net_connect(SOCK_STREAM, NULL, host, port, &channel->why);
    if (channel->fd < 0)
        return -1;
    /* TODO 1 (about 5 lines): tell the kernel that no call on this socket may wait longer than CHANNEL_SILENCE_S
     * seconds, for input or for room to send.
     * Read: socket(7), SO_RCVTIMEO; setsockopt(2).
     * Think: the time begins anew with each call. Why is that right here, and a limit for the whole mail would not
     * be?
     * Checked by: R7.1, R7.19. */
    channel->why = strerror(ENOSYS);
    close(channel->fd);
    return -1;
}

int channel_secure(struct channel *channel, const char *host)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    channel->ssl = context == NULL ? NULL : SSL_new(context);
    channel->why = "OpenSSL could not be set up";
    if (channel->ssl == NULL || SSL_set_fd(channel->ssl, channel->fd) != 1) {
        SSL_CTX_free(context);
        return -1;
    }
    int ready = 0;
    /* TODO 2 (about 2 lines): load the certificates of those whom this system trusts into the context, and demand of
     * the server one that they vouch for. Without the second call, OpenSSL takes any.
     * Read: SSL_CTX_set_default_verify_paths(3ssl), SSL_set_verify(3ssl).
     * Think: who sits between you and the server when you read your mail in a café?
     * Checked by: R7.24, R7.25. */
    channel->why = strerror(ENOSYS);
    SSL_CTX_free(context); /* the connection has a reference of its own */
    /* TODO 3 (about 2 lines): demand that the certificate is for `host`: an IP address, or else a name. A name is
     * also told to the server (SNI), which may have many.
     * Read: X509_VERIFY_PARAM_set1_ip_asc(3ssl), SSL_set1_host(3ssl), SSL_set_tlsext_host_name(3ssl).
     * Think: anybody can have a certificate for a name of his own, from an authority that you trust. What does it
     * prove without this check?
     * Checked by: R7.24, R7.25. */
    (void)host;
    (void)X509_VERIFY_PARAM_set1_ip_asc;
    int connected = 0;
    while (ready && (connected = SSL_connect(channel->ssl)) != 1 && interrupted(channel))
        continue;
    return connected == 1 ? 0 : -1;
}

ssize_t channel_receive(struct channel *channel, void *data, size_t size)
{
    if (channel->ssl == NULL) {
        ssize_t received = net_recv(channel->fd, data, size);
        if (received > 0)
            return received;
        channel->why = received == 0 ? CLOSED : reason(errno);
        return -1;
    }
    /* TODO 4 (about 5 lines): receive what has come through TLS, with SSL_read_ex(). interrupted() above says what
     * to do where that fails.
     * Read: SSL_read_ex(3ssl).
     * Think: poll() on the socket may say that there is nothing, and SSL_read_ex() has something all the same. Where
     * does that come from?
     * Checked by: R7.24. */
    (void)data;
    (void)size;
    (void)interrupted;
    (void)SSL_read_ex;
    return -1;
}

int channel_send(struct channel *channel, const void *data, size_t size)
{
    if (channel->ssl == NULL) {
        if (net_send_all(channel->fd, data, size) == 0)
            return 0;
        channel->why = reason(errno);
        return -1;
    }
    /* TODO 5 (about 5 lines): the same for sending, with SSL_write_ex().
     * Read: SSL_write_ex(3ssl).
     * Think: net_send_all() needs a loop around send(). Which line of the man page says that none is needed here for
     * what is left over?
     * Checked by: R7.24. */
    (void)data;
    (void)size;
    (void)SSL_write_ex;
    return -1;
}

void channel_close(struct channel *channel)
{
    if (channel->ssl != NULL) {
        SSL_shutdown(channel->ssl); /* tells the server that this is the end, and no attack */
        SSL_free(channel->ssl);
    }
    close(channel->fd);
}
