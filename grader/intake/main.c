/* intake: see intake.h. */
#include "intake.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* What one submission may have; and everything together. */
static const struct tally ONE = {0, 100000000, 0, 5000, NULL};
static const struct tally ALL = {0, 100000000000, 0, 5000000, NULL};

static int by_student(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    if (order == 0)
        order = strcmp(x->as, y->as);
    return order ? order : x->time < y->time ? 1 : x->time > y->time ? -1 : strcmp(x->path, y->path);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Takes the pieces of one student, newest first among those that are the same. */
static json_t *take_student(const struct piece *pieces, size_t count, const char *dir)
{
    struct tally tally = ONE;
    json_t *student = json_pack("{s:s, s:s, s:s, s:s}", "name", pieces->name, "student", pieces->student, "id",
                                pieces->id, "email", pieces->email);
    char *to = format("%s/%s", dir, pieces->name), why[256] = "", digest[65] = "", *text;
    bool late = false;
    int status = make_folders(to);

    tally.notes = json_array();
    for (size_t i = 0; i < count && status == 0; i++) {
        if (i > 0 && strcmp(pieces[i].as, pieces[i - 1].as) == 0) {
            text = make_text(last_part(pieces[i].path));
            json_array_append_new(tally.notes, json_sprintf("%s: an earlier submission; left alone", text));
            free(text);
            continue;
        }
        late |= pieces[i].late;
        status = take(pieces[i].path, to, pieces[i].as, &tally, why);
    }
    if (status == 0 && (unwrap(to) != 0 || digest_folder(to, digest) != 0)) {
        status = -1;
        snprintf(why, sizeof why, "%s", strerror(errno));
    }
    json_object_set_new(student, "late", json_boolean(late));
    json_object_set_new(student, "digest", json_string(digest));
    json_object_set_new(student, "notes", tally.notes);
    if (status != 0) {
        text = make_text(why);
        json_object_set_new(student, "problem", json_string(text));
        free(text);
    }
    free(to);
    return student;
}

static json_t *take_all(struct pieces *pieces, const char *dir)
{
    json_t *students = json_array();

    if (pieces->count > 0)
        qsort(pieces->at, pieces->count, sizeof *pieces->at, by_student);
    for (size_t first = 0, next; first < pieces->count; first = next) {
        for (next = first + 1; next < pieces->count && strcmp(pieces->at[next].name, pieces->at[first].name) == 0;
             next++)
            ;
        json_array_append_new(students, take_student(&pieces->at[first], next - first, dir));
    }
    return students;
}

static bool is_key_of(const json_t *row, const json_t *student, const char *field)
{
    const json_t *keys = json_object_get(row, "keys"), *key;
    const char *value = json_string_value(json_object_get(student, field));
    size_t i;

    json_array_foreach(keys, i, key)
    {
        if (*value && strcasecmp(json_string_value(key), value) == 0)
            return true;
    }
    return false;
}

static json_t *find_student(json_t *students, const json_t *row)
{
    static const char *const fields[] = {"id", "name", "email", "student"}; /* the surest first */
    json_t *student;
    size_t i;

    for (size_t f = 0; f < sizeof fields / sizeof *fields; f++)
        json_array_foreach(students, i, student)
        {
            if (is_key_of(row, student, fields[f]))
                return student;
        }
    return NULL;
}

/* Gives the students the names of the roster, and adds those of whom nothing came. */
static void apply_roster(json_t *students, const json_t *roster)
{
    const json_t *row;
    size_t i;

    json_array_foreach(roster, i, row)
    {
        json_t *student = find_student(students, row), *email = json_object_get(row, "email");

        if (student) {
            json_object_set(student, "student", json_object_get(row, "student"));
            if (json_string_length(email) > 0)
                json_object_set(student, "email", email);
            json_object_set(student, "keys", json_object_get(row, "keys"));
        } else {
            char *name = make_name(json_string_value(json_object_get(row, "id")));

            student = json_pack("{s:s, s:O, s:O, s:O, s:b, s:s, s:b, s:[], s:O}", "name", name, "student",
                                json_object_get(row, "student"), "id", json_object_get(row, "id"), "email", email,
                                "late", 0, "digest", "", "missing", 1, "notes", "keys", json_object_get(row, "keys"));
            json_array_append_new(students, student);
            free(name);
        }
    }
}

static bool has_lab_folders(const struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++)
        if (is_of_a_lab(last_part(pieces->at[i].path)))
            return true;
    return false;
}

/* An export may come wrapped in one more folder. Where no LMS left its mark, an archive of a folder is taken for that
 * if it holds several folders or archives, none of them of a lab, and nothing else. */
static char *find_top(const char *folder, bool was_archive)
{
    char **names = list_folder(folder), *top = format("%s", folder);
    bool one = names && names[0] && !names[1];

    if (one) {
        char *inner = format("%s/%s", folder, names[0]), *form_name = format("%s", names[0]);
        struct pieces pieces = {0};
        json_t *notes = json_array();
        const char *form = "folders";

        if (find_pieces(inner, form_name, &pieces, &form, notes) == 0 && pieces.count > 0 &&
            (strcmp(form, "folders") != 0 ||
             (was_archive && pieces.count > 1 && json_array_size(notes) == 0 && !has_lab_folders(&pieces)))) {
            free(top);
            top = format("%s", inner);
        }
        free_pieces(&pieces);
        json_decref(notes);
        free(inner);
        free(form_name);
    }
    free_list(names);
    return top;
}

static int take_in(const char *folder, const char *given, const char *dir, bool was_archive)
{
    char *top = find_top(folder, was_archive), *named = format("%s", strcmp(top, folder) == 0 ? given : last_part(top));
    json_t *notes = json_array(), *roster, *students;
    struct pieces pieces = {0};
    const char *form;
    int status = find_pieces(top, named, &pieces, &form, notes);

    if (status == 0) {
        students = take_all(&pieces, dir);
        roster = read_roster(top);
        apply_roster(students, roster);
        json_decref(roster);
        notes = json_pack("{s:s, s:o, s:o}", "form", form, "notes", notes, "students", students);
        status =
            json_dumpf(notes, stdout, JSON_INDENT(1)) == 0 && fputs("\n", stdout) >= 0 && fflush(stdout) == 0 ? 0 : -1;
    }
    json_decref(notes);
    free_pieces(&pieces);
    free(named);
    free(top);
    return status;
}

static int fail(const char *what, const char *why)
{
    fprintf(stderr, "intake: %s: %s\n", what, why);
    return 1;
}

int main(int argc, char **argv)
{
    struct stat file;
    struct tally tally = ALL;
    char *from, *whole = NULL, why[256];
    int status;

    setlocale(LC_ALL, "C.UTF-8");
    if (argc != 3) {
        fputs("usage: intake SUBMISSIONS DIR\n", stderr);
        return 2;
    }
    from = realpath(argv[1], NULL);
    if (!from || stat(from, &file) != 0)
        return fail(argv[1], strerror(errno));
    if (make_folders(argv[2]) != 0)
        return fail(argv[2], strerror(errno));
    if (!S_ISDIR(file.st_mode)) {
        whole = format("%s.whole", argv[2]);
        tally.notes = json_array();
        remove_folder(whole);
        if (take_whole(from, whole, &tally, why) != 0) {
            remove_folder(whole);
            remove_folder(argv[2]);
            return fail("cannot unpack", why);
        }
        json_decref(tally.notes);
    }
    status = take_in(whole ? whole : from, last_part(from), argv[2], whole != NULL);
    if (status != 0)
        return fail(argv[1], strerror(errno));
    if (whole)
        remove_folder(whole);
    free(whole);
    free(from);
    return 0;
}
