/* Comma-separated values as spreadsheets and learning platforms write them (RFC 4180, and with ';' or tabs), with the
 * place of every field in the file, so that one field can be replaced and no other byte changed. */
#ifndef CSV_H
#define CSV_H

#include <stddef.h>

struct csv_field {
    char *value;       /* without quotes */
    size_t begin, end; /* in the text, quotes included */
    size_t row;
};

struct csv {
    char *text;
    size_t size;
    char separator;
    struct csv_field *fields; /* in the order of the file */
    size_t count;
    size_t *rows; /* index of the first field of each row; rows[row_count] is count */
    size_t row_count;
};

/* Reads a file whole. 0, or -1 with errno. Free with csv_free(), also after a failure. */
int csv_read(const char *path, struct csv *csv);
void csv_free(struct csv *csv);
/* The field, NULL where the row has none. */
const struct csv_field *csv_field(const struct csv *csv, size_t row, size_t column);
/* Its value, "" where the row has none. */
const char *csv_value(const struct csv *csv, size_t row, size_t column);

#endif
