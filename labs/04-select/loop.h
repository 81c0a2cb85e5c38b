/* loop.h - many connections in one thread: an event loop around select(2). */
#ifndef LOOP_H
#define LOOP_H

#include "http.h"
#include "reply.h"

/* Makes *reply the answer to *request. Returns 0, or -1 where there is none: then the connection is just closed. It
 * runs between two waits of the loop, so whatever it waits for, everybody waits for. */
typedef int loop_answer(const struct http_request *request, struct reply *reply);

/* Serves HTTP on the TCP socket `listener`, as http_serve() does for one connection, but for all connections at once:
 * it waits until any of them can go on, takes that one a step further, and waits again. A client that sends slowly,
 * sends nothing or does not read holds up nobody, and while nothing happens no processor time is used.
 * A connection whose descriptor is FD_SETSIZE or above is closed at once, since select() cannot watch it. Where no
 * descriptor is left, new connections wait in the backlog until another one ends. Makes `listener` non-blocking.
 * Returns only where nothing more can be served: -1 with errno of select(2) or fcntl(2). */
int loop_run(int listener, loop_answer *answer);

/* ---- One connection, a step at a time: what loop_run() is made of ---- */

struct connection {
    int fd; /* non-blocking */
    enum {
        CONNECTION_READING, /* the request, until its blank line has come */
        CONNECTION_WRITING, /* the reply */
        CONNECTION_CLOSING, /* all is said; what the client still sends is thrown away until it closes too */
        CONNECTION_DONE     /* nothing more to do: connection_free() */
    } state;
    char buffer[HTTP_HEAD_MAX]; /* READING: the request so far; WRITING: a part of the reply's file */
    size_t used;                /* READING: bytes in buffer */
    struct reply reply;         /* WRITING: what to send */
    const char *next;           /* WRITING: the next byte to send, in reply.text or in buffer */
    size_t left;                /* WRITING: how many bytes there are to send from `next` on */
    long long deadline_ms;      /* CLOSING: when to stop waiting for the client, on the clock of loop_now_ms() */
};

/* Makes a connection that reads a request from `fd`, and makes `fd` non-blocking. Returns NULL with errno where memory
 * or fcntl(2) fails; then `fd` is still open and the caller's. */
struct connection *connection_new(int fd);

/* Closes the descriptor of `connection` and frees all that it holds. */
void connection_free(struct connection *connection);

/* Takes `connection` one step further, once select() has said that its descriptor can be read from (READING, CLOSING)
 * or written to (WRITING): one recv(2) or a few send(2), none of which waits. Changes connection->state accordingly. */
void connection_step(struct connection *connection, loop_answer *answer);

/* Milliseconds on a clock that is never set back (CLOCK_MONOTONIC). */
long long loop_now_ms(void);

#endif
