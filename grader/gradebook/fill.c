/* Grades for Canvas and Moodle: one column of the instructor's own file. */
#include "gradebook.h"

#include "csv.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whether a cell of the file is the number or the address of this student. Moodle writes `Participant 1234`. */
static bool identifies(const char *cell, sqlite3_stmt *grade, const json_t *keys)
{
    const char *digits = cell + strlen(cell);

    (void)keys;
    while (digits > cell && isdigit((unsigned char)digits[-1]))
        digits--;
    return *cell && (strcmp(cell, col(grade, 1)) == 0 || strcasecmp(cell, col(grade, 2)) == 0 ||
                     (digits > cell && digits[-1] == ' ' && *digits && strcmp(digits, col(grade, 1)) == 0));
}

/* Whether it is his name, or anything that the roster says of him. */
static bool names(const char *cell, sqlite3_stmt *grade, const json_t *keys)
{
    bool found = *cell && (strcmp(cell, col(grade, 0)) == 0 || strcasecmp(cell, col(grade, 3)) == 0);
    const json_t *key;
    size_t i;

    json_array_foreach(keys, i, key)
    {
        found |= strcasecmp(json_string_value(key), cell) == 0;
    }
    return found;
}

/* The only row with a cell that is the student's, in the first columns, one after the other; 0 where there is none. */
static size_t only_row(const struct csv *csv, size_t graded, sqlite3_stmt *grade, const json_t *keys,
                       bool (*is_of)(const char *, sqlite3_stmt *, const json_t *))
{
    enum { FIRST_COLUMNS = 5 }; /* numbers in the columns behind these are grades */

    for (size_t column = 0; column < FIRST_COLUMNS && column < graded; column++) {
        size_t found = 0, count = 0;

        for (size_t row = 1; row < csv->row_count; row++)
            if (is_of(csv_value(csv, row, column), grade, keys)) {
                found = row;
                count++;
            }
        if (count == 1)
            return found;
    }
    return 0;
}

/* A name that two students have finds nobody. */
static size_t find_row(sqlite3 *db, const struct csv *csv, size_t graded, sqlite3_stmt *grade)
{
    json_t *keys = json_loads(col(grade, 6), 0, NULL); /* what the roster says of him */
    size_t row = only_row(csv, graded, grade, keys, identifies);

    if (row == 0 && db_int(db, "SELECT count(*) FROM students WHERE student = ?", "t", col(grade, 3)) == 1)
        row = only_row(csv, graded, grade, keys, names);
    json_decref(keys);
    return row;
}

static size_t find_column(const struct csv *csv, const char *wanted)
{
    size_t found = 0, count = 0;

    for (size_t i = 0; csv_field(csv, 0, i); i++)
        if (strcmp(csv_value(csv, 0, i), wanted) == 0)
            return i;
    for (size_t i = 0; csv_field(csv, 0, i); i++) {
        const char *header = csv_value(csv, 0, i);

        /* Canvas adds the number of the assignment: Lab 3 (12345). */
        if (strncasecmp(header, wanted, strlen(wanted)) == 0 &&
            (header[strlen(wanted)] == ' ' || !header[strlen(wanted)])) {
            found = i;
            count++;
        }
    }
    if (count != 1) {
        fprintf(stderr, "gradebook: %s column '%s'; name one of:", count ? "more than one" : "no", wanted);
        for (size_t i = 0; csv_field(csv, 0, i); i++)
            fprintf(stderr, "%s %s", i ? "," : "", csv_value(csv, 0, i));
        fputs("\n", stderr);
        exit(1);
    }
    return found;
}

/* The points that the LMS gives at most, where the file tells them: grades are scaled to these. */
static double most_points(const struct csv *csv, size_t row, size_t column, bool is_canvas, double max)
{
    double most = 0;

    if (is_canvas) {
        for (size_t r = 1; r < csv->row_count && r < 4; r++)
            if (strstr(csv_value(csv, r, 0), "Points Possible"))
                most = strtod(csv_value(csv, r, column), NULL);
    } else {
        for (size_t i = 0; csv_field(csv, 0, i); i++)
            if (strcasecmp(csv_value(csv, 0, i), "Maximum Grade") == 0)
                most = strtod(csv_value(csv, row, i), NULL);
    }
    return most > 0 ? most : max;
}

static void write_filled(const struct csv *csv, size_t column, char *const *values)
{
    size_t at = 0;

    for (size_t row = 0; row < csv->row_count; row++) {
        const struct csv_field *field = csv_field(csv, row, column);

        if (!field || !values[row])
            continue;
        fwrite(csv->text + at, 1, field->begin - at, stdout);
        fputs(values[row], stdout);
        at = field->end;
    }
    fwrite(csv->text + at, 1, csv->size - at, stdout);
}

void fill_file(const struct export *export, bool is_canvas)
{
    char *standard = is_canvas ? format("Lab %d", export->lab) : format("Grade");
    sqlite3_stmt *query;
    struct csv csv;
    char **values, number[32];
    size_t column;

    if (!*export->file || csv_read(export->file, &csv) != 0)
        die(*export->file ? export->file : "export",
            *export->file ? strerror(errno) : "name the file that you downloaded");
    if (csv.row_count == 0 || memchr(csv.text, '\0', csv.size))
        die(export->file, "there is no table in it");
    column = find_column(&csv, *export->column ? export->column : standard);
    values = calloc(csv.row_count + 1, sizeof *values);
    if (!values)
        die("memory", strerror(errno));
    query = db_ask(export->db,
                   "SELECT name, id, email, student, score, max, keys FROM grades WHERE lab = ? AND score IS NOT NULL",
                   "i", export->lab);
    while (db_next(query)) {
        size_t row = find_row(export->db, &csv, column, query);
        double max = COL_DOUBLE(query, 5);

        if (row == 0) {
            fprintf(stderr, "gradebook: %s: no row of %s is certain to be this student's\n", col(query, 0),
                    export->file);
            continue;
        }
        snprintf(number, sizeof number, "%.2f",
                 COL_DOUBLE(query, 4) * most_points(&csv, row, column, is_canvas, max) / max);
        number[strcspn(number, ".") + (strcmp(strchr(number, '.'), ".00") == 0 ? 0 : 3)] = '\0';
        free(values[row]);
        values[row] = format("%s", number);
    }
    write_filled(&csv, column, values);
    for (size_t row = 0; row < csv.row_count; row++)
        free(values[row]);
    free(values);
    csv_free(&csv);
    free(standard);
}
