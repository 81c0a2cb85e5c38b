/* Tries the doors of its box, and listens only where all of them are shut. */
#define _GNU_SOURCE
#include "cli.h"
#include "net.h"

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

/* The path NAME from the folder on that is so many levels above the program. */
static const char *beside_the_program(int levels, const char *name)
{
    static char path[5000];
    memset(path, 0, sizeof path);
    is_open(readlink("/proc/self/exe", path, 4000) < 0, "where the program is");
    while (levels-- > 0)
        dirname(path);
    return strcat(path, name);
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
    is_open(can_write(beside_the_program(1, "/door")), "the folder of its own program");
    is_open(any(beside_the_program(3, "/kit/*"), O_RDONLY) || any(beside_the_program(3, "/results/*"), O_RDONLY),
            "the files of the grader");
    is_open(any("/tmp/*/results/*", O_RDONLY) || any("/tmp/bats*", O_RDONLY) || any("/tmp/site*", O_RDONLY),
            "other tests");
    is_open(any("/home/*", O_RDONLY) || any("/root/*", O_RDONLY) || any("/etc/shadow", O_RDONLY),
            "the users of the machine");
    is_open(any("/proc/1/fd/[3-9]", O_RDWR) || any("/proc/[1-9]/root/root/*", O_RDONLY), "what the box holds open");
    is_open(any("/proc/sys/kernel/core_pattern", O_WRONLY) || any("/proc/sysrq-trigger", O_WRONLY), "the kernel");
    is_open(mknod("disk", S_IFBLK | 0600, 0) == 0, "mknod");
    is_open(setuid(0) == 0 || setgid(0) == 0, "setuid");
    is_open(chroot(".") == 0, "chroot");
    is_open(mount("none", "/tmp", "tmpfs", 0, NULL) == 0 || mount(NULL, "/usr", NULL, MS_REMOUNT | MS_BIND, NULL) == 0,
            "mount");
    is_open(socket(AF_INET, SOCK_RAW, IPPROTO_TCP) >= 0 || socket(AF_PACKET, SOCK_RAW, 0) >= 0, "raw packets");
    is_open(unshare(CLONE_NEWUSER) == 0, "a user namespace of its own");
    is_open(!may_be_ended_first(), "memory of others");
    int listener = net_listen(SOCK_STREAM, argc > 1 ? argv[1] : "0");
    cli_ready(listener);
    for (;;)
        accept(listener, NULL, NULL);
}
