/* Which row of a file of the LMS is a student's. */
#include "gradebook.h"

#include "csv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *lower(const char *text)
{
    char *copy = format("%s", text);

    for (char *at = copy; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return copy;
}

json_t *count_keys(sqlite3 *db)
{
    sqlite3_stmt *query = db_ask(db, "SELECT keys FROM students", "");
    json_t *counts = json_object();

    while (db_next(query)) {
        json_t *keys = json_loads(col(query, 0), 0, NULL), *own = json_object(), *key;
        const char *text;
        size_t i;

        json_array_foreach(keys, i, key)
        {
            char *copy = lower(json_string_value(key));

            json_object_set_new(own, copy, json_true());
            free(copy);
        }
        json_object_foreach(own, text, key)
        {
            json_object_set_new(counts, text, json_integer(1 + json_integer_value(json_object_get(counts, text))));
        }
        json_decref(keys);
        json_decref(own);
    }
    return counts;
}

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

/* Whether it is his name, or anything that the roster says of him and of nobody else. */
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

/* The only row with a cell that is the student's, in the first columns, one after the other; 0 where there is none.
 * The sooner it is found, the lower is *rank. */
static size_t only_row(const struct search *search, sqlite3_stmt *grade, const json_t *keys,
                       bool (*is_of)(const char *, sqlite3_stmt *, const json_t *), size_t *rank)
{
    enum { FIRST_COLUMNS = 5 }; /* numbers in the columns behind these are grades */

    for (size_t column = 0; column < FIRST_COLUMNS && column < search->graded; column++, ++*rank) {
        size_t found = 0, count = 0;

        for (size_t row = 1; row < search->csv->row_count; row++)
            if (is_of(csv_value(search->csv, row, column), grade, keys)) {
                found = row;
                count++;
            }
        if (count == 1)
            return found;
    }
    return 0;
}

/* What the roster says of this student alone. */
static json_t *own_keys(const struct search *search, const char *text)
{
    json_t *keys = json_loads(text, 0, NULL), *own = json_array(), *key;
    size_t i;

    json_array_foreach(keys, i, key)
    {
        char *copy = lower(json_string_value(key));

        if (json_integer_value(json_object_get(search->shared_by, copy)) == 1)
            json_array_append(own, key);
        free(copy);
    }
    json_decref(keys);
    return own;
}

size_t find_row(const struct search *search, sqlite3_stmt *grade, size_t *rank)
{
    json_t *keys = own_keys(search, col(grade, 6));
    size_t row = only_row(search, grade, keys, identifies, rank);

    if (row == 0 && db_int(search->db, "SELECT count(*) FROM students WHERE student = ?", "t", col(grade, 3)) == 1)
        row = only_row(search, grade, keys, names, rank);
    json_decref(keys);
    return row;
}
