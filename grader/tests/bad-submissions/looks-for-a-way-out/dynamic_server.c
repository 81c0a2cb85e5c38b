/* Tries the doors of its box, and listens only where all of them are shut. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int listen_on(int port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons((in_port_t)port)};
    int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 100) < 0)
        exit(1);
    printf("listening on port %d\n", port);
    fflush(stdout);
    return listener;
}

static void is_open(bool open, const char *door)
{
    if (!open)
        return;
    fprintf(stderr, "OPEN: %s\n", door);
    exit(1);
}

static bool can_write(const char *path)
{
    return open(path, O_WRONLY | O_CREAT, 0600) >= 0;
}

/* Whether any file but the own ones can be opened by such a name. */
static bool any(const char *pattern, int flags)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) != 0)
        return false;
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (open(found.gl_pathv[i], flags) >= 0)
            return true;
    return false;
}

static bool beside_the_program(const char *name)
{
    char path[5000] = {0};
    if (readlink("/proc/self/exe", path, 4000) < 0)
        return true;
    strcat(dirname(dirname(dirname(path))), name);
    return any(path, O_RDONLY);
}

static bool may_be_ended_first(void)
{
    int score = 1000;
    FILE *file = fopen("/proc/self/oom_score_adj", "r");
    return file == NULL || fscanf(file, "%d", &score) != 1 || score == 1000;
}

int main(int argc, char **argv)
{
    is_open(can_write("/usr/bin/door"), "the programs of the system");
    is_open(can_write("/etc/door"), "the settings of the system");
    is_open(can_write("/dev/door"), "the devices");
    is_open(can_write(argv[0]) || beside_the_program("/bin/../work/door"), "its own program");
    is_open(beside_the_program("/kit/*") || beside_the_program("/results/*"), "the files of the grader");
    is_open(any("/tmp/*/results/*", O_RDONLY) || any("/tmp/bats*", O_RDONLY) || any("/tmp/site*", O_RDONLY), "other tests");
    is_open(any("/home/*", O_RDONLY) || any("/root/*", O_RDONLY) || any("/etc/shadow", O_RDONLY), "the users of the machine");
    is_open(any("/proc/1/fd/[3-9]", O_RDWR) || any("/proc/[1-9]/root/root/*", O_RDONLY), "what the box holds open");
    is_open(any("/proc/sys/kernel/core_pattern", O_WRONLY) || any("/proc/sysrq-trigger", O_WRONLY), "the kernel");
    is_open(mknod("disk", S_IFBLK | 0600, 0) == 0, "mknod");
    is_open(setuid(0) == 0 || setgid(0) == 0, "setuid");
    is_open(chroot(".") == 0, "chroot");
    is_open(mount("none", "/tmp", "tmpfs", 0, NULL) == 0 || mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL) == 0, "mount");
    is_open(socket(AF_INET, SOCK_RAW, IPPROTO_TCP) >= 0 || socket(AF_PACKET, SOCK_RAW, 0) >= 0, "raw packets");
    is_open(unshare(CLONE_NEWUSER) == 0, "a user namespace of its own");
    is_open(!may_be_ended_first(), "memory of others");
    for (int listener = listen_on(argc > 1 ? atoi(argv[1]) : 0);;)
        accept(listener, NULL, NULL);
}
