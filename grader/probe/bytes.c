/* bytes: shows a file, or where two files differ, with every byte visible; makes files of random bytes. */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    COLUMNS = 100, /* longest line of `show` unless told */
    WINDOW = 60,   /* longest line of `diff` */
    BEFORE = 30,   /* columns of it in front of the difference */
    SHORT = 8      /* room for one visible byte */
};

static const char dots[] = "...";

struct content {
    unsigned char *bytes;
    size_t len;
};

static const char usage_text[] = "usage: bytes show [-n LINES] [-p PREFIX] [-s SKIP] [-c COUNT] [-w WIDTH] FILE\n"
                                 "       bytes diff EXPECTED ACTUAL\n"
                                 "       bytes random SIZE SEED\n";

static void *need_memory(void *memory)
{
    if (!memory) {
        fputs("bytes: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

static bool read_file(const char *path, struct content *f)
{
    FILE *in = fopen(path, "rb");
    size_t size = 0, n = 0;
    bool good;

    *f = (struct content){0};
    if (!in) {
        fprintf(stderr, "bytes: %s: %s\n", path, strerror(errno));
        return false;
    }
    do {
        f->len += n;
        if (size - f->len < BUFSIZ) {
            size = 2 * size + 2 * BUFSIZ;
            f->bytes = need_memory(realloc(f->bytes, size));
        }
        n = fread(f->bytes + f->len, 1, size - f->len, in);
    } while (n > 0);
    good = !ferror(in);
    if (!good)
        fprintf(stderr, "bytes: %s: %s\n", path, strerror(errno));
    fclose(in);
    return good;
}

/* Writes one byte as a person can read it; returns how many columns it takes. */
static size_t visible(char out[SHORT], unsigned char byte)
{
    static const char plain[] = "\r\n\t\\";
    static const char letters[] = "rnt\\";
    const char *at = byte ? strchr(plain, byte) : NULL;

    if (byte == '\0')
        return (size_t)snprintf(out, SHORT, "\\0");
    if (at)
        return (size_t)snprintf(out, SHORT, "\\%c", letters[at - plain]);
    if (byte >= 0x20 && byte < 0x7f)
        return (size_t)snprintf(out, SHORT, "%c", byte);
    return (size_t)snprintf(out, SHORT, "\\x%02x", byte);
}

static size_t width(unsigned char byte)
{
    char out[SHORT];

    return visible(out, byte);
}

static void put_byte(unsigned char byte)
{
    char out[SHORT];

    visible(out, byte);
    fputs(out, stdout);
}

/* How many bytes from `at` go on one shown line: up to the line end, or as many
 * as leave room for the dots. *cut tells that the line goes on. */
static size_t shown_line(const struct content *f, size_t at, size_t most, bool *cut)
{
    size_t columns = 0, fit = at, i = at;

    *cut = false;
    while (i < f->len) {
        columns += width(f->bytes[i]);
        if (columns > most) {
            *cut = true;
            return fit - at;
        }
        i++;
        if (columns + strlen(dots) <= most)
            fit = i;
        if (f->bytes[i - 1] == '\n')
            break;
    }
    return i - at;
}

static void show(const struct content *f, size_t lines, size_t most, const char *prefix)
{
    size_t at = 0;

    if (f->len == 0)
        printf("%s(empty)\n", prefix);
    while (at < f->len && lines-- > 0) {
        bool cut;
        size_t end = at + shown_line(f, at, most, &cut);

        fputs(prefix, stdout);
        for (; at < end; at++)
            put_byte(f->bytes[at]);
        puts(cut ? dots : "");
    }
    if (at < f->len)
        printf("%s... %zu more byte%s\n", prefix, f->len - at, f->len - at == 1 ? "" : "s");
}

/* A part of it: `count` bytes behind the first `skip`. */
static struct content part(const struct content *f, size_t skip, size_t count)
{
    size_t from = skip < f->len ? skip : f->len;

    return (struct content){f->bytes + from, count < f->len - from ? count : f->len - from};
}

static bool read_number(const char *text, size_t *number)
{
    char *behind = "";

    if (isdigit((unsigned char)*text))
        *number = (size_t)strtoul(text, &behind, 10);
    return isdigit((unsigned char)*text) && !*behind;
}

static int run_show(int argc, char **argv)
{
    struct content f, shown;
    const char *prefix = "";
    size_t lines = 30, skip = 0, count = SIZE_MAX, columns = COLUMNS;
    size_t *const numbers[] = {&lines, &skip, &count, &columns};
    static const char letters[] = "nscw";
    int option;
    bool good = true;

    while ((option = getopt(argc, argv, "+:n:p:s:c:w:")) != -1) {
        if (option == 'p')
            prefix = optarg;
        else
            good = good && strchr(letters, option) && read_number(optarg, numbers[strchr(letters, option) - letters]);
    }
    if (!good || argc - optind != 1) {
        fputs(usage_text, stderr);
        return 2;
    }
    if (!read_file(argv[optind], &f)) {
        free(f.bytes);
        return 2;
    }
    shown = part(&f, skip, count);
    show(&shown, lines, columns, prefix);
    free(f.bytes);
    return 0;
}

/* The line in which `at` lies: where it starts. */
static size_t line_start(const struct content *f, size_t at)
{
    while (at > 0 && f->bytes[at - 1] != '\n')
        at--;
    return at;
}

/* Shows the line around `at`; returns the column at which that byte stands. */
static size_t show_around(const struct content *f, size_t at, const char *label)
{
    size_t start = line_start(f, at), from = at, columns = 0, here;

    while (from > start && columns + width(f->bytes[from - 1]) + strlen(dots) <= BEFORE)
        columns += width(f->bytes[--from]);
    printf("%s%s", label, from > start ? dots : "");
    columns += from > start ? strlen(dots) : 0;
    here = columns;
    for (size_t i = from; i < f->len; i++) {
        if (i >= at)
            columns += width(f->bytes[i]);
        if (columns + strlen(dots) > WINDOW) {
            fputs(dots, stdout);
            break;
        }
        put_byte(f->bytes[i]);
        if (i >= at && f->bytes[i] == '\n')
            break;
    }
    puts(at == f->len ? "(end)" : "");
    return here;
}

static const char *plural(size_t n)
{
    return n == 1 ? "" : "s";
}

/* One file is the beginning of the other. */
static void tell_length(const struct content *expected, const struct content *actual)
{
    size_t same = expected->len < actual->len ? expected->len : actual->len;
    size_t more = actual->len - same, columns = 0;

    if (same > 0)
        printf("the first %zu byte%s %s right, then ", same, plural(same), same == 1 ? "is" : "are");
    if (more == 0) {
        more = expected->len - same;
        printf("%zu %s missing\n", more, more == 1 ? "is" : "are");
        return;
    }
    printf("%zu %s that should not: \"", more, more == 1 ? "comes" : "come");
    for (size_t i = same; i < actual->len; i++) {
        columns += width(actual->bytes[i]);
        if (columns + strlen(dots) > WINDOW) {
            fputs(dots, stdout);
            break;
        }
        put_byte(actual->bytes[i]);
    }
    puts("\"");
}

static void tell_place(const struct content *f, size_t at)
{
    size_t line = 1;

    for (size_t i = 0; i < at; i++)
        line += f->bytes[i] == '\n';
    printf("first difference: byte %zu (line %zu, byte %zu of that line)\n", at + 1, line, at - line_start(f, at) + 1);
}

/* Returns the exit status: 0 equal, 1 different. */
static int diff(const struct content *expected, const struct content *actual)
{
    size_t at = 0, column;

    while (at < expected->len && at < actual->len && expected->bytes[at] == actual->bytes[at])
        at++;
    if (at == expected->len && at == actual->len)
        return 0;
    tell_place(expected, at);
    printf("expected %zu byte%s, got %zu\n", expected->len, plural(expected->len), actual->len);
    if (at == expected->len || at == actual->len)
        tell_length(expected, actual);
    show_around(expected, at, "  expected: ");
    column = show_around(actual, at, "  actual:   ");
    printf("            %*s^\n", (int)column, "");
    return 1;
}

static int run_diff(int argc, char **argv)
{
    struct content expected = {0}, actual = {0};
    int status = 2;

    if (argc != 3)
        fputs(usage_text, stderr);
    else if (read_file(argv[1], &expected) && read_file(argv[2], &actual))
        status = diff(&expected, &actual);
    free(expected.bytes);
    free(actual.bytes);
    return status;
}

/* The next number of the generator splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

static void put_random(size_t size, uint64_t state)
{
    char block[4096];

    while (size > 0) {
        size_t n = size < sizeof(block) ? size : sizeof(block);

        for (size_t i = 0; i < sizeof(block); i += sizeof(uint64_t)) {
            uint64_t word = next_random(&state);

            for (size_t j = 0; j < sizeof(word); j++)
                block[i + j] = (char)(word >> 8 * j);
        }
        fwrite(block, 1, n, stdout);
        size -= n;
    }
}

/* Writes SIZE bytes that look like noise and depend on the text SEED only. */
static int run_random(int argc, char **argv)
{
    uint64_t state = 0;
    char *behind = "";
    size_t size = argc == 3 ? strtoul(argv[1], &behind, 10) : 0;

    if (argc != 3 || !isdigit((unsigned char)*argv[1]) || *behind) {
        fputs(usage_text, stderr);
        return 2;
    }
    for (const char *c = argv[2]; *c; c++) {
        state ^= (unsigned char)*c;
        state = next_random(&state);
    }
    put_random(size, state);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("bytes: stdout");
        return 2;
    }
    return 0;
}

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "show") == 0)
        return run_show(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "diff") == 0)
        return run_diff(argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "random") == 0)
        return run_random(argc - 1, argv + 1);
    fputs(usage_text, stderr);
    return 2;
}
