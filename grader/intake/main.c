/* intake: see intake.h. */
#include "intake.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
    char *inner = only_folder(folder), *top = format("%s", folder);
    struct pieces pieces = {0};
    json_t *notes = json_array();
    const char *form = "folders";

    if (inner && find_pieces(inner, last_part(inner), &pieces, &form, notes) == 0 && pieces.count > 0 &&
        (strcmp(form, "folders") != 0 ||
         (was_archive && pieces.count > 1 && json_array_size(notes) == 0 && !has_lab_folders(&pieces)))) {
        free(top);
        top = format("%s", inner);
    }
    free_pieces(&pieces);
    json_decref(notes);
    free(inner);
    return top;
}

/* The roster lies among the submissions, or beside the archive that had them. */
static void use_roster(const char *top, const char *beside, json_t *class)
{
    char *file = NULL;
    json_t *roster = read_roster(top, &file);

    if (!roster && beside)
        roster = read_roster(beside, &file);
    if (!roster)
        return;
    json_object_set_new(class, "roster", json_string(file));
    apply_roster(json_object_get(class, "students"), roster, json_object_get(class, "notes"));
    json_decref(roster);
    free(file);
}

/* `beside` is where the archive of `folder` lies, NULL where there was none. */
static int take_in(const char *folder, const char *given, const char *dir, const char *beside, json_t *notes)
{
    char *top = find_top(folder, beside != NULL),
         *named = format("%s", strcmp(top, folder) == 0 ? given : last_part(top));
    struct pieces pieces = {0};
    const char *form;
    int status = find_pieces(top, named, &pieces, &form, notes);

    if (status == 0) {
        json_t *class = json_pack("{s:s, s:O, s:o}", "form", form, "notes", notes, "students", take_all(&pieces, dir));

        use_roster(top, beside, class);
        if (json_dumpf(class, stdout, JSON_INDENT(1)) != 0 || fputs("\n", stdout) < 0 || fflush(stdout) != 0)
            status = -1;
        json_decref(class);
    }
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
    char *from, *given, *whole = NULL, why[256];
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
    given = format("%s", last_part(from));
    tally.notes = json_array();
    if (!S_ISDIR(file.st_mode)) {
        whole = format("%s.whole", argv[2]);
        remove_folder(whole);
        if (take_whole(from, whole, &tally, why) != 0) {
            remove_folder(whole);
            remove_folder(argv[2]);
            return fail("cannot unpack", why);
        }
        *strrchr(from, '/') = '\0';
    }
    status = take_in(whole ? whole : from, given, argv[2], whole ? (*from ? from : "/") : NULL, tally.notes);
    if (status != 0)
        return fail(argv[1], strerror(errno));
    if (whole)
        remove_folder(whole);
    json_decref(tally.notes);
    free(whole);
    free(given);
    free(from);
    return 0;
}
