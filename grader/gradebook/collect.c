/* From the files that grade-class left to the database. */
#include "gradebook.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* The notes of a student or of a result, a line each. */
static char *lines_of(const json_t *notes)
{
    char *all = format("%s", "");
    const json_t *line;
    size_t i;

    json_array_foreach(notes, i, line)
    {
        char *more = format("%s%s%s", all, *all ? "\n" : "", json_string_value(line));

        free(all);
        all = more;
    }
    return all;
}

static void collect_students(sqlite3 *db, const char *dir)
{
    char *path = format("%s/class.json", dir);
    json_error_t error;
    json_t *class = json_load_file(path, 0, &error), *students = json_object_get(class, "students"), *student, *lab;
    size_t i;

    if (!json_is_array(students))
        die(path, class ? "no list of students" : error.text);
    json_array_foreach(json_object_get(class, "labs"), i, lab)
    {
        db_do(db, "INSERT OR IGNORE INTO labs VALUES (?)", "i", (int)json_integer_value(lab));
    }
    db_do(db, "DELETE FROM students", "");
    json_array_foreach(students, i, student)
    {
        char *notes = lines_of(json_object_get(student, "notes")),
             *keys = json_dumps(json_object_get(student, "keys"), 0);

        db_do(db, "INSERT INTO students VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", "tttttitit", text_of(student, "name"),
              text_of(student, "student"), text_of(student, "id"), text_of(student, "email"), keys,
              (int)json_is_true(json_object_get(student, "late")), text_of(student, "problem"),
              (int)json_is_true(json_object_get(student, "missing")), notes);
        free(notes);
        free(keys);
    }
    json_decref(class);
    free(path);
}

static void collect_verdicts(sqlite3 *db, int result, const json_t *tests)
{
    const json_t *test;
    size_t i;

    json_array_foreach(tests, i, test)
    {
        db_do(db, "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", "iittddtdt", result, (int)i,
              text_of(test, "id"), text_of(test, "title"), json_number_value(json_object_get(test, "points")),
              json_number_value(json_object_get(test, "max")), text_of(test, "outcome"),
              json_number_value(json_object_get(test, "seconds")), text_of(test, "output"));
    }
}

/* A result that is there already, told by the moment when it was made, is left alone. */
static bool collect_result(sqlite3 *db, int run, const json_t *result)
{
    char *notes = lines_of(json_object_get(result, "notes"));
    int id;

    db_do(db,
          "INSERT OR IGNORE INTO results (run, name, lab, score, max, status, mode, seconds, graded, machine, receipt, "
          "reason,"
          " notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          "itiddttdttttt", run, text_of(result, "submission"), (int)json_integer_value(json_object_get(result, "lab")),
          json_number_value(json_object_get(result, "score")), json_number_value(json_object_get(result, "max")),
          text_of(result, "status"), text_of(result, "mode"), json_number_value(json_object_get(result, "seconds")),
          text_of(result, "graded") ? text_of(result, "graded") : "", text_of(result, "machine"),
          text_of(result, "receipt") ? text_of(result, "receipt") : "", text_of(result, "reason"), notes);
    free(notes);
    if (sqlite3_changes(db) == 0)
        return false;
    id = (int)sqlite3_last_insert_rowid(db);
    db_do(db, "INSERT OR IGNORE INTO labs SELECT lab FROM results WHERE result = ?", "i", id);
    collect_verdicts(db, id, json_object_get(result, "tests"));
    return true;
}

/* The results of one student; how many of them are new. */
static int collect_folder(sqlite3 *db, int run, const char *folder, const char *name)
{
    DIR *files = opendir(folder);
    struct dirent *entry;
    int found = 0;

    while (files && (entry = readdir(files))) {
        char *path = format("%s/%s", folder, entry->d_name);
        size_t size = strlen(entry->d_name);
        json_error_t error;
        json_t *result = NULL;

        if (strncmp(entry->d_name, "lab", 3) == 0 && size > 5 && strcmp(entry->d_name + size - 5, ".json") == 0) {
            result = json_load_file(path, 0, &error);
            if (!result)
                die(path, error.text);
            json_object_set_new(result, "submission", json_string(name)); /* the folder says whose it is */
            found += collect_result(db, run, result);
        }
        json_decref(result);
        free(path);
    }
    if (files)
        closedir(files);
    return found;
}

void collect(sqlite3 *db, const char *dir)
{
    char *results = format("%s/results", dir);
    DIR *folders = opendir(results);
    struct dirent *entry;
    int run, found = 0;

    db_do(db, "BEGIN IMMEDIATE", "");
    collect_students(db, dir);
    run = db_int(db, "SELECT coalesce(max(run), 0) + 1 FROM runs", "");
    while (folders && (entry = readdir(folders))) {
        char *folder = format("%s/%s", results, entry->d_name);

        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            found += collect_folder(db, run, folder, entry->d_name);
        free(folder);
    }
    if (found > 0)
        db_do(db, "INSERT INTO runs (run) VALUES (?)", "i", run);
    db_do(db, "COMMIT", "");
    if (folders)
        closedir(folders);
    free(results);
}
