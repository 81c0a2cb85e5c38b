/* gradebook: keeps every result of a class, and makes of them what people and learning platforms read.
 *
 *     gradebook collect DIR                           takes in DIR/class.json and DIR/results/NAME/labN.json
 *     gradebook report DIR                            writes DIR/index.html, DIR/students/NAME.html and .txt, DIR/grades.csv
 *     gradebook left DIR                              lists what could not be graded
 *     gradebook adjust DIR NAME LAB SCORE REASON      sets a grade by hand; SCORE - takes that back; NAME is the folder
 *                                                     in DIR/results, or a number, an address or a name that is unique
 *     gradebook compare OLD NEW                       whose verdicts change; each is a DIR, or DIR@RUN
 *     gradebook export [--force] FORMAT DIR LAB [FILE [COLUMN]]
 *
 * DIR is a folder of grade-class. DIR/gradebook.db keeps every run; a run is a `collect` that found something new.
 * Grades set by hand hold until they are taken back, whatever is graded again.
 *
 * FORMAT canvas, moodle: FILE is what the instructor downloaded; it comes out on stdout with one column filled for the
 * students who have a grade, and no other byte changed. junit: all on stdout. gradescope, autolab, classroom50: a file for
 * each student in DIR/export/FORMAT-labN. What could not be graded stays blank, and keeps exports from being made
 * unless --force is given.
 *
 * Exit status: 0; 1 and one line on stderr for a failure; 2 for wrong usage; 3 where something is left to grade. */
#ifndef GRADEBOOK_H
#define GRADEBOOK_H

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>

/* ---- db.c: the database. A failure of it ends the program: nothing sensible is left to do. ---- */

sqlite3 *db_open(const char *dir);
/* Prepares `sql` and binds its parameters: one letter of `types` each, t for a string (or NULL), i for an int, d for a
 * double. Step with db_next(); finished statements are finalized by it. */
sqlite3_stmt *db_ask(sqlite3 *db, const char *sql, const char *types, ...);
/* The next row, or false at the end. */
bool db_next(sqlite3_stmt *query);
/* A statement without rows. */
void db_do(sqlite3 *db, const char *sql, const char *types, ...);
/* The only value of the only row; 0 where there is none. */
int db_int(sqlite3 *db, const char *sql, const char *types, ...);
/* A column of the current row as a string, "" for NULL; valid until the next step. */
const char *col(sqlite3_stmt *query, int column);
#define COL_INT(query, column)    sqlite3_column_int(query, column)
#define COL_DOUBLE(query, column) sqlite3_column_double(query, column)
#define COL_NULL(query, column)   (sqlite3_column_type(query, column) == SQLITE_NULL)

/* Ends the program with status 1 and one line `gradebook: what: why`. */
_Noreturn void die(const char *what, const char *why);

/* ---- text.c: files and texts ---- */

char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));
/* Opens DIR/name.new for writing, and gives it its name: nobody sees half a file. */
FILE *begin_file(const char *dir, const char *name);
void end_file(FILE *file, const char *dir, const char *name);
void make_folder(const char *dir, const char *name);
/* The same for a folder: what was in DIR/name before is gone afterwards. Write into what begin_folder() returns;
 * end_folder() frees it. */
char *begin_folder(const char *dir, const char *name);
void end_folder(char *folder, const char *dir, const char *name);
/* Writes text as HTML, as part of a URL, as a CSV field, as XML (without control characters). */
void put_html(FILE *out, const char *text);
/* Its first line only. */
void put_line(FILE *out, const char *text);
void put_url(FILE *out, const char *text);
void put_csv(FILE *out, const char *text);
/* 85, 7.5: a number of points as people write it. */
const char *points(double value, char buffer[32]);

/* ---- the commands ---- */

void collect(sqlite3 *db, const char *dir);
void report(sqlite3 *db, const char *dir);
int compare(const char *before, const char *after);
/* The number of a lab; ends the program where it is none. */
int read_lab(const char *text);
void adjust(sqlite3 *db, const char *who, int lab, const char *score, const char *reason);
/* Prints what is left; how many. */
int list_left(sqlite3 *db, int lab, FILE *out);
int export_grades(sqlite3 *db, const char *dir, const char *const *arguments, int count);

/* ---- parts of the exports ---- */

/* What an export needs to know. */
struct export
{
    sqlite3 *db;
    const char *dir;
    int lab;
    const char *file, *column; /* "" where not given */
};
/* rows.c: the rows of a file of the LMS, to be searched for students. */
struct csv;
struct search {
    sqlite3 *db;
    const struct csv *csv;
    size_t graded;     /* the column to fill */
    json_t *shared_by; /* count_keys() */
};
/* From what the roster says of a student, in lower case, to how many it says it of. json_decref() it. */
json_t *count_keys(sqlite3 *db);
/* The row that is this student's alone: by number or address, else by what the roster says of nobody else, else by a
 * name that only one has. 0 where there is none. *rank, 0 before, is the higher the less certain it is. `grade` has
 * name, id, email, student, score, max, keys. */
size_t find_row(const struct search *search, sqlite3_stmt *grade, size_t *rank);
/* fill.c: the file with its column filled, to stdout. */
void fill_file(const struct export *export, bool is_canvas);

/* ---- parts of the report ---- */

void write_index(sqlite3 *db, const char *dir);
void write_students(sqlite3 *db, const char *dir);
void write_pairs(const char *dir, int lab, FILE *index);
void write_map(sqlite3 *db, int lab, FILE *index);
/* A link to a student's page, or to a requirement on it. */
void put_link(FILE *out, const char *name, const char *student, const char *anchor);
/* Names that two students have are told apart by their numbers, or by their folders. Free it. */
char *shown_name(sqlite3 *db, const char *student, const char *name);
/* id, title, points, how many hold it, of how many, of each requirement of a lab in the order of the suite. */
#define REQUIREMENTS                                                                                                   \
    "SELECT v.id, v.title, max(v.max), sum(v.outcome = 'pass'), count(*), min(v.position) FROM current r"              \
    " JOIN verdicts v USING (result) JOIN grades g ON g.result = r.result AND g.state IN ('graded', 'adjusted')"       \
    " WHERE r.lab = ? GROUP BY v.id ORDER BY min(v.position)"
/* Opens a page: head, styles, title. close_page() ends it. */
void open_page(FILE *out, const char *title);
void close_page(FILE *out, bool with_script);

#endif
