/* The list of the class, as a table with a header: who belongs to which login, number or address. */
#include "intake.h"

#include "../gradebook/csv.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

bool is_roster(const char *name)
{
    regex_t regex;
    bool is;

    if (regcomp(&regex, "roster.*[.]csv$", REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
        abort();
    is = regexec(&regex, name, 0, NULL, 0) == 0;
    regfree(&regex);
    return is;
}

/* The first column whose header has one of these words in it; -1 where there is none. */
static int column(const struct csv *csv, const char *words)
{
    regex_t regex;
    int found = -1;

    if (regcomp(&regex, words, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0)
        abort();
    for (size_t i = 0; found < 0 && csv_field(csv, 0, i); i++)
        if (regexec(&regex, csv_value(csv, 0, i), 0, NULL, 0) == 0)
            found = (int)i;
    regfree(&regex);
    return found;
}

static json_t *cell(const struct csv *csv, size_t row, int at)
{
    char *text = make_text(at < 0 ? "" : csv_value(csv, row, (size_t)at));
    json_t *value = json_string(text);

    free(text);
    return value;
}

/* Whether a column tells people apart, as numbers and addresses do, and groups and sections do not. */
static bool tells_apart(const struct csv *csv, size_t at)
{
    json_t *values = json_object();
    size_t count = 0, different;

    for (size_t row = 1; row < csv->row_count; row++) {
        char *value = make_text(csv_value(csv, row, at));

        count += *value != '\0';
        if (*value)
            json_object_set_new(values, value, json_true());
        free(value);
    }
    different = json_object_size(values);
    json_decref(values);
    return 4 * different >= 3 * count; /* not all: some stand there twice */
}

/* What the LMS may know the student by: the cells of such columns, and the name, which may stand in two. */
static json_t *keys_of(const struct csv *csv, size_t row, const bool *apart, json_t *student)
{
    json_t *keys = json_array();

    for (size_t i = 0; csv_field(csv, row, i) && csv_field(csv, 0, i); i++)
        if (apart[i] && *csv_value(csv, row, i))
            json_array_append_new(keys, cell(csv, row, (int)i));
    if (json_string_length(student) > 0)
        json_array_append(keys, student);
    return keys;
}

/* Adds a row, but once where a student stands in two sections. */
static void add_row(json_t *rows, json_t *seen, json_t *row)
{
    char *who =
        format("%s\n%s\n%s", json_string_value(json_object_get(row, "id")),
               json_string_value(json_object_get(row, "student")), json_string_value(json_object_get(row, "email")));

    if (!json_object_get(seen, who)) {
        json_object_set_new(seen, who, json_true());
        json_array_append(rows, row);
    }
    free(who);
}

/* Where in the table the name, the number and the address stand; -1 where they do not. */
struct columns {
    int name, first, last, id, email;
    bool *apart;
};

static struct columns find_columns(const struct csv *csv)
{
    struct columns at = {column(csv, "^(full ?)?name$|student|roster.?name|^name"),
                         column(csv, "^first"),
                         column(csv, "^last|surname"),
                         column(csv, "login|user.?name|^s?id\\b|identifier|number|^sid"),
                         column(csv, "e-?mail"),
                         NULL};
    size_t count = 0;

    while (csv_field(csv, 0, count))
        count++;
    at.apart = calloc(count + 1, sizeof *at.apart);
    if (!at.apart)
        abort();
    for (size_t i = 0; i < count; i++)
        at.apart[i] = tells_apart(csv, i);
    return at;
}

static json_t *read_row(const struct csv *csv, size_t row, const struct columns *at)
{
    json_t *student = cell(csv, row, at->name >= 0 ? at->name : at->id >= 0 ? at->id : 0), *who, *keys;

    if (at->name < 0 && at->first >= 0 && at->last >= 0) {
        char *full = format("%s %s", csv_value(csv, row, (size_t)at->first), csv_value(csv, row, (size_t)at->last)),
             *clean = make_text(full);

        json_decref(student);
        student = json_string(clean);
        free(clean);
        free(full);
    }
    who = at->id >= 0 || at->email >= 0 ? cell(csv, row, at->id >= 0 ? at->id : at->email) : json_incref(student);
    keys = keys_of(csv, row, at->apart, student);
    return json_pack("{s:o, s:o, s:o, s:o}", "student", student, "id", who, "email", cell(csv, row, at->email), "keys",
                     keys);
}

/* The gradebook of Canvas has two rows that are nobody's. */
static bool is_student(const json_t *row)
{
    const char *name = json_string_value(json_object_get(row, "student"));

    name += strspn(name, " ");
    return json_array_size(json_object_get(row, "keys")) > 0 && strcmp(name, "Points Possible") != 0 &&
           strcmp(name, "Student, Test") != 0;
}

static json_t *read_rows(const char *path)
{
    json_t *rows = json_array(), *seen = json_object();
    struct csv csv;

    if (csv_read(path, &csv) == 0) {
        struct columns at = find_columns(&csv);

        for (size_t row = 1; row < csv.row_count; row++) {
            json_t *one = read_row(&csv, row, &at);

            if (is_student(one))
                add_row(rows, seen, one);
            json_decref(one);
        }
        free(at.apart);
    }
    csv_free(&csv);
    json_decref(seen);
    return rows;
}

json_t *read_roster(const char *folder, char **file)
{
    char **names = list_folder(folder, false);
    json_t *rows = NULL;

    for (char **name = names; !rows && name && *name; name++)
        if (is_roster(*name)) {
            char *path = format("%s/%s", folder, *name);

            rows = read_rows(path);
            *file = make_text(*name);
            free(path);
        }
    free_list(names);
    return rows;
}
