/* What goes back to each student, as a page and as text; and grades.csv. */
#include "gradebook.h"

#include <stdlib.h>
#include <string.h>

static const char *mark(const char *outcome)
{
    return strcmp(outcome, "pass") == 0      ? "✓ pass"
           : strcmp(outcome, "fail") == 0    ? "✗ FAIL"
           : strcmp(outcome, "not run") == 0 ? "· not run"
                                             : "? not graded";
}

/* "85 of 100", or why there is no grade. */
static char *grade_of(sqlite3_stmt *grade)
{
    const char *state = col(grade, 3);
    char score[32], max[32];

    if (strcmp(state, "missing") == 0)
        return format("nothing was handed in");
    if (COL_NULL(grade, 2))
        return format("not graded yet: %s", col(grade, 5));
    points(COL_DOUBLE(grade, 2), score);
    points(COL_DOUBLE(grade, 4), max);
    if (strcmp(state, "adjusted") == 0)
        return format("%s of %s points, set by hand: %s", score, max, col(grade, 5));
    return format("%s of %s points", score, max);
}

static void put_lines(FILE *text, FILE *html, const char *lines)
{
    if (!*lines)
        return;
    fputs("<p class=\"note\">", html);
    put_html(html, lines);
    fputs("</p>\n", html);
    for (const char *line = lines; *line; line += line[strcspn(line, "\n")] ? strcspn(line, "\n") + 1 : strlen(line))
        fprintf(text, "  (%.*s)\n", (int)strcspn(line, "\n"), line);
}

static void put_output(FILE *text, const char *output)
{
    while (*output) {
        size_t size = strcspn(output, "\n");

        fprintf(text, "    %.*s\n", (int)size, output);
        output += size + (output[size] == '\n');
    }
}

static void write_verdicts(sqlite3 *db, int result, FILE *text, FILE *html)
{
    static const char SQL[] =
        "SELECT id, title, points, max, outcome, output FROM verdicts WHERE result = ? ORDER BY position";
    sqlite3_stmt *query = db_ask(db, SQL, "i", result);
    char got[32], max[32];

    fputs("<table>\n<tr><th>Requirement<th>Points<th>Outcome<th></tr>\n", html);
    while (db_next(query)) {
        const char *outcome = col(query, 4);
        bool has_points = COL_DOUBLE(query, 3) > 0;

        points(COL_DOUBLE(query, 2), got);
        points(COL_DOUBLE(query, 3), max);
        fprintf(text, "  %-6s %4s/%-4s %-11s ", col(query, 0), has_points ? got : "-", has_points ? max : "-",
                mark(outcome));
        fprintf(text, "%s\n", col(query, 1));
        fprintf(html, "<tr id=\"%s\" class=\"%c\"><th>%s<td>%s%s%s<td>%s<td>", col(query, 0), outcome[0], col(query, 0),
                has_points ? got : "", has_points ? " of " : "", has_points ? max : "", mark(outcome));
        put_html(html, col(query, 1));
        if (strcmp(outcome, "fail") == 0 || strcmp(outcome, "not graded") == 0) {
            fputs("<pre>", html);
            put_html(html, col(query, 5));
            fputs("</pre>", html);
            put_output(text, col(query, 5));
        } else if (strcmp(outcome, "not run") == 0) {
            fputs("<p class=\"note\">", html);
            put_html(html, col(query, 5));
            fputs("</p>", html);
            put_output(text, col(query, 5));
        }
        fputs("</tr>\n", html);
    }
    fputs("</table>\n", html);
}

static void write_student(sqlite3 *db, const char *dir, const char *name, const char *student, const char *notes)
{
    char *page_name = format("%s.html", name), *text_name = format("%s.txt", name);
    FILE *html = begin_file(dir, page_name), *text = begin_file(dir, text_name);
    sqlite3_stmt *query = db_ask(
        db, "SELECT lab, result, score, state, max, reason, result_notes, late FROM grades WHERE name = ? ORDER BY lab",
        "t", name);

    open_page(html, student);
    fputs("<h1>", html);
    put_html(html, student);
    fputs("</h1>\n", html);
    fprintf(text, "%s\n", student);
    put_lines(text, html, notes);
    while (db_next(query)) {
        char *grade = grade_of(query);

        fprintf(html, "<h2 id=\"lab%d\">Lab %d: ", COL_INT(query, 0), COL_INT(query, 0));
        put_html(html, grade);
        fprintf(html, "%s</h2>\n", COL_INT(query, 7) ? " (handed in late)" : "");
        fprintf(text, "\nLab %d: %s%s\n\n", COL_INT(query, 0), grade, COL_INT(query, 7) ? " (handed in late)" : "");
        put_lines(text, html, col(query, 6));
        if (!COL_NULL(query, 1) && strcmp(col(query, 3), "missing") != 0)
            write_verdicts(db, COL_INT(query, 1), text, html);
        free(grade);
    }
    close_page(html, false);
    end_file(html, dir, page_name);
    end_file(text, dir, text_name);
    free(page_name);
    free(text_name);
}

void write_students(sqlite3 *db, const char *dir)
{
    char *folder = begin_folder(dir, "students");
    sqlite3_stmt *query = db_ask(db, "SELECT name, student, notes FROM students ORDER BY name", "");

    while (db_next(query))
        write_student(db, folder, col(query, 0), col(query, 1), col(query, 2));
    end_folder(folder, dir, "students");
}

static void write_grades(sqlite3 *db, const char *dir)
{
    FILE *out = begin_file(dir, "grades.csv");
    sqlite3_stmt *query = db_ask(
        db,
        "SELECT name, student, id, email, lab, score, max, state, late, reason FROM grades ORDER BY lab, student, name",
        "");
    char number[32];

    fputs("Name,Student,ID,Email,Lab,Score,Max,State,Late,Reason\n", out);
    while (db_next(query)) {
        for (int i = 0; i < 4; i++) {
            put_csv(out, col(query, i));
            putc(',', out);
        }
        fprintf(out, "%d,%s,", COL_INT(query, 4), COL_NULL(query, 5) ? "" : points(COL_DOUBLE(query, 5), number));
        fprintf(out, "%s,%s,%s,", points(COL_DOUBLE(query, 6), number), col(query, 7), COL_INT(query, 8) ? "late" : "");
        if (strcmp(col(query, 7), "adjusted") == 0 || strcmp(col(query, 7), "not graded") == 0)
            put_csv(out, col(query, 9));
        putc('\n', out);
    }
    end_file(out, dir, "grades.csv");
}

void report(sqlite3 *db, const char *dir)
{
    write_students(db, dir);
    write_grades(db, dir);
    write_index(db, dir);
}
