/* Taking what was handed in: folders and archives alike are read by libarchive, and written here, below one folder, as
 * plain files. No link is ever made, so none can be followed. */
#include "intake.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 3, MOST_NOTES = 20 };          /* a zip in a zip in a zip */
static const long long LARGEST_FILE = 10000000; /* what is larger is left out: no source is */

/* One archive or folder that is being taken. */
struct source {
    const char *from, *to, *as;
    struct tally *tally;
    char *why;
    int depth;    /* of archives in archives */
    bool on_disk; /* a folder or a plain file, no archive */
    bool whole;   /* everybody's: what is within is each student's own, and taken later */
};

bool is_archive(const char *name)
{
    static const char *const ends[] = {".zip", ".tar",    ".tar.gz",  ".tgz", ".tar.bz2", ".tbz2",
                                       ".txz", ".tar.xz", ".tar.zst", ".7z",  ".rar"};
    size_t size = strlen(name);

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (size > strlen(ends[i]) && strcasecmp(name + size - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

static void note(struct tally *tally, const char *name, const char *what)
{
    char *text = format("%s: %s", name, what), *clean = make_text(text);

    if (json_array_size(tally->notes) < MOST_NOTES)
        json_array_append_new(tally->notes, json_string(clean));
    else if (json_array_size(tally->notes) == MOST_NOTES)
        json_array_append_new(tally->notes, json_string("and more of this kind"));
    free(clean);
    free(text);
}

static int give_up(struct source *source, const char *what)
{
    snprintf(source->why, 256, "%.100s: %.140s", *source->as ? source->as : last_part(source->from), what);
    return -1;
}

/* Whether a path in an archive is one to take; *below gets it without the folders that mean nothing. */
static bool is_wanted(struct source *source, const char *path, char **below)
{
    char *copy = format("%s", path), *rest = copy;
    bool wanted = true;

    *below = format("%s", "");
    for (char *part; wanted && (part = strtok_r(rest, "/", &rest));) {
        char *more;

        if (strcmp(part, ".") == 0)
            continue;
        if (strcmp(part, "..") == 0) {
            note(source->tally, path, "leads out of the folder; left out");
            wanted = false;
        }
        if (is_left_behind(part))
            wanted = false;
        more = format("%s%s%s", *below, **below ? "/" : "", part);
        free(*below);
        *below = more;
    }
    free(copy);
    return wanted && **below;
}

/* The bytes of an entry, to a new file; a file of that name that came earlier is replaced. */
static int write_file(struct source *source, struct archive *in, const char *path, bool executable)
{
    static char buffer[65536];
    ssize_t n;
    int fd;

    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, executable ? 0755 : 0644);
    if (fd < 0)
        return give_up(source, strerror(errno));
    while ((n = archive_read_data(in, buffer, sizeof buffer)) > 0) {
        source->tally->bytes += n;
        if (source->tally->bytes > source->tally->most_bytes) {
            close(fd);
            return give_up(source, "more bytes than a submission may have");
        }
        if (write(fd, buffer, (size_t)n) != n) {
            close(fd);
            return give_up(source, strerror(errno));
        }
    }
    close(fd);
    return n < 0 ? give_up(source, archive_error_string(in) ? archive_error_string(in) : "damaged") : 0;
}

static int take_stream(struct source *source);

/* A file that is an archive itself gives its contents to the folder where it stands. */
static int unpack_within(struct source *source, const char *path, const char *folder)
{
    struct source within = {path, folder, "", source->tally, source->why, source->depth + 1, false, false};
    int status = take_stream(&within);

    unlink(path);
    return status;
}

static int take_file(struct source *source, struct archive *in, struct archive_entry *entry, const char *below)
{
    char *path = format("%s/%s", source->to, below), *slash = strrchr(path, '/');
    int status = -1;

    *slash = '\0';
    if (make_folders(path) != 0) {
        note(source->tally, below, strerror(errno));
        status = 0;
        goto done;
    }
    *slash = '/';
    status = write_file(source, in, path, (archive_entry_perm(entry) & 0100) != 0);
    if (status != 0 || source->whole || !is_archive(below))
        goto done;
    if (source->depth == DEEPEST) {
        status = give_up(source, "archives in archives, more than 3 deep");
    } else {
        char *folder = format("%.*s", (int)(slash - path), path);

        status = unpack_within(source, path, folder);
        free(folder);
    }
done:
    free(path);
    return status;
}

static int take_entry(struct source *source, struct archive *in, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    size_t skip = source->on_disk ? strlen(source->from) : 0;
    bool is_link = archive_entry_symlink(entry) || archive_entry_hardlink(entry);
    char *below;
    int status = 0;

    if (!name) {
        note(source->tally, "?", "a name that cannot be read; left out");
        return 0;
    }
    name = skip && strlen(name) >= skip ? name + skip : name;
    if (!is_wanted(source, *name ? name : source->as, &below)) {
        free(below);
        return 0;
    }
    if (is_link) {
        note(source->tally, below, "a link; left out");
    } else if (archive_entry_filetype(entry) == AE_IFREG) {
        if (archive_entry_size_is_set(entry) && archive_entry_size(entry) > LARGEST_FILE && !source->whole)
            note(source->tally, below, "larger than 10 MB; left out");
        else
            status = take_file(source, in, entry, below);
    } else if (archive_entry_filetype(entry) != AE_IFDIR) {
        note(source->tally, below, "neither a file nor a folder; left out");
    }
    free(below);
    return status;
}

/* A folder is read as an archive of what is in it. */
static struct archive *open_source(struct source *source)
{
    struct archive *in;

    if (source->on_disk) {
        in = archive_read_disk_new();
        if (!in)
            return NULL;
        archive_read_disk_set_symlink_physical(in);
        archive_read_disk_set_behavior(in, ARCHIVE_READDISK_NO_TRAVERSE_MOUNTS);
        if (archive_read_disk_open(in, source->from) == ARCHIVE_OK)
            return in;
    } else {
        in = archive_read_new();
        if (!in)
            return NULL;
        archive_read_support_filter_all(in);
        archive_read_support_format_all(in);
        if (archive_read_open_filename(in, source->from, 65536) == ARCHIVE_OK)
            return in;
    }
    give_up(source, archive_error_string(in));
    archive_read_free(in);
    return NULL;
}

static int take_stream(struct source *source)
{
    struct archive_entry *entry = archive_entry_new();
    struct archive *in = open_source(source);
    int status = in ? 0 : -1, got = ARCHIVE_EOF;
    const char *name;

    while (status == 0 && (got = archive_read_next_header2(in, entry)) != ARCHIVE_EOF) {
        if (got < ARCHIVE_WARN) {
            status = give_up(source, archive_error_string(in));
        } else if (++source->tally->files > source->tally->most_files) {
            status = give_up(source, "more files than a submission may have");
        } else {
            status = take_entry(source, in, entry);
            name = archive_entry_pathname(entry);
            if (source->on_disk && !(name && is_left_behind(last_part(name))))
                archive_read_disk_descend(in);
        }
    }
    archive_entry_free(entry);
    if (in)
        archive_read_free(in);
    return status;
}

int take(const char *from, const char *to, const char *as, struct tally *tally, char why[256])
{
    struct stat file;
    bool is_folder = stat(from, &file) == 0 && S_ISDIR(file.st_mode);
    struct source source = {from, to, as, tally, why, 0, is_folder || !is_archive(from), false};

    if (make_folders(to) != 0)
        return give_up(&source, strerror(errno));
    return take_stream(&source);
}

int take_whole(const char *from, const char *to, struct tally *tally, char why[256])
{
    struct source source = {from, to, "", tally, why, 0, false, true};

    if (make_folders(to) != 0)
        return give_up(&source, strerror(errno));
    return take_stream(&source);
}
