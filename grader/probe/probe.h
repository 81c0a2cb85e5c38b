/* probe: a scripted TCP or UDP client, or peer, that judges by order of events. */
#ifndef PROBE_H
#define PROBE_H

#include <netdb.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __GNUC__
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#else
#define PRINTF_LIKE(f, a)
#endif

enum {
    CHUNK = 65536,         /* bytes moved at once; also more than any datagram */
    NAME_SIZE = 32,        /* longest connection name, with its end */
    WORDS_SIZE = 512,      /* longest failure message */
    DEEPEST = 8,           /* generations of processes that are looked at */
    MOST_KEPT = 150000000, /* bytes that a probe records of what it receives */
    MOST_WAITS = 4         /* how many times the deadline a step of a client may take while bytes come */
};

/* What a step, and in the end the whole run, came to: also the exit status. */
enum outcome { DONE = 0, FAILED = 1, MISUSED = 2 };

/* How the incoming side of a connection stands. */
enum side { SIDE_OPEN, SIDE_FIN, SIDE_RESET };

/* What the present line holds: nothing, a lone CR, or more. */
enum content { EMPTY, LONE_CR, MORE };

/* What waiting for input came to. */
enum fetched { GOT_BYTES, GOT_END, GOT_NOTHING };

/* The modes in which a verb exists; a verb can have several. */
enum mode { TCP_CLIENT = 1, TCP_LISTEN = 2, UDP_CLIENT = 4, UDP_LISTEN = 8 };

/* What stands behind the = of a step. */
enum argument { ARG_NONE, ARG_TEXT, ARG_NUMBER, ARG_MAYBE_NUMBER, ARG_PAIR, ARG_PATH };

/* What a verb wants of the connection it names. */
enum need { NEED_NOTHING, NEED_CLOSED, NEED_OPEN, NEED_EITHER };

/* Received bytes that no step has asked for yet. */
struct buffer {
    char *bytes;
    size_t start;
    size_t len;
    size_t size;
    bool keep; /* false: only count, since no step will look at the content */
};

struct conn {
    char name[NAME_SIZE];
    int fd; /* -1 when not open */
    enum side side;
    bool end_told;          /* a step has already waited for the end */
    bool fin_sent;          /* we have half-closed */
    bool reset_pending;     /* the kernel told us of a RST while we were sending */
    enum content sent_line; /* what the present line of what we sent holds */
    long long received;
    long long consumed; /* how much of it the steps have asked for */
    long long sent;
    struct buffer unread;
    int sent_file;
    int received_file;
    struct sockaddr_storage peer; /* UDP: where datagrams go to */
    socklen_t peer_len;
    int from_port;  /* UDP: from where the last one came */
    char *datagram; /* UDP: the last one that came */
    size_t datagram_len;
    struct conn *next;
};

struct probe;
struct step;

struct verb {
    const char *name;
    unsigned modes;
    enum argument argument;
    enum need need;
    bool looks; /* looks at the content of what was received */
    enum outcome (*run)(struct probe *p, struct conn *c, const struct step *s);
};

struct step {
    const struct verb *verb;
    char name[NAME_SIZE];
    char *text; /* ARG_TEXT, decoded; ARG_PATH */
    size_t len;
    bool has_number;
    long long number;
    long long ms; /* the last number */
};

struct probe {
    bool udp;
    bool listening;
    const char *dir; /* NULL: nothing is recorded */
    long long limit; /* deadline of a wait, in microseconds */
    const char *host;
    const char *port;
    struct step *steps;
    size_t step_count;
    bool patient; /* the present step may wait for ever for its peer */
    struct addrinfo *addresses;
    int listener; /* TCP listener, or the UDP socket of listen mode */
    int rcvbuf;   /* 0: leave it to the kernel */
    int backlog;
    struct conn *conns;
    long long began;
    long long step_began;
    long long kept; /* bytes recorded of what was received */
    int events_file;
};

/* clock.c: all times are in microseconds */
long long now_us(void);
long long deadline(const struct probe *p);
short wait_for(int fd, short events, long long until);
void sleep_us(long long us);

/* watch.c */
void watch(const char *process);
void watch_begin(void);
bool watch_asleep(void);
double watch_waited(const struct probe *p);
const char *watched_process(void);

/* account.c */
bool account(const char *process, char *words, size_t size);

/* stand.c */
void stand_record(struct probe *p);
void stand_tell(struct probe *p, const struct conn *c);
void stand_tell_queue(int port);

/* report.c */
void say(const char *format, ...) PRINTF_LIKE(1, 2);
enum outcome fail(const char *name, const char *format, ...) PRINTF_LIKE(2, 3);
enum outcome misuse(const char *format, ...) PRINTF_LIKE(1, 2);
void die(const char *format, ...) PRINTF_LIKE(1, 2);
void visible(char *out, size_t size, const char *bytes, size_t len);
const char *peer_word(const struct probe *p);
const char *plural(long long n);
enum outcome fail_stopped(struct probe *p, struct conn *c, enum fetched why, const char *wanted);
enum outcome fail_differs(struct conn *c, const struct step *wanted, size_t at, const char *rest, size_t len);

/* record.c */
void write_all(int fd, const char *what, const char *bytes, size_t len);
void record_start(struct probe *p);
void record_files(struct probe *p, struct conn *c);
void record_event(struct probe *p, const char *name, const char *what);
void record_count(struct probe *p, const char *name, const char *what, long long count);
void record_sent(struct probe *p, struct conn *c, const char *bytes, size_t len);
void record_received(struct probe *p, struct conn *c, const char *bytes, size_t len);
void record_side(struct probe *p, struct conn *c);
void record_failure(struct probe *p);

/* buffer.c */
void *need_memory(void *memory);
void buffer_add(struct buffer *b, const char *bytes, size_t len);
const char *buffer_bytes(const struct buffer *b);
void buffer_drop(struct buffer *b, size_t len);
void buffer_clear(struct buffer *b);

/* verbs.c, script.c, run.c */
const struct verb *verb_find(const char *name, unsigned mode, bool *elsewhere);
unsigned probe_mode(const struct probe *p);
bool is_verb(const struct step *s, const char *name);
enum outcome script_read(struct probe *p, char **words, size_t count);
int as_int(long long number);
void script_free(struct probe *p);
enum outcome script_run(struct probe *p);

/* net.c */
enum outcome net_prepare(struct probe *p);
enum outcome net_listen(struct probe *p);
int net_connect(struct probe *p, bool *reset);
int net_port(const struct sockaddr_storage *a);
void net_nonblocking(int fd);
void net_rcvbuf(int fd, int size);

/* conn.c */
struct conn *conn_get(struct probe *p, const char *name);
void conn_start(struct probe *p, struct conn *c, int fd);
void conn_close(struct probe *p, struct conn *c);
void conn_close_all(struct probe *p);
void conn_free_all(struct probe *p);
ssize_t conn_take_in(struct probe *p, struct conn *c, size_t max);
enum fetched conn_fetch(struct probe *p, struct conn *c, size_t max);
void conn_broken(struct probe *p, struct conn *c, int error);
void conn_use(struct conn *c, size_t len);

/* send.c */
enum outcome push(struct probe *p, struct conn *c, const char *bytes, size_t len);

/* The verbs. */
#define VERB(name) enum outcome step_##name(struct probe *p, struct conn *c, const struct step *s)
VERB(open);
VERB(accept);
VERB(next);
VERB(close);
VERB(fin);
VERB(reset);
VERB(local);
VERB(rcvbuf);
VERB(backlog);
VERB(hold);
VERB(try);
VERB(send);
VERB(file);
VERB(drip);
VERB(flood);
VERB(stuff);
VERB(recv);
VERB(line);
VERB(head);
VERB(eof);
VERB(end);
VERB(expect);
VERB(quiet);
VERB(slow);
VERB(upper);
VERB(reply);
VERB(udp_open);
VERB(udp_send);
VERB(udp_file);
VERB(udp_recv);
VERB(udp_expect);
VERB(udp_quiet);
VERB(udp_upper);
VERB(udp_stranger);
VERB(udp_from);
VERB(say);
VERB(wait);
VERB(sleep);
VERB(sigstop);
VERB(sigcont);

#endif
