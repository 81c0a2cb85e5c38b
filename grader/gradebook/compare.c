/* Whose verdicts change between two runs, test by test. */
#include "gradebook.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The results that counted after run R of database D, as a temporary table. */
#define AS_OF(D)                                                                                                       \
    "CREATE TEMP TABLE " D "_results AS SELECT * FROM " D ".results r WHERE result ="                                  \
    " (SELECT max(result) FROM " D ".results WHERE name = r.name AND lab = r.lab AND run <= ?)"

/* DIR or DIR@RUN: a folder whose name has an @ in it is a folder. */
static void attach(sqlite3 *db, const char *what, const char *as, const char *sql)
{
    char *dir = format("%s", what), *at = strrchr(dir, '@'), *path, *runs, *last, *attach_sql;
    struct stat status;
    char *end = NULL;
    int run = INT_MAX;

    if (stat(dir, &status) != 0 && at) {
        *at = '\0';
        run = (int)strtol(at + 1, &end, 10);
    }
    path = format("%s/gradebook.db", dir);
    if (stat(path, &status) != 0)
        die(what, "there is no gradebook");
    attach_sql = format("ATTACH ? AS %s", as);
    db_do(db, attach_sql, "t", path);
    last = format("SELECT max(run) FROM %s.runs", as);
    runs = format("SELECT count(*) FROM %s.runs WHERE run = ?", as);
    if (run != INT_MAX && ((end && *end) || db_int(db, runs, "i", run) == 0))
        die(what, format("there is no such run; the last one is %d", db_int(db, last, "")));
    free(runs);
    free(last);
    db_do(db, sql, "i", run);
    free(attach_sql);
    free(path);
    free(dir);
}

static const char *or_none(sqlite3_stmt *query, int column)
{
    return COL_NULL(query, column) ? "-" : col(query, column);
}

static int print_changes(sqlite3 *db)
{
    sqlite3_stmt *query =
        db_ask(db,
               "WITH both AS (SELECT name, lab FROM old_results UNION SELECT name, lab FROM new_results),"
               " was AS (SELECT r.name, r.lab, v.* FROM old_results r JOIN old.verdicts v USING (result)),"
               " is_now AS (SELECT r.name, r.lab, v.* FROM new_results r JOIN new.verdicts v USING (result)),"
               " tests AS (SELECT name, lab, id, min(position) AS position FROM (SELECT name, lab, id, position FROM "
               "was UNION ALL"
               "  SELECT name, lab, id, position FROM is_now) GROUP BY name, lab, id)"
               " SELECT b.name, b.lab, o.score, n.score, t.id, w.outcome, i.outcome, coalesce(i.title, w.title),"
               "  coalesce(i.points, 0) - coalesce(w.points, 0)"
               " FROM both b LEFT JOIN old_results o USING (name, lab) LEFT JOIN new_results n USING (name, lab)"
               " JOIN tests t USING (name, lab) LEFT JOIN was w ON w.name = b.name AND w.lab = b.lab AND w.id = t.id"
               " LEFT JOIN is_now i ON i.name = b.name AND i.lab = b.lab AND i.id = t.id"
               " WHERE w.outcome IS NOT i.outcome OR w.points IS NOT i.points ORDER BY b.lab, b.name, t.position",
               "");
    char *last = format("%s", "");
    int changed = 0;

    while (db_next(query)) {
        char *key = format("%d %s", COL_INT(query, 1), col(query, 0));

        if (strcmp(key, last) != 0) {
            printf("%s, lab %d: %s -> %s\n", col(query, 0), COL_INT(query, 1), or_none(query, 2), or_none(query, 3));
            changed++;
        }
        printf("  %-6s %s -> %s (%+g)  %s\n", col(query, 4), or_none(query, 5), or_none(query, 6), COL_DOUBLE(query, 8),
               col(query, 7));
        free(last);
        last = key;
    }
    free(last);
    return changed;
}

int compare(const char *before, const char *after)
{
    sqlite3 *db;
    int changed, all;

    if (sqlite3_open(":memory:", &db) != SQLITE_OK)
        die("memory", sqlite3_errmsg(db));
    attach(db, before, "old", AS_OF("old"));
    attach(db, after, "new", AS_OF("new"));
    db_do(db, "CREATE INDEX temp.by_old ON old_results (name, lab)", "");
    db_do(db, "CREATE INDEX temp.by_new ON new_results (name, lab)", "");
    changed = print_changes(db);
    all = db_int(db, "SELECT count(*) FROM (SELECT name, lab FROM old_results UNION SELECT name, lab FROM new_results)",
                 "");
    printf("%d of %d results change\n", changed, all);
    sqlite3_close(db);
    return 0;
}
