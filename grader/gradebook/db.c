#include "gradebook.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* grades: one row for each student and lab, with what counts: a grade set by hand, else the newest result. Views are not
 * kept: those of an older gradebook may have been others. */
static const char SCHEMA[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS students (name TEXT PRIMARY KEY, student TEXT, id TEXT, email TEXT, keys TEXT,"
    " late INT, problem TEXT, missing INT, notes TEXT);"
    "CREATE TABLE IF NOT EXISTS labs (lab INTEGER PRIMARY KEY);"
    "CREATE TABLE IF NOT EXISTS runs (run INTEGER PRIMARY KEY, made TEXT DEFAULT (datetime()));"
    "CREATE TABLE IF NOT EXISTS results (result INTEGER PRIMARY KEY, run INT, name TEXT, lab INT, score REAL, max REAL,"
    " status TEXT, mode TEXT, seconds REAL, graded TEXT, machine TEXT, receipt TEXT, reason TEXT, notes TEXT,"
    " UNIQUE (name, lab, graded, receipt));"
    "CREATE TABLE IF NOT EXISTS verdicts (result INT, position INT, id TEXT, title TEXT, points REAL, max REAL,"
    " outcome TEXT, seconds REAL, output TEXT, PRIMARY KEY (result, position)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS adjustments (adjustment INTEGER PRIMARY KEY, name TEXT, lab INT, score REAL,"
    " reason TEXT, made TEXT DEFAULT (datetime()));"
    "CREATE INDEX IF NOT EXISTS by_student ON results (name, lab, result);"
    "CREATE INDEX IF NOT EXISTS by_shown_name ON students (student);"
    "CREATE TEMP VIEW current AS SELECT * FROM results r"
    " WHERE result = (SELECT max(result) FROM results WHERE name = r.name AND lab = r.lab);"
    "CREATE TEMP VIEW by_hand AS SELECT * FROM adjustments a WHERE score IS NOT NULL"
    " AND adjustment = (SELECT max(adjustment) FROM adjustments WHERE name = a.name AND lab = a.lab);"
    "CREATE TEMP VIEW grades AS"
    " SELECT s.name, s.student, s.id, s.email, s.keys, s.late, s.notes, l.lab, r.result, l.max, r.graded, r.seconds, "
    "r.mode,"
    "  CASE WHEN h.score IS NOT NULL THEN 'adjusted' WHEN s.missing THEN 'missing'"
    "   WHEN s.problem IS NULL AND r.status = 'graded' THEN 'graded' ELSE 'not graded' END AS state,"
    "  CASE WHEN h.score IS NOT NULL THEN h.score"
    "   WHEN s.problem IS NULL AND NOT s.missing AND r.status = 'graded' THEN r.score END AS score,"
    "  coalesce(h.reason, s.problem, r.reason, CASE WHEN r.result IS NULL THEN 'not graded yet'"
    "   ELSE 'the grader or the machine failed' END) AS reason, r.notes AS result_notes"
    " FROM students s, (SELECT lab, coalesce((SELECT max(max) FROM results WHERE lab = labs.lab), 100) AS max"
    "  FROM labs) l"
    " LEFT JOIN current r ON r.name = s.name AND r.lab = l.lab"
    " LEFT JOIN by_hand h ON h.name = s.name AND h.lab = l.lab;";

/* shape(text): the first line without what differs from one machine and one run to the next: numbers, ports, addresses. */
static void shape(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *in = (const char *)sqlite3_value_text(values[0]);
    char line[300], *out = line;

    (void)count;
    for (; in && *in && *in != '\n' && out < line + sizeof line - 4; in++) {
        bool is_hex = in[0] == '0' && in[1] == 'x';

        if (!isdigit((unsigned char)*in)) {
            *out++ = *in;
            continue;
        }
        in += is_hex ? 2 : 0;
        while (is_hex ? isxdigit((unsigned char)in[1])
                      : isdigit((unsigned char)in[1]) || (in[1] == '.' && isdigit((unsigned char)in[2])))
            in++;
        *out++ = 'N';
        if (out - line >= 7 && strncmp(out - 7, "N,N,N,N", 7) == 0)
            out -= 2; /* a list is the same at any length */
    }
    sqlite3_result_text(context, line, (int)(out - line), SQLITE_TRANSIENT);
}

void die(const char *what, const char *why)
{
    fprintf(stderr, "gradebook: %s: %s\n", what, why);
    exit(1);
}

/* What fails, and for a damaged file what to do about it. */
static _Noreturn void fail(const char *what, sqlite3 *db)
{
    int code = sqlite3_errcode(db);
    char *why =
        format("%s%s", sqlite3_errmsg(db),
               code == SQLITE_NOTADB || code == SQLITE_CORRUPT
                   ? "; move it away, and 'collect' makes it anew, but for earlier runs and what was set by hand"
                   : "");

    die(what, why);
}

sqlite3 *db_open(const char *dir)
{
    char *path = format("%s/gradebook.db", dir);
    sqlite3 *db;

    if (sqlite3_open(path, &db) != SQLITE_OK)
        fail(path, db);
    sqlite3_busy_timeout(db, 10000);
    if (sqlite3_exec(db, SCHEMA, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_create_function(db, "shape", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, shape, NULL, NULL) !=
            SQLITE_OK)
        fail(path, db);
    free(path);
    return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql, const char *types, va_list values)
{
    sqlite3_stmt *query;

    if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) != SQLITE_OK)
        fail("gradebook.db", db);
    for (int i = 1; types[i - 1]; i++) {
        if (types[i - 1] == 't')
            sqlite3_bind_text(query, i, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
        else if (types[i - 1] == 'i')
            sqlite3_bind_int(query, i, va_arg(values, int));
        else
            sqlite3_bind_double(query, i, va_arg(values, double));
    }
    return query;
}

sqlite3_stmt *db_ask(sqlite3 *db, const char *sql, const char *types, ...)
{
    va_list values;
    sqlite3_stmt *query;

    va_start(values, types);
    query = prepare(db, sql, types, values);
    va_end(values);
    return query;
}

bool db_next(sqlite3_stmt *query)
{
    int status = sqlite3_step(query);

    if (status == SQLITE_ROW)
        return true;
    if (status != SQLITE_DONE)
        fail("gradebook.db", sqlite3_db_handle(query));
    sqlite3_finalize(query);
    return false;
}

void db_do(sqlite3 *db, const char *sql, const char *types, ...)
{
    va_list values;
    sqlite3_stmt *query;

    va_start(values, types);
    query = prepare(db, sql, types, values);
    va_end(values);
    while (db_next(query))
        ;
}

int db_int(sqlite3 *db, const char *sql, const char *types, ...)
{
    va_list values;
    sqlite3_stmt *query;
    int value = 0;

    va_start(values, types);
    query = prepare(db, sql, types, values);
    va_end(values);
    while (db_next(query))
        value = COL_INT(query, 0);
    return value;
}

const char *col(sqlite3_stmt *query, int column)
{
    const char *text = (const char *)sqlite3_column_text(query, column);

    return text ? text : "";
}
