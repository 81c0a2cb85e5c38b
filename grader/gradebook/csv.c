#include "csv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *memory)
{
    if (!memory) {
        perror("csv");
        exit(1);
    }
    return memory;
}

static int read_text(const char *path, struct csv *csv)
{
    FILE *file = fopen(path, "rb");
    size_t n;

    if (!file)
        return -1;
    do {
        csv->text = need(realloc(csv->text, csv->size + 65537));
        n = fread(csv->text + csv->size, 1, 65536, file);
        csv->size += n;
    } while (n > 0);
    csv->text[csv->size] = '\0';
    if (ferror(file)) {
        fclose(file);
        errno = EIO;
        return -1;
    }
    fclose(file);
    return 0;
}

/* What occurs most in the first line, outside of quotes. */
static char find_separator(const struct csv *csv)
{
    static const char candidates[] = ",;\t";
    size_t counts[3] = {0}, best = 0;
    bool quoted = false;

    for (const char *at = csv->text; *at && (quoted || *at != '\n'); at++) {
        const char *found = strchr(candidates, *at);

        quoted ^= *at == '"';
        if (found && !quoted)
            counts[found - candidates]++;
    }
    for (size_t i = 1; i < 3; i++)
        if (counts[i] > counts[best])
            best = i;
    return candidates[best];
}

static void add_field(struct csv *csv, size_t begin, size_t end, size_t row)
{
    struct csv_field *field;
    char *out;
    bool quoted = begin < end && csv->text[begin] == '"';

    csv->fields = need(realloc(csv->fields, (csv->count + 1) * sizeof *csv->fields));
    field = &csv->fields[csv->count++];
    *field = (struct csv_field){need(malloc(end - begin + 1)), begin, end, row};
    out = field->value;
    for (size_t i = begin + quoted; i < end; i++) {
        if (quoted && csv->text[i] == '"' && (i + 1 == end || csv->text[++i] != '"'))
            break;
        *out++ = csv->text[i];
    }
    *out = '\0';
}

static size_t end_of_field(const struct csv *csv, size_t at)
{
    bool quoted = false;

    for (; at < csv->size; at++) {
        char c = csv->text[at];

        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == csv->separator || c == '\n' || (c == '\r' && csv->text[at + 1] == '\n')))
            break;
    }
    return at;
}

static void begin_row(struct csv *csv)
{
    csv->rows = need(realloc(csv->rows, (csv->row_count + 2) * sizeof *csv->rows));
    csv->rows[csv->row_count++] = csv->count;
}

int csv_read(const char *path, struct csv *csv)
{
    size_t at = 0;

    memset(csv, 0, sizeof *csv);
    if (read_text(path, csv) != 0)
        return -1;
    csv->separator = find_separator(csv);
    if (csv->size >= 3 && memcmp(csv->text, "\xef\xbb\xbf", 3) == 0)
        at = 3; /* the mark that spreadsheets put before UTF-8 */
    begin_row(csv);
    csv->row_count = 0;
    while (at < csv->size) {
        size_t end;

        begin_row(csv);
        for (;;) {
            end = end_of_field(csv, at);
            add_field(csv, at, end, csv->row_count - 1);
            at = end + 1;
            if (end >= csv->size || csv->text[end] != csv->separator)
                break;
        }
        if (end < csv->size && csv->text[end] == '\r')
            at++;
    }
    csv->rows[csv->row_count] = csv->count;
    return 0;
}

void csv_free(struct csv *csv)
{
    for (size_t i = 0; i < csv->count; i++)
        free(csv->fields[i].value);
    free(csv->fields);
    free(csv->rows);
    free(csv->text);
}

const struct csv_field *csv_field(const struct csv *csv, size_t row, size_t column)
{
    if (row >= csv->row_count || csv->rows[row] + column >= csv->rows[row + 1])
        return NULL;
    return &csv->fields[csv->rows[row] + column];
}

const char *csv_value(const struct csv *csv, size_t row, size_t column)
{
    const struct csv_field *field = csv_field(csv, row, column);

    return field ? field->value : "";
}
