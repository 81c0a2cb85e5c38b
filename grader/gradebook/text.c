#include "gradebook.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

char *format(const char *text, ...)
{
    va_list arguments;
    char *out = NULL;
    size_t size;
    FILE *stream = open_memstream(&out, &size);

    if (!stream) {
        perror("gradebook");
        exit(1);
    }
    va_start(arguments, text);
    vfprintf(stream, text, arguments);
    va_end(arguments);
    if (fclose(stream) != 0)
        die("memory", strerror(errno));
    return out;
}

FILE *begin_file(const char *dir, const char *name)
{
    char *path = format("%s/%s.new", dir, name);
    FILE *file = fopen(path, "w");

    if (!file)
        die(path, strerror(errno));
    free(path);
    return file;
}

void end_file(FILE *file, const char *dir, const char *name)
{
    char *from = format("%s/%s.new", dir, name), *to = format("%s/%s", dir, name);
    bool failed = ferror(file) != 0;

    if ((fclose(file) != 0) | failed || rename(from, to) != 0)
        die(to, strerror(errno));
    free(from);
    free(to);
}

void make_folder(const char *dir, const char *name)
{
    char *path = format("%s/%s", dir, name);

    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        die(path, strerror(errno));
    free(path);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_folder(const char *path)
{
    if (nftw(path, remove_one, 20, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        die(path, strerror(errno));
}

char *begin_folder(const char *dir, const char *name)
{
    char *folder = format("%s/%s.new", dir, name);

    remove_folder(folder);
    if (mkdir(folder, 0755) != 0)
        die(folder, strerror(errno));
    return folder;
}

void end_folder(char *folder, const char *dir, const char *name)
{
    char *to = format("%s/%s", dir, name), *old = format("%s/%s.old", dir, name);

    remove_folder(old);
    if ((rename(to, old) != 0 && errno != ENOENT) || rename(folder, to) != 0)
        die(to, strerror(errno));
    remove_folder(old);
    free(old);
    free(to);
    free(folder);
}

void put_line(FILE *out, const char *text)
{
    char *line = format("%.*s", (int)strcspn(text, "\n"), text);

    put_html(out, line);
    free(line);
}

void put_html(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '&')
            fputs("&amp;", out);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else if (c == '\'')
            fputs("&#39;", out);
        else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
            fputs("\xef\xbf\xbd", out); /* no HTML or XML may hold it */
        else if (c == 0xef && (strncmp(text, "\xef\xbf\xbe", 3) == 0 || strncmp(text, "\xef\xbf\xbf", 3) == 0))
            fputs("\xef\xbf\xbd", out), text += 2; /* nor these */
        else
            putc(c, out);
    }
}

void put_url(FILE *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;

        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-_.~", c))
            putc(c, out);
        else
            fprintf(out, "%%%02X", c);
    }
}

/* A field that a spreadsheet would take for a formula is told apart by an apostrophe: names come from students. */
void put_csv(FILE *out, const char *text)
{
    if (*text && strchr("=+-@\t\r", *text))
        putc('\'', out), putc(*text++, out);
    if (!text[strcspn(text, ",;\"\n\r\t")]) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

const char *points(double value, char buffer[32])
{
    snprintf(buffer, 32, "%.10g", value);
    return buffer;
}
