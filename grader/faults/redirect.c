/* Leading the connections to one port to another one: a test may not be allowed to listen on the first. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/syscall.h>

/* An address of IPv4 or IPv6; the port is at the same place in both. */
union address {
    sa_family_t family;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static bool leads_there(const struct run *run, const union address *to, size_t size)
{
    return ((to->family == AF_INET && size >= sizeof to->in) || (to->family == AF_INET6 && size >= sizeof to->in6)) &&
           ntohs(to->in.sin_port) == run->port_from;
}

/* The kernel gets a copy, which lies where the thread's stack is free: other threads may use the original. */
bool redirect_entered(const struct run *run, struct thread *t, struct user_regs_struct *r)
{
    union address to = {.family = AF_UNSPEC};
    unsigned long long size = *registers_argument(r, 2), copy = registers_free_stack(r) - sizeof to;

    if (registers_number(r) != __NR_connect || size < sizeof to.in)
        return false;
    if (size > sizeof to)
        size = sizeof to;
    if (!memory_read(t->tid, *registers_argument(r, 1), &to, size) || !leads_there(run, &to, size))
        return false;
    for (int i = 0; i < 6; i++)
        t->change.arguments[i] = *registers_argument(r, i);
    to.in.sin_port = htons((uint16_t)run->port_to);
    *registers_argument(r, 1) = copy;
    t->change.redirected = memory_write(t->tid, copy, &to, size) && registers_set(t->tid, r);
    return t->change.redirected;
}

void redirect_left(struct thread *t, struct user_regs_struct *r)
{
    registers_put_back(r, t->change.arguments);
    registers_set(t->tid, r);
}
#endif
