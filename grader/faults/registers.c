/* The registers of a thread that stands in a system call: where it enters, or where it leaves. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

bool registers_get(pid_t tid, struct user_regs_struct *r)
{
    struct iovec all = {.iov_base = r, .iov_len = sizeof *r};

    return ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &all) == 0;
}

bool registers_set(pid_t tid, struct user_regs_struct *r)
{
    struct iovec all = {.iov_base = r, .iov_len = sizeof *r};

    return ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &all) == 0;
}

/* The kernel runs no call with the number -1; what it returns is what stands in the register of the result. */
#ifdef __x86_64__

long registers_number(const struct user_regs_struct *r)
{
    return (long)r->orig_rax;
}

unsigned long long *registers_argument(struct user_regs_struct *r, int which)
{
    unsigned long long *all[] = {&r->rdi, &r->rsi, &r->rdx, &r->r10, &r->r8, &r->r9};

    return all[which];
}

long long registers_result(const struct user_regs_struct *r)
{
    return (long long)r->rax;
}

/* Below the stack pointer, and below the 128 bytes there that the ABI lets a function use. */
unsigned long long registers_free_stack(const struct user_regs_struct *r)
{
    return (r->rsp - 128) & ~15ULL;
}

unsigned long long registers_stack(const struct user_regs_struct *r)
{
    return r->rsp;
}

void registers_return(struct user_regs_struct *r, long long result)
{
    r->rax = (unsigned long long)result;
}

void registers_put_back(struct user_regs_struct *r, const unsigned long long *arguments)
{
    for (int i = 0; i < 6; i++)
        *registers_argument(r, i) = arguments[i];
}

bool registers_fail(pid_t tid, struct user_regs_struct *r, int error)
{
    r->orig_rax = (unsigned long long)-1;
    r->rax = (unsigned long long)-error;
    return registers_set(tid, r);
}

#else

long registers_number(const struct user_regs_struct *r)
{
    return (long)r->regs[8];
}

unsigned long long *registers_argument(struct user_regs_struct *r, int which)
{
    return &r->regs[which];
}

long long registers_result(const struct user_regs_struct *r)
{
    return (long long)r->regs[0];
}

unsigned long long registers_free_stack(const struct user_regs_struct *r)
{
    return r->sp & ~15ULL;
}

unsigned long long registers_stack(const struct user_regs_struct *r)
{
    return r->sp;
}

void registers_return(struct user_regs_struct *r, long long result)
{
    r->regs[0] = (unsigned long long)result;
}

void registers_put_back(struct user_regs_struct *r, const unsigned long long *arguments)
{
    for (int i = 1; i < 6; i++)
        *registers_argument(r, i) = arguments[i];
}

/* Here the number is not among the registers, and the first argument has the register of the result. */
bool registers_fail(pid_t tid, struct user_regs_struct *r, int error)
{
    int none = -1;
    struct iovec number = {.iov_base = &none, .iov_len = sizeof none};

    r->regs[0] = (unsigned long long)-error;
    return ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &number) == 0 && registers_set(tid, r);
}

#endif
#endif
