/* Which row of the roster is whose. */
#include "intake.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* `text` in lower case, as a key: what people type differs in that. */
static char *key_of(const char *text)
{
    char *key = format("%s", text);

    for (char *at = key; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return key;
}

/* From each key to the rows that have it. */
static json_t *index_rows(const json_t *roster)
{
    json_t *index = json_object();
    const json_t *row, *key;
    size_t i, k;

    json_array_foreach(roster, i, row)
    {
        json_array_foreach(json_object_get(row, "keys"), k, key)
        {
            char *text = key_of(json_string_value(key));
            json_t *rows = json_object_get(index, text);

            if (!rows)
                json_object_set_new(index, text, rows = json_array());
            if (json_integer_value(json_array_get(rows, json_array_size(rows) - 1)) != (json_int_t)i ||
                json_array_size(rows) == 0)
                json_array_append_new(rows, json_integer((json_int_t)i));
            free(text);
        }
    }
    return index;
}

/* What is known of a row of the roster: whose it is, or of how many students it may be. */
struct owner {
    json_t *student, *claimed_by;
    size_t claims;
};

/* All rows that have the student's `field` as a key and are nobody's yet get a claim. */
static void claim(const json_t *index, struct owner *owners, json_t *student, const char *field)
{
    char *key = key_of(json_string_value(json_object_get(student, field)));
    const json_t *rows = *key ? json_object_get(index, key) : NULL, *number;
    size_t i, open = 0;

    json_array_foreach(rows, i, number)
    {
        open += !owners[json_integer_value(number)].student;
    }
    json_array_foreach(rows, i, number)
    {
        struct owner *owner = &owners[json_integer_value(number)];

        if (owner->student)
            continue;
        owner->claimed_by = student;
        owner->claims += open; /* a student with two rows has neither */
    }
    free(key);
}

static void give(json_t *student, const json_t *row)
{
    json_t *email = json_object_get(row, "email");

    json_object_set(student, "student", json_object_get(row, "student"));
    if (json_string_length(email) > 0)
        json_object_set(student, "email", email);
    json_object_set(student, "keys", json_object_get(row, "keys"));
}

static bool is_taken(const json_t *students, const char *name)
{
    const json_t *student;
    size_t i;

    json_array_foreach(students, i, student)
    {
        if (strcmp(json_string_value(json_object_get(student, "name")), name) == 0)
            return true;
    }
    return false;
}

/* A student of whom nothing came, under a name that nobody else has. */
static json_t *make_missing(const json_t *students, const json_t *row)
{
    char *wanted = make_name(json_string_value(json_object_get(row, "id"))), *name = format("%s", wanted);
    json_t *student;

    for (int i = 2; is_taken(students, name); i++) {
        free(name);
        name = format("%s_%d", wanted, i);
    }
    student = json_pack("{s:s, s:O, s:O, s:O, s:b, s:s, s:b, s:[], s:O}", "name", name, "student",
                        json_object_get(row, "student"), "id", json_object_get(row, "id"), "email",
                        json_object_get(row, "email"), "late", 0, "digest", "", "missing", 1, "notes", "keys",
                        json_object_get(row, "keys"));

    free(wanted);
    free(name);
    return student;
}

void apply_roster(json_t *students, const json_t *roster, json_t *notes)
{
    static const char *const fields[] = {"id", "name", "email", "student"}; /* the surest first */
    size_t count = json_array_size(roster), i;
    struct owner *owners = calloc(count + 1, sizeof *owners);
    json_t *index = index_rows(roster), *student;

    if (!owners)
        abort();
    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++) {
        json_array_foreach(students, i, student)
        {
            if (!json_object_get(student, "keys"))
                claim(index, owners, student, fields[f]);
        }
        for (size_t row = 0; row < count; row++) {
            if (owners[row].claims == 1 && !owners[row].student) {
                owners[row].student = owners[row].claimed_by;
                give(owners[row].student, json_array_get(roster, row));
            }
            if (f + 1 < sizeof fields / sizeof *fields)
                owners[row].claims = 0;
        }
    }
    for (size_t row = 0; row < count; row++) {
        const json_t *of = json_array_get(roster, row);

        if (owners[row].claims > 1)
            json_array_append_new(
                notes, json_sprintf("%s: a row of the roster that may be more than one student's; left alone",
                                    json_string_value(json_object_get(of, "student"))));
        else if (!owners[row].student)
            json_array_append_new(students, make_missing(students, of));
    }
    json_decref(index);
    free(owners);
}
