/* faults: runs a program and lets its system calls do what a kernel may do and seldom does.
 *
 *     faults [-s SEED] [-r FILE | -f FD] [--only KIND[,KIND]...] [--after N] [--hurry N] [--port FROM=TO] [--]
 *         PROGRAM ARGUMENT...
 *
 * PROGRAM, its threads and its children run under ptrace(2); a seccomp filter stops them in the few calls that matter
 * here and in no others. It makes no difference how the program was linked, which language it is in, or whether it calls
 * through stdio or the checked functions of _FORTIFY_SOURCE.
 *
 * -s SEED       a number (default 1). The same seed and the same sequence of calls in each thread: the same faults.
 * -r FILE       the report is written to FILE, -f FD: to the open descriptor FD, which the program does not get.
 * --only KINDS  injects these kinds only, --after N: lets the first N calls pass that could have met a fault.
 * --hurry N     time passes N times as fast (2 to 1000): waits are N times as short, and clocks run N times as fast; only
 *               those of processor time do not. No faults are injected then, but for those of --only. Not hurried: what
 *               other options of sockets let the kernel wait for, such as TCP_USER_TIMEOUT; files' times.
 * --port FROM=TO  the program's connections to the port FROM go to the port TO of the same host. Nor are faults injected then,
 *               but for those of --only.
 *
 * Kinds, which are also the lines of the report, `KIND COUNT`, all of them, always in this order:
 *
 * short-read      fewer bytes than asked for and there:  TCP; regular files, see below; pipes and local stream sockets
 *                 above PIPE_BUF bytes only, for up to that many are atomic
 * short-write     fewer bytes taken than given:          the same
 * eintr           interrupted: accept, read, recv*, poll, ppoll, select, pselect6, epoll_*wait, on what can block
 * eintr-write     the same in write, send*, sendfile, splice. A kind of its own because no program that writes to its
 *                 sockets through stdio can survive it: libc throws away what fflush(3) could not write
 * eagain          accept, read, recv*, write, send* on a non-blocking TCP socket or with MSG_DONTWAIT
 * accept-aborted  ECONNABORTED; the connection stays in the queue, where the next accept() meets it
 * accept-emfile   EMFILE, at most 4 in a run; the connection stays in the queue as well
 *
 * Left alone: descriptors 1 and 2, and 0 unless it is a socket; whatever is neither socket, pipe nor regular file;
 * datagrams (never cut; they meet EINTR alone); sockets that epoll watches edge-triggered, where a short read promises
 * that nothing is left; MSG_PEEK and MSG_WAITALL; files and pipes until the process has called listen(), or connect() on
 * a TCP socket, and for ever the files in the folders of the system and those in ELF; calls that wait for no descriptor, as a
 * pause does. Regular files never meet EINTR: Linux never interrupts them. No call is met twice in a row on a
 * descriptor by EINTR or EAGAIN, nor by more than two failures of accept().
 *
 * The report is right at any moment, also after SIGKILL, where it goes to a file; otherwise it is written at the end.
 *
 * Exit status: the program's, or 128+N where signal N killed it; 127 or 126 where it cannot be run; 2 for wrong
 * arguments; 3, with one line on stderr, where this machine does not let it trace. SIGTERM, SIGINT, SIGHUP, SIGQUIT,
 * SIGUSR1 and SIGUSR2 are passed on to the program. When the program ends, or faults does, in whatever way, all that
 * the program started is killed. */
#ifndef FAULTS_H
#define FAULTS_H

#if defined(__linux__) && defined(__LP64__) && (defined(__x86_64__) || defined(__aarch64__))
#define CAN_TRACE 1
#else
#define CAN_TRACE 0
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#if CAN_TRACE
#include <sys/user.h>
#endif

enum { NOT_TRACED = 3, MISUSED = 2 };

enum kind { SHORT_READ, SHORT_WRITE, INTERRUPT, INTERRUPT_WRITE, AGAIN, ABORTED, TOO_MANY, KINDS };

/* What a call does, as far as faults are concerned. */
enum family { READING, WRITING, ACCEPTING, WAITING, FAMILIES, LISTEN, CONNECT, EPOLL_CTL };

/* Where a call has the length of what it moves. */
enum shape { NO_LENGTH, LENGTH, VECTOR, MESSAGE };

/* Arguments are counted from 0; -1: the call has none such. */
struct call {
    long number;
    enum family family;
    enum shape shape;
    signed char fd;
    signed char length; /* VECTOR: the count; NO_LENGTH: what is 0 where the call waits for no descriptor */
    signed char flags;
    signed char from; /* splice: the descriptor that counts where `fd` is a pipe */
};

/* REGULAR is one that may be met, a file of the system is SPARED. */
enum file_kind { SPARED, REGULAR, CHANNEL, TCP, DATAGRAM };

/* An open file: what a descriptor means, in whichever process. */
struct file {
    dev_t dev;
    ino_t ino;
    enum file_kind kind;
    bool edge_triggered;
    unsigned moved[2];          /* how many calls have read from it, and written to it */
    bool interrupted[FAMILIES]; /* the last call of this family met EINTR or EAGAIN */
    unsigned refused;           /* how many calls of accept() have failed in a row */
    struct file *next;
};

struct process {
    pid_t pid;
    int pidfd;    /* -1: not opened yet */
    bool serving; /* has called listen() or connect() */
    unsigned threads;
    struct process *next;
};

/* What was changed in a call and has to be put back when it returns. */
struct change {
    bool active, hurried, redirected;
    enum kind kind;
    int fd; /* -1: not a TCP socket */
    unsigned long long amount;
    unsigned long long arguments[6]; /* as the program gave them */
    unsigned long long message;      /* MESSAGE: our copy of the header */
};

struct thread {
    pid_t tid;
    bool adopted; /* its parent's event has come; before that it is kept waiting */
    bool waiting_to_run;
    bool stopped_by_signal; /* that first stop is one of job control */
    struct process *process;
    uint64_t key; /* of its random numbers */
    uint64_t children;
    unsigned draws[FAMILIES];
    bool interrupted; /* its last poll() met EINTR */
    struct change change;
    struct thread *next;
};

enum { BUCKETS = 4096 };

struct run {
    uint64_t seed;
    unsigned kinds; /* a bit for each kind to inject */
    unsigned long long spared;
    int hurry;              /* how many times as fast time passes */
    int port_from, port_to; /* connections to the one go to the other; 0: none do */
    int report;             /* -1: none */
    bool report_at_end;
    off_t report_start;
    unsigned long long fired[KINDS];
    pid_t program;
    bool ending;
    int status;            /* as waitpid() gave it for the program */
    unsigned kept_waiting; /* threads that are */
    size_t file_count;
    struct thread *threads[BUCKETS];
    struct file *files[BUCKETS];
    struct process *processes;
};

/* report.c */
extern const char *const kind_names[KINDS];
void say(const char *what, const char *why);
bool report_open(struct run *run, const char *path);
bool report_take(struct run *run, int fd);
void report_write(const struct run *run, bool at_end);

#if CAN_TRACE
/* launch.c: starts the program, traced; false after a line that says why not. */
bool launch(struct run *run, char **words);

/* trace.c: runs it to its end. Returns the exit status for faults itself. */
int trace(struct run *run);

/* calls.c */
const struct call *call_find(long number);
bool filter_install(const struct run *run);

/* threads.c: thread_new() and thread_find() return NULL for a thread that is not known. */
struct thread *thread_find(const struct run *run, pid_t tid);
struct thread *thread_new(struct run *run, pid_t tid);
void thread_forget(struct run *run, pid_t tid);
void thread_rename(struct run *run, pid_t tid, pid_t new_tid);
struct process *process_of(struct run *run, pid_t tid, struct process *parent, bool is_thread);
bool process_is_orphan(const struct run *run, pid_t tid);
void *need_memory(void *memory);

/* registers.c: what differs from machine to machine. */
bool registers_get(pid_t tid, struct user_regs_struct *r);
bool registers_set(pid_t tid, struct user_regs_struct *r);
long registers_number(const struct user_regs_struct *r);
unsigned long long *registers_argument(struct user_regs_struct *r, int which);
long long registers_result(const struct user_regs_struct *r);
unsigned long long registers_free_stack(const struct user_regs_struct *r);
unsigned long long registers_stack(const struct user_regs_struct *r);
void registers_return(struct user_regs_struct *r, long long result);
/* The register of the first argument may be that of the result, and then keeps it. */
void registers_put_back(struct user_regs_struct *r, const unsigned long long *arguments);
bool registers_fail(pid_t tid, struct user_regs_struct *r, int error);

/* memory.c: all of it, or false. */
bool memory_read(pid_t tid, unsigned long long address, void *data, size_t size);
bool memory_write(pid_t tid, unsigned long long address, const void *data, size_t size);

/* files.c */
struct file *file_find(struct run *run, struct thread *t, int fd);
bool file_is_nonblocking(const struct thread *t, int fd);
int file_unread(struct thread *t, int fd);

/* sockets.c */
enum file_kind socket_kind(struct thread *t, int fd, ino_t ino);
int socket_borrow(struct thread *t, int fd);

/* schedule.c */
uint64_t schedule_key(uint64_t parent, uint64_t child);
uint64_t schedule_draw(struct thread *t, enum family family);
bool schedule_interrupts(const struct thread *t, enum family family, uint64_t draw);
unsigned long long schedule_amount(unsigned before, unsigned long long wanted, uint64_t draw);
bool schedule_allows(const struct run *run, enum kind kind);
bool schedule_spares(struct run *run);
void schedule_fired(struct run *run, enum kind kind);

/* inject.c: call_entered() returns whether call_left() has to see the call return. */
bool call_entered(struct run *run, struct thread *t);
void call_left(struct run *run, struct thread *t);

/* hurry.c: hurry_entered() returns whether hurry_left() has to see the call return. */
enum { HURRIED_MAX = 32 };
size_t hurry_numbers(long *numbers);
void hurry_begin(void);
void hurry_started(pid_t pid);
bool hurry_entered(const struct run *run, struct thread *t, struct user_regs_struct *r);
void hurry_left(const struct run *run, struct thread *t, struct user_regs_struct *r);

/* redirect.c: redirect_entered() returns whether redirect_left() has to see the call return. */
bool redirect_entered(const struct run *run, struct thread *t, struct user_regs_struct *r);
void redirect_left(struct thread *t, struct user_regs_struct *r);

/* shorten.c */
bool shorten(struct thread *t, struct user_regs_struct *r, const struct call *call, struct file *file, int fd,
             uint64_t draw);
void shorten_undo(struct run *run, struct thread *t, struct user_regs_struct *r);
#endif

#endif
