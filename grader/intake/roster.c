/* The list of the class, as a table with a header: who belongs to which login, number or address. */
#include "intake.h"

#include "../gradebook/csv.h"

#include <ctype.h>
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

/* Every cell of a row may be what the LMS knows the student by. */
static json_t *keys_of(const struct csv *csv, size_t row)
{
    json_t *keys = json_array();

    for (size_t i = 0; csv_field(csv, row, i); i++)
        if (*csv_value(csv, row, i))
            json_array_append_new(keys, cell(csv, row, (int)i));
    return keys;
}

static json_t *read_rows(const char *path)
{
    json_t *rows = json_array();
    struct csv csv;

    if (csv_read(path, &csv) == 0) {
        int first = column(&csv, "^first"), last = column(&csv, "^last|surname");
        int name = column(&csv, "^(full ?)?name$|student|roster.?name|^name"), email = column(&csv, "e-?mail");
        int id = column(&csv, "login|user.?name|^s?id\\b|identifier|number|^sid");

        for (size_t row = 1; row < csv.row_count; row++) {
            json_t *keys = keys_of(&csv, row), *student = cell(&csv, row, name >= 0 ? name : id >= 0 ? id : 0);

            if (name < 0 && first >= 0 && last >= 0) {
                json_decref(student);
                student =
                    json_sprintf("%s %s", csv_value(&csv, row, (size_t)first), csv_value(&csv, row, (size_t)last));
            }
            if (json_array_size(keys) == 0 || !student) {
                json_decref(keys);
                json_decref(student);
                continue;
            }
            json_array_append_new(rows, json_pack("{s:o, s:o, s:o, s:o}", "student", student, "id",
                                                  cell(&csv, row, id >= 0 ? id : 0), "email", cell(&csv, row, email),
                                                  "keys", keys));
        }
    }
    csv_free(&csv);
    return rows;
}

json_t *read_roster(const char *folder)
{
    char **names = list_folder(folder);
    json_t *rows = NULL;

    for (char **name = names; !rows && name && *name; name++)
        if (is_roster(*name)) {
            char *path = format("%s/%s", folder, *name);

            rows = read_rows(path);
            free(path);
        }
    free_list(names);
    return rows ? rows : json_array();
}
