/* The system calls that matter, and the filter that stops the program in them. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#ifdef __x86_64__
#define MACHINE AUDIT_ARCH_X86_64
#else
#define MACHINE AUDIT_ARCH_AARCH64
#endif

/* Not here: close(), which must not be interrupted; connect(), where EINTR means that the kernel goes on connecting,
 * which cannot be had without a signal; futex(); nanosleep(), which waits for nothing that could be missed. */
static const struct call calls[] = {
    {__NR_read, READING, LENGTH, 0, 2, -1, -1},
    {__NR_pread64, READING, LENGTH, 0, 2, -1, -1},
    {__NR_recvfrom, READING, LENGTH, 0, 2, 3, -1},
    {__NR_readv, READING, VECTOR, 0, 2, -1, -1},
    {__NR_recvmsg, READING, MESSAGE, 0, -1, 2, -1},
    {__NR_write, WRITING, LENGTH, 0, 2, -1, -1},
    {__NR_pwrite64, WRITING, LENGTH, 0, 2, -1, -1},
    {__NR_sendto, WRITING, LENGTH, 0, 2, 3, -1},
    {__NR_writev, WRITING, VECTOR, 0, 2, -1, -1},
    {__NR_sendmsg, WRITING, MESSAGE, 0, -1, 2, -1},
    {__NR_sendfile, WRITING, LENGTH, 0, 3, -1, -1},
    {__NR_splice, WRITING, LENGTH, 2, 4, -1, 0},
    {__NR_copy_file_range, WRITING, LENGTH, 2, 4, -1, -1},
    {__NR_accept, ACCEPTING, NO_LENGTH, 0, -1, -1, -1},
    {__NR_accept4, ACCEPTING, NO_LENGTH, 0, -1, -1, -1},
#ifdef __NR_poll
    {__NR_poll, WAITING, NO_LENGTH, -1, 1, -1, -1},
    {__NR_select, WAITING, NO_LENGTH, -1, 0, -1, -1},
    {__NR_epoll_wait, WAITING, NO_LENGTH, -1, -1, -1, -1},
#endif
    {__NR_ppoll, WAITING, NO_LENGTH, -1, 1, -1, -1},
    {__NR_pselect6, WAITING, NO_LENGTH, -1, 0, -1, -1},
    {__NR_epoll_pwait, WAITING, NO_LENGTH, -1, -1, -1, -1},
#ifdef __NR_epoll_pwait2
    {__NR_epoll_pwait2, WAITING, NO_LENGTH, -1, -1, -1, -1},
#endif
    {__NR_listen, LISTEN, NO_LENGTH, 0, -1, -1, -1},
    {__NR_connect, CONNECT, NO_LENGTH, 0, -1, -1, -1},
    {__NR_epoll_ctl, EPOLL_CTL, NO_LENGTH, 2, -1, -1, -1},
};

enum { CALLS = sizeof calls / sizeof *calls };

const struct call *call_find(long number)
{
    for (size_t i = 0; i < CALLS; i++)
        if (calls[i].number == number)
            return &calls[i];
    return NULL;
}

static struct sock_filter load(size_t where)
{
    return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)where);
}

static struct sock_filter jump_if(uint32_t value, size_t then, size_t otherwise)
{
    return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, (uint8_t)then, (uint8_t)otherwise);
}

/* The calls in which this run stops the program. */
static size_t numbers_of(const struct run *run, long *numbers)
{
    size_t count = 0;

    for (size_t i = 0; i < CALLS && run->kinds != 0; i++)
        numbers[count++] = calls[i].number;
    if (run->port_from > 0)
        numbers[count++] = __NR_connect;
    return run->hurry > 1 ? count + hurry_numbers(numbers + count) : count;
}

/* For the calling thread and all it will start, also by exec. Ways to call the kernel that pass the others by, as for another
 * machine (int 0x80, x32) or through rings, are not there. Without the promise of PR_SET_NO_NEW_PRIVS only root may set a
 * filter. */
bool filter_install(const struct run *run)
{
    enum { HEAD = 5, TAIL = 3, X32 = 0x40000000 };
    long numbers[CALLS + HURRIED_MAX + 1];
    struct sock_filter code[HEAD + CALLS + HURRIED_MAX + 1 + TAIL];
    size_t count = numbers_of(run, numbers), n = 0;
    struct sock_fprog program = {.len = (unsigned short)(HEAD + count + TAIL), .filter = code};

    code[n++] = load(offsetof(struct seccomp_data, arch));
    code[n++] = jump_if(MACHINE, 0, count + HEAD);
    code[n++] = load(offsetof(struct seccomp_data, nr));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32, (uint8_t)(count + HEAD - 2), 0);
    code[n++] = jump_if(__NR_io_uring_setup, count + HEAD - 3, 0);
    for (size_t i = 0; i < count; i++)
        code[n++] = jump_if((uint32_t)numbers[i], count - i, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#endif
