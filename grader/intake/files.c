/* Folders: listing, digesting, removing, unwrapping; and names. */
#include "intake.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *format(const char *text, ...)
{
    va_list arguments;
    char *out;
    int size;

    va_start(arguments, text);
    size = vsnprintf(NULL, 0, text, arguments);
    va_end(arguments);
    out = malloc((size_t)size + 1);
    if (!out) {
        perror("intake");
        exit(1);
    }
    va_start(arguments, text);
    vsnprintf(out, (size_t)size + 1, text, arguments);
    va_end(arguments);
    return out;
}

/* How many bytes the UTF-8 character at `s` has; 0 where it is none. */
static size_t character(const char *s)
{
    const unsigned char *u = (const unsigned char *)s;
    size_t n = *u < 0x80                 ? 1
               : *u >= 0xc2 && *u < 0xe0 ? 2
               : *u >= 0xe0 && *u < 0xf0 ? 3
               : *u >= 0xf0 && *u < 0xf5 ? 4
                                         : 0;

    for (size_t i = 1; i < n; i++)
        if ((u[i] & 0xc0) != 0x80)
            return 0;
    if ((*u == 0xe0 && u[1] < 0xa0) || (*u == 0xed && u[1] >= 0xa0) || (*u == 0xf0 && u[1] < 0x90) ||
        (*u == 0xf4 && u[1] >= 0x90))
        return 0;
    return n;
}

char *make_text(const char *text)
{
    char *out = format("%s", text);

    for (char *at = out; *at;) {
        size_t n = character(at);

        if (n == 0)
            *at = '?';
        at += n ? n : 1;
    }
    return out;
}

char *make_name(const char *text)
{
    enum { LONGEST = 200 }; /* leaves room for .html and the like in the 255 bytes of a file name */
    char *name = format("%s", text), *out = name;
    uint32_t sum = 2166136261u; /* FNV-1a: what a character is replaced for may not make two names one */
    bool changed = false;

    for (const char *in = text; *in; in++)
        sum = (sum ^ (unsigned char)*in) * 16777619u;
    for (const char *in = text; *in;) {
        size_t n = character(in);

        if (n == 0 || *in == '/' || (in == text && *in == '.') || out - name + (long)n > LONGEST) {
            changed = true;
            if (out - name < LONGEST)
                *out++ = '_';
            in++;
            continue;
        }
        memmove(out, in, n);
        out += n;
        in += n;
    }
    *out = '\0';
    if (!changed && *name)
        return name;
    out = format("%s_%08x", name, sum);
    free(name);
    return out;
}

const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

bool is_left_behind(const char *name)
{
    static const char *const names[] = {".git",      ".DS_Store",   ".Trashes",   ".Spotlight-V100", "__MACOSX",
                                        "Thumbs.db", "desktop.ini", ".fseventsd", ".Trash",          ".localized"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "._", 2) == 0;
}

static bool is_listed(const char *name, bool hidden)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || is_left_behind(name))
        return false;
    return hidden || name[0] != '.';
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **list_folder(const char *path, bool hidden)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    char **names = NULL;
    size_t count = 0;

    if (!folder)
        return NULL;
    do {
        char **more = realloc(names, (count + 1) * sizeof *names);

        if (!more)
            abort();
        names = more;
        while ((entry = readdir(folder)) && !is_listed(entry->d_name, hidden))
            ;
        names[count++] = entry ? format("%s", entry->d_name) : NULL;
    } while (entry);
    closedir(folder);
    qsort(names, count - 1, sizeof *names, by_name);
    return names;
}

void free_list(char **names)
{
    for (char **name = names; name && *name; name++)
        free(*name);
    free(names);
}

char *only_folder(const char *path)
{
    char **names = list_folder(path, false), *only = NULL;
    struct stat file;

    if (names && names[0] && !names[1])
        only = format("%s/%s", path, names[0]);
    free_list(names);
    if (only && lstat(only, &file) == 0 && S_ISDIR(file.st_mode))
        return only;
    free(only);
    return NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

int remove_folder(const char *folder)
{
    return nftw(folder, remove_one, 20, FTW_DEPTH | FTW_PHYS);
}

int make_folders(const char *path)
{
    char *part = format("%s", path);
    int status = 0;

    for (char *at = part + 1; status == 0; at++) {
        char was = *at;

        if (was != '/' && was != '\0')
            continue;
        *at = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            status = -1;
        *at = was;
        if (was == '\0')
            break;
    }
    free(part);
    return status;
}

static int digest_file(EVP_MD_CTX *sum, const char *path)
{
    char buffer[65536];
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        EVP_DigestUpdate(sum, buffer, (size_t)n);
    close(fd);
    return n < 0 ? -1 : 0;
}

/* Each file gives its name, its kind, its size and its bytes, so that no two folders read alike. */
static int digest_below(EVP_MD_CTX *sum, const char *folder)
{
    char **names = list_folder(folder, true);
    int status = names ? 0 : -1;

    for (char **name = names; status == 0 && *name; name++) {
        char *path = format("%s/%s", folder, *name), head[64];
        struct stat file;

        status = lstat(path, &file);
        if (status == 0) {
            bool is_folder = S_ISDIR(file.st_mode);
            int n = snprintf(head, sizeof head, "%c%d %lld ", is_folder ? 'd' : 'f',
                             !is_folder && (file.st_mode & 0100), is_folder ? 0LL : (long long)file.st_size);

            EVP_DigestUpdate(sum, *name, strlen(*name) + 1);
            EVP_DigestUpdate(sum, head, (size_t)n);
            status = is_folder ? digest_below(sum, path) : digest_file(sum, path);
        }
        free(path);
    }
    if (names)
        EVP_DigestUpdate(sum, "", 1);
    free_list(names);
    return status;
}

int digest_folder(const char *folder, char hex[65])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *sum = EVP_MD_CTX_new();
    unsigned size = 0;
    int status = -1;

    if (sum && EVP_DigestInit_ex(sum, EVP_sha256(), NULL) == 1)
        status = digest_below(sum, folder);
    if (status == 0)
        EVP_DigestFinal_ex(sum, bytes, &size);
    for (unsigned i = 0; i < size; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    EVP_MD_CTX_free(sum);
    return status;
}

bool is_of_a_lab(const char *name)
{
    return strcmp(name, "labs") == 0 || (name[0] == '0' && name[1] >= '0' && name[1] <= '9' && name[2] == '-');
}

int unwrap(const char *folder)
{
    char *inner, *aside = format("%s.unwrapped", folder);
    int status = 0;

    while (status == 0 && (inner = only_folder(folder))) {
        bool stays = is_of_a_lab(last_part(inner));

        if (!stays && (rename(inner, aside) != 0 || remove_folder(folder) != 0 || rename(aside, folder) != 0))
            status = -1;
        free(inner);
        if (stays)
            break;
    }
    free(aside);
    return status;
}
