/* shim.c - preloaded into a server (LD_PRELOAD), it changes two of its calls, so that an experiment can be made with any
 * server as it is:
 *     BACKLOG=N        listen(2) gets this backlog, whatever the program says
 *     KEEP_SOCKETS=1   close(2) does nothing to a socket, as in a program that forgets it
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int listen(int fd, int backlog)
{
    const char *wanted = getenv("BACKLOG");
    return (int)syscall(SYS_listen, fd, wanted == NULL ? backlog : (int)strtol(wanted, NULL, 10));
}

int close(int fd)
{
    struct stat status;
    if (getenv("KEEP_SOCKETS") != NULL && fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode))
        return 0;
    return (int)syscall(SYS_close, fd);
}
