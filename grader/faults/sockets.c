/* What kind of socket a descriptor of the program is. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The numbers are the same on every machine; older headers lack them. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* A descriptor of our own for that socket, or -1. It has to be closed at once: as long as it is open, the program cannot
 * close the connection. */
int socket_borrow(struct thread *t, int fd)
{
    struct process *p = t->process;

    if (p->pidfd < 0)
        p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
    return p->pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, p->pidfd, fd, 0);
}

/* Whether that socket is in the kernel's list of TCP connections and listeners. */
static bool is_listed(pid_t tid, const char *list, ino_t ino)
{
    char path[48], line[256];
    unsigned long long number = 0;
    bool found = false;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/net/%s", (int)tid, list);
    file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = sscanf(line, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &number) == 1 && number == ino;
    if (file)
        fclose(file);
    return found;
}

/* Some containers, and kernels before 5.6, lend no descriptors. What is then not known is taken for a datagram socket,
 * with which the least can go wrong. */
enum file_kind socket_kind(struct thread *t, int fd, ino_t ino)
{
    int type = 0, domain = 0;
    socklen_t size = sizeof type;
    int own = socket_borrow(t, fd);

    if (own < 0)
        return is_listed(t->tid, "tcp", ino) || is_listed(t->tid, "tcp6", ino) ? TCP : DATAGRAM;
    if (getsockopt(own, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM) {
        close(own);
        return DATAGRAM;
    }
    size = sizeof domain;
    getsockopt(own, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    close(own);
    return domain == AF_INET || domain == AF_INET6 ? TCP : CHANNEL;
}
#endif
