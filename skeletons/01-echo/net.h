/* net.h - the socket calls that every lab needs, made safe: they go on after a signal (EINTR), finish what the kernel
 * leaves half done, and report errors instead of ending the program. Sockets are blocking ones. */
#ifndef NET_H
#define NET_H

#include <stddef.h>
#include <sys/types.h>

/* Opens a socket of `type` (SOCK_STREAM for TCP, SOCK_DGRAM for UDP) that is bound to `port` on every address of this
 * machine, IPv6 and IPv4, and for TCP listens there. Port "0" lets the kernel choose. A TCP port can be taken again at
 * once after its server has ended (SO_REUSEADDR); a port that is in use is an error.
 * Returns the socket, which the caller closes, or -1 with errno: EADDRINUSE, EACCES (below 1024), EINVAL (no number).
 * See socket(7), ipv6(7), setsockopt(2), bind(2), listen(2). */
int net_listen(int type, const char *port);

/* Waits for the next connection on the TCP socket `listener`, and uses no processor time while it waits.
 * What only concerns one client (it hung up before its turn: ECONNABORTED) or passes by itself (too many descriptors
 * are open: EMFILE) is not an error: it tries again.
 * Returns the connected socket, which the caller closes, or -1 with errno where no further connection can come.
 * See accept(2), section "Errors". */
int net_accept(int listener);

/* Connects a socket of `type` to `port` of `host`, a name or an address; each address that the name has is tried in
 * turn. `from_port` is the port of this side; NULL lets the kernel choose. Connecting a UDP socket sends nothing: it
 * only sets the one address to send to and to receive from.
 * Returns the socket, which the caller closes, or -1 with the reason in *why, a constant text for people
 * ("Connection refused"). See getaddrinfo(3), connect(2), udp(7). */
int net_connect(int type, const char *from_port, const char *host, const char *port, const char **why);

/* Receives once: whatever has come, at most `size` bytes; waits while there is nothing.
 * Returns how many bytes were stored at `data`, 0 when the peer has finished sending (for UDP also: an empty
 * datagram), or -1 with errno of recv(2). */
ssize_t net_recv(int fd, void *data, size_t size);

/* Sends all `size` bytes at `data`, however many calls of send(2) that takes; waits while the peer is not reading.
 * A peer that has hung up is an error here, EPIPE or ECONNRESET, and never a SIGPIPE.
 * Returns 0, or -1 with errno; then some of the bytes may have been sent. */
int net_send_all(int fd, const void *data, size_t size);

/* Turns the letters a to z among the `size` bytes at `text` into A to Z, in place; every other byte stays as it was. */
void net_capitalize(char *text, size_t size);

/* Ends the TCP connection `fd` so that the peer gets everything that was sent: says that nothing more will come (FIN),
 * takes what the peer may still be sending and throws it away, and closes. Were it closed with input unread, the kernel
 * would send a reset, and that can destroy a reply on its way (RFC 9112, section 9.6).
 * Blocks until the peer closes, for 1 second at the most. `fd` is closed in any case. */
void net_close(int fd);

#endif
