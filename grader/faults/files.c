/* What a descriptor of the program means. */
#define _GNU_SOURCE
#include "faults.h"

#if CAN_TRACE
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MAX = 65536 };

static void forget_all(struct run *run)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (run->files[i]) {
            struct file *gone = run->files[i];

            run->files[i] = gone->next;
            free(gone);
        }
    run->file_count = 0;
}

static struct file *look_up(const struct run *run, dev_t dev, ino_t ino)
{
    struct file *file = run->files[ino % BUCKETS];

    while (file && (file->ino != ino || file->dev != dev))
        file = file->next;
    return file;
}

/* A server that runs for days must not fill the memory with sockets long closed. */
static struct file *enter(struct run *run, dev_t dev, ino_t ino, enum file_kind kind)
{
    struct file *file;

    if (run->file_count++ >= FILES_MAX)
        forget_all(run);
    file = need_memory(calloc(1, sizeof *file));
    file->dev = dev;
    file->ino = ino;
    file->kind = kind;
    file->next = run->files[ino % BUCKETS];
    run->files[ino % BUCKETS] = file;
    return file;
}

static const char *descriptor_path(char *path, size_t size, const struct thread *t, const char *folder, int fd)
{
    snprintf(path, size, "/proc/%d/%s/%d", (int)t->tid, folder, fd);
    return path;
}

/* The files of the system, and any shared object, are read by libc and interpreters, some of which rightly take a short
 * read for a damaged file: the dynamic loader does. */
static bool is_of_the_system(const char *path)
{
    static const char *const folders[] = {"/usr/", "/lib", "/etc/", "/proc/", "/sys/", "/dev/"};
    char target[PATH_MAX] = "", start[4] = "";
    bool found = readlink(path, target, sizeof target - 1) < 0;
    int fd;

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        found = found || strncmp(target, folders[i], strlen(folders[i])) == 0;
    if (found)
        return true;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return false;
    found = read(fd, start, sizeof start) == (ssize_t)sizeof start && memcmp(start, "\177ELF", sizeof start) == 0;
    close(fd);
    return found;
}

/* The file that `fd` means in the thread, or NULL where nothing may be injected. */
struct file *file_find(struct run *run, struct thread *t, int fd)
{
    char path[48];
    struct stat about;
    struct file *file;
    enum file_kind kind;

    if (fd < 0 || fd == STDOUT_FILENO || fd == STDERR_FILENO)
        return NULL;
    if (stat(descriptor_path(path, sizeof path, t, "fd", fd), &about) < 0)
        return NULL;
    if (!S_ISSOCK(about.st_mode) && (fd == STDIN_FILENO || !t->process->serving))
        return NULL;
    file = look_up(run, about.st_dev, about.st_ino);
    if (!file) {
        if (S_ISSOCK(about.st_mode))
            kind = socket_kind(t, fd, about.st_ino);
        else if (S_ISFIFO(about.st_mode))
            kind = CHANNEL;
        else
            kind = S_ISREG(about.st_mode) && !is_of_the_system(path) ? REGULAR : SPARED;
        file = enter(run, about.st_dev, about.st_ino, kind);
    }
    return file->kind == SPARED ? NULL : file;
}

bool file_is_nonblocking(const struct thread *t, int fd)
{
    char path[48], line[64];
    unsigned flags = 0;
    FILE *info = fopen(descriptor_path(path, sizeof path, t, "fdinfo", fd), "re");

    while (info && fgets(line, sizeof line, info) && sscanf(line, "flags: %o", &flags) != 1)
        continue;
    if (info)
        fclose(info);
    return flags & O_NONBLOCK;
}

/* How many bytes wait in that socket; -1 where nobody can say. */
int file_unread(struct thread *t, int fd)
{
    int count = -1;
    int own = socket_borrow(t, fd);

    if (own < 0)
        return -1;
    if (ioctl(own, FIONREAD, &count) < 0)
        count = -1;
    close(own);
    return count;
}
#endif
