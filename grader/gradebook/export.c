/* Grades as other systems take them. */
#include "gradebook.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- JUnit ---- */

static void put_junit_case(sqlite3_stmt *test, const char *name)
{
    const char *outcome = col(test, 2);

    fputs("    <testcase classname=\"", stdout);
    put_html(stdout, name);
    printf("\" name=\"%s ", col(test, 0));
    put_html(stdout, col(test, 1));
    printf("\" time=\"%.3f\">", COL_DOUBLE(test, 3));
    if (strcmp(outcome, "pass") != 0) {
        const char *element = strcmp(outcome, "fail") == 0      ? "failure"
                              : strcmp(outcome, "not run") == 0 ? "skipped"
                                                                : "error";

        printf("<%s>", element);
        put_html(stdout, col(test, 4));
        printf("</%s>", element);
    }
    fputs("</testcase>\n", stdout);
}

static void export_junit(const struct export *export)
{
    sqlite3_stmt *query, *tests;

    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", stdout);
    query = db_ask(
        export->db,
        "SELECT name, result, sum(1), sum(outcome = 'fail'), sum(outcome = 'not run'), sum(outcome = 'not graded')"
        " FROM grades JOIN verdicts USING (result) WHERE lab = ? AND state IN ('graded', 'adjusted') GROUP BY name",
        "i", export->lab);
    while (db_next(query)) {
        fputs("  <testsuite name=\"", stdout);
        put_html(stdout, col(query, 0));
        printf("\" tests=\"%d\" failures=\"%d\" skipped=\"%d\" errors=\"%d\">\n", COL_INT(query, 2), COL_INT(query, 3),
               COL_INT(query, 4), COL_INT(query, 5));
        tests = db_ask(
            export->db,
            "SELECT id, title, outcome, verdicts.seconds, output FROM verdicts WHERE result = ? ORDER BY position", "i",
            COL_INT(query, 1));
        while (db_next(tests))
            put_junit_case(tests, col(query, 0));
        fputs("  </testsuite>\n", stdout);
    }
    fputs("</testsuites>\n", stdout);
}

/* ---- A file for each student ---- */

static json_t *gradescope(sqlite3_stmt *tests, sqlite3_stmt *grade)
{
    json_t *list = json_array();

    while (db_next(tests)) {
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:f, s:f, s:s, s:s, s:s, s:s}", "number", col(tests, 0), "name",
                                        col(tests, 1), "score", COL_DOUBLE(tests, 3), "max_score", COL_DOUBLE(tests, 4),
                                        "status", strcmp(col(tests, 2), "pass") == 0 ? "passed" : "failed", "output",
                                        col(tests, 5), "output_format", "text", "visibility", "visible"));
    }
    return json_pack("{s:f, s:f, s:s, s:s, s:o}", "score", COL_DOUBLE(grade, 2), "execution_time", COL_DOUBLE(grade, 3),
                     "visibility", "visible", "stdout_visibility", "hidden", "tests", list);
}

static json_t *classroom50(sqlite3_stmt *tests, sqlite3_stmt *grade)
{
    json_t *list = json_array();

    while (db_next(tests))
        json_array_append_new(
            list, json_pack("{s:o, s:f, s:f, s:s}", "test-name", json_sprintf("%s %s", col(tests, 0), col(tests, 1)),
                            "score", COL_DOUBLE(tests, 3), "max-score", COL_DOUBLE(tests, 4), "output", col(tests, 5)));
    return json_pack("{s:s, s:f, s:f, s:o}", "schema", "classroom50/result/v1", "score", COL_DOUBLE(grade, 2),
                     "max-score", COL_DOUBLE(grade, 4), "tests", list);
}

static json_t *autolab(int lab, sqlite3_stmt *grade)
{
    json_t *object = json_object();
    char *name = format("Lab %d", lab);

    json_object_set_new(object, name, json_real(COL_DOUBLE(grade, 2)));
    free(name);
    return json_pack("{s:o}", "scores", object);
}

static void export_files(const struct export *export, const char *kind)
{
    char *folder = format("export/%s-lab%d", kind, export->lab), *to = format("%s/%s", export->dir, folder);
    sqlite3_stmt *query, *tests;

    make_folder(export->dir, "export");
    make_folder(export->dir, folder);
    query =
        db_ask(export->db, "SELECT name, result, score, seconds, max FROM grades WHERE lab = ? AND score IS NOT NULL",
               "i", export->lab);
    while (db_next(query)) {
        char *name = format("%s.json", col(query, 0));
        FILE *out = begin_file(to, name);
        json_t *object;

        tests =
            db_ask(export->db,
                   "SELECT id, title, outcome, points, max, output FROM verdicts WHERE result = ? ORDER BY position",
                   "i", COL_NULL(query, 1) ? -1 : COL_INT(query, 1));
        object = strcmp(kind, "gradescope") == 0    ? gradescope(tests, query)
                 : strcmp(kind, "classroom50") == 0 ? classroom50(tests, query)
                                                    : autolab(export->lab, query);
        if (strcmp(kind, "autolab") == 0)
            sqlite3_finalize(tests);
        json_dumpf(object, out, JSON_REAL_PRECISION(12) | JSON_PRESERVE_ORDER);
        putc('\n', out);
        end_file(out, to, name);
        json_decref(object);
        free(name);
    }
    printf("%s\n", to);
    free(to);
    free(folder);
}

int export_grades(sqlite3 *db, const char *dir, const char *const *arguments, int count)
{
    int forced = strcmp(arguments[0], "--force") == 0, left;
    const char *kind = arguments[forced];
    struct export export = {db, dir, read_lab(arguments[forced + 2]), count > forced + 3 ? arguments[forced + 3] : "",
                            count > forced + 4 ? arguments[forced + 4] : ""};

    if (db_int(db, "SELECT count(*) FROM labs WHERE lab = ?", "i", export.lab) == 0)
        die(arguments[forced + 2], "nothing of this lab was graded");
    left = list_left(db, export.lab, stderr);
    if (left > 0 && !forced) {
        fprintf(stderr,
                "gradebook: %d could not be graded: grade them again, adjust them by hand, or leave them blank with "
                "--force\n",
                left);
        return 3;
    }
    if (strcmp(kind, "canvas") == 0 || strcmp(kind, "moodle") == 0)
        fill_file(&export, strcmp(kind, "canvas") == 0);
    else if (strcmp(kind, "junit") == 0)
        export_junit(&export);
    else if (strcmp(kind, "gradescope") == 0 || strcmp(kind, "autolab") == 0 || strcmp(kind, "classroom50") == 0)
        export_files(&export, kind);
    else
        die(kind, "no such format: canvas, moodle, gradescope, autolab, classroom50, junit");
    return 0;
}
