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

        printf("<%s message=\"", element);
        put_line(stdout, col(test, 4));
        fputs("\">", stdout);
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
        "SELECT name, result, sum(1), sum(outcome = 'fail'), sum(outcome = 'not run'), sum(outcome = 'not graded'),"
        " sum(verdicts.seconds)"
        " FROM grades JOIN verdicts USING (result) WHERE lab = ? AND state IN ('graded', 'adjusted') GROUP BY name",
        "i", export->lab);
    while (db_next(query)) {
        fputs("  <testsuite name=\"", stdout);
        put_html(stdout, col(query, 0));
        printf("\" tests=\"%d\" failures=\"%d\" skipped=\"%d\" errors=\"%d\" time=\"%.3f\">\n", COL_INT(query, 2),
               COL_INT(query, 3), COL_INT(query, 4), COL_INT(query, 5), COL_DOUBLE(query, 6));
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

/* 85 rather than 85.0. */
static json_t *number(double value)
{
    json_int_t whole = (json_int_t)value;

    return (double)whole == value ? json_integer(whole) : json_real(value);
}

static json_t *gradescope(sqlite3_stmt *tests, sqlite3_stmt *grade)
{
    bool by_hand = strcmp(col(grade, 5), "adjusted") == 0;
    char *output = by_hand ? format("Set by hand: %s", col(grade, 6)) : format("%s", col(grade, 7));
    json_t *list = json_array();

    while (db_next(tests)) {
        bool passed = strcmp(col(tests, 2), "pass") == 0, not_run = strcmp(col(tests, 2), "not run") == 0;

        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:s, s:s}", "number", col(tests, 0),
                                              "name", col(tests, 1), "score", number(COL_DOUBLE(tests, 3)), "max_score",
                                              number(COL_DOUBLE(tests, 4)), "status", passed ? "passed" : "failed",
                                              "output", json_sprintf("%s%s", not_run ? "Not run. " : "", col(tests, 5)),
                                              "output_format", "text", "visibility", "visible"));
    }
    list = json_pack("{s:o, s:f, s:s, s:s, s:s, s:s, s:o}", "score", number(COL_DOUBLE(grade, 2)), "execution_time",
                     COL_DOUBLE(grade, 3), "output", output, "output_format", "text", "visibility", "visible",
                     "stdout_visibility", "hidden", "tests", list);
    free(output);
    return list;
}

static json_t *classroom50(sqlite3_stmt *tests, sqlite3_stmt *grade)
{
    json_t *list = json_array();

    while (db_next(tests))
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:s}", "test-name",
                                              json_sprintf("%s %s", col(tests, 0), col(tests, 1)), "score",
                                              number(COL_DOUBLE(tests, 3)), "max-score", number(COL_DOUBLE(tests, 4)),
                                              "output", col(tests, 5)));
    return json_pack("{s:s, s:o, s:o, s:o}", "schema", "classroom50/result/v1", "score", number(COL_DOUBLE(grade, 2)),
                     "max-score", number(COL_DOUBLE(grade, 4)), "tests", list);
}

static json_t *autolab(int lab, sqlite3_stmt *grade)
{
    json_t *object = json_object();
    char *name = format("Lab %d", lab);

    json_object_set_new(object, name, number(COL_DOUBLE(grade, 2)));
    free(name);
    return json_pack("{s:o}", "scores", object);
}

static void export_files(const struct export *export, const char *kind)
{
    char *folder = format("export/%s-lab%d", kind, export->lab), *to;
    sqlite3_stmt *query, *tests;

    make_folder(export->dir, "export");
    to = begin_folder(export->dir, folder);
    query = db_ask(export->db,
                   "SELECT name, result, score, seconds, max, state, reason, 'Mode: ' || mode FROM grades"
                   " WHERE lab = ? AND score IS NOT NULL",
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
    end_folder(to, export->dir, folder);
    printf("%s/%s\n", export->dir, folder);
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
