/* index.html: the class on one page. */
#include "gradebook.h"

#include <stdlib.h>
#include <string.h>

/* page.css and page.js, linked in as they are. */
extern const char _binary_page_css_start[], _binary_page_css_end[];
extern const char _binary_page_js_start[], _binary_page_js_end[];

void open_page(FILE *out, const char *title)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width\">\n<title>",
          out);
    put_html(out, title);
    fputs("</title>\n<style>\n", out);
    /* cppcheck-suppress comparePointers */
    fwrite(_binary_page_css_start, 1, (size_t)(_binary_page_css_end - _binary_page_css_start), out);
    fputs("</style>\n</head>\n<body>\n", out);
}

void close_page(FILE *out, bool with_script)
{
    if (with_script) {
        fputs("<script>\n", out);
        /* cppcheck-suppress comparePointers */
        fwrite(_binary_page_js_start, 1, (size_t)(_binary_page_js_end - _binary_page_js_start), out);
        fputs("</script>\n", out);
    }
    fputs("</body>\n</html>\n", out);
}

void put_link(FILE *out, const char *name, const char *student, const char *anchor)
{
    fputs("<a href=\"students/", out);
    put_url(out, name);
    fputs(".html", out);
    if (*anchor)
        fprintf(out, "#%s", anchor);
    fputs("\">", out);
    put_html(out, student);
    fputs("</a>", out);
}

char *shown_name(sqlite3 *db, const char *student, const char *name)
{
    sqlite3_stmt *query;
    char *told = NULL;

    if (db_int(db, "SELECT count(*) FROM students WHERE student = ?", "t", student) < 2)
        return format("%s", student);
    query = db_ask(db,
                   "SELECT id FROM students s WHERE name = ? AND id <> ''"
                   " AND NOT EXISTS (SELECT 1 FROM students WHERE id = s.id AND name <> s.name)",
                   "t", name);
    while (db_next(query)) {
        free(told);
        told = format("%s (%s)", student, col(query, 0));
    }
    return told ? told : format("%s (%s)", student, name);
}

static void write_left(sqlite3 *db, FILE *out)
{
    sqlite3_stmt *query =
        db_ask(db,
               "SELECT name, student, group_concat(lab, ', '), state, reason FROM grades"
               " WHERE state IN ('not graded', 'missing') GROUP BY name, state, reason ORDER BY state DESC, name",
               "");
    bool any = false;

    while (db_next(query)) {
        bool missing = strcmp(col(query, 3), "missing") == 0;
        char *name = shown_name(db, col(query, 1), col(query, 0));

        if (!any)
            fputs("<section id=\"left\">\n<h2>Without a grade</h2>\n<p>What could not be graded stays blank in every "
                  "table"
                  " until it is graded again or adjusted by hand.</p>\n<table><tr><th>Student<th>Lab<th>Why</tr>\n",
                  out);
        any = true;
        fputs("<tr><td>", out);
        put_link(out, col(query, 0), name, "");
        fprintf(out, "<td>%s<td>", col(query, 2));
        put_html(out, missing ? "nothing was handed in" : col(query, 4));
        fputs("</tr>\n", out);
        free(name);
    }
    if (any)
        fputs("</table>\n</section>\n", out);
}

static void write_distribution(sqlite3 *db, int lab, FILE *out)
{
    int bins[11] = {0}, most = 1;
    double sum = 0;
    int count = 0;
    sqlite3_stmt *query =
        db_ask(db, "SELECT score, max FROM grades WHERE lab = ? AND score IS NOT NULL ORDER BY score", "i", lab);

    while (db_next(query)) {
        double share = COL_DOUBLE(query, 0) / (COL_DOUBLE(query, 1) > 0 ? COL_DOUBLE(query, 1) : 100);
        int bin = share >= 1 ? 10 : (int)(share * 10);

        sum += COL_DOUBLE(query, 0);
        count++;
        if (++bins[bin] > most)
            most = bins[bin];
    }
    fprintf(out, "<div><h3>Scores</h3>\n<p>%d graded, mean %.1f, median %d</p>\n<table class=\"bars\">\n", count,
            count ? sum / count : 0,
            db_int(db,
                   "SELECT score FROM grades WHERE lab = ?1 AND score IS NOT NULL ORDER BY score LIMIT 1 OFFSET"
                   " (SELECT count(*) FROM grades WHERE lab = ?1 AND score IS NOT NULL) / 2",
                   "i", lab));
    for (int i = 10; i >= 0; i--) {
        if (i == 10)
            fputs("<tr><th>100 %", out);
        else
            fprintf(out, "<tr><th>%d to %d %%", 10 * i, 10 * i + 9);
        fprintf(out, "<td><span class=\"bar\" style=\"width:%.1f%%\"></span><td>%d</tr>\n", 100.0 * bins[i] / most,
                bins[i]);
    }
    fputs("</table></div>\n", out);
}

static void write_requirements(sqlite3 *db, int lab, FILE *out)
{
    sqlite3_stmt *query = db_ask(db, REQUIREMENTS, "i", lab);

    fputs("<div><h3>Requirements</h3>\n<p>How many of those who were graded hold each one.</p>\n"
          "<table class=\"bars\">\n",
          out);
    while (db_next(query)) {
        double rate = 100.0 * COL_INT(query, 3) / COL_INT(query, 4);

        fprintf(out, "<tr><th>%s<td class=\"title\">", col(query, 0));
        put_html(out, col(query, 1));
        fprintf(out, "<td><span class=\"bar\" style=\"width:%.1f%%\"></span><td>%.0f %%<td>%d of %d</tr>\n", rate, rate,
                COL_INT(query, 3), COL_INT(query, 4));
    }
    fputs("</table></div>\n", out);
}

static void write_whom(sqlite3 *db, int lab, const char *message, FILE *out)
{
    sqlite3_stmt *query =
        db_ask(db,
               "SELECT g.name, g.student, min(v.position), v.id, count(*) FROM grades g JOIN verdicts v USING (result)"
               " WHERE g.lab = ? AND g.state IN ('graded', 'adjusted') AND v.outcome = 'fail'"
               " AND shape(v.output) = ? GROUP BY g.name ORDER BY g.student",
               "it", lab, message);
    const char *comma = "";

    while (db_next(query)) {
        char *name = shown_name(db, col(query, 1), col(query, 0));

        fputs(comma, out);
        put_link(out, col(query, 0), name, col(query, 3));
        comma = ", ";
        free(name);
    }
}

static void write_failures(sqlite3 *db, int lab, FILE *out)
{
    sqlite3_stmt *query = db_ask(
        db,
        "SELECT shape(v.output) AS message, count(DISTINCT g.name), group_concat(DISTINCT v.id) FROM grades g"
        " JOIN verdicts v USING (result) WHERE g.lab = ? AND g.state IN ('graded', 'adjusted') AND v.outcome = 'fail'"
        " GROUP BY message ORDER BY 2 DESC, message LIMIT 25",
        "i", lab);

    fputs("<h3>The most frequent failures</h3>\n<p>Messages that differ in numbers, ports and addresses alone are "
          "counted as"
          " one (N).</p>\n",
          out);
    while (db_next(query)) {
        const char *ids = col(query, 2);

        fprintf(out, "<details><summary><b>%d</b> ", COL_INT(query, 1));
        put_html(out, col(query, 0));
        fputs("</summary><p>", out);
        for (const char *at = ids; *at; at++) {
            putc(*at, out);
            if (*at == ',')
                putc(' ', out);
        }
        fputs(": ", out);
        write_whom(db, lab, col(query, 0), out);
        fputs("</p></details>\n", out);
    }
}

void write_index(sqlite3 *db, const char *dir)
{
    FILE *out = begin_file(dir, "index.html");
    sqlite3_stmt *query;

    open_page(out, "Results of the class");
    fputs("<header>\n<h1>Results of the class</h1>\n", out);
    query = db_ask(db,
                   "SELECT (SELECT count(*) FROM students), (SELECT count(*) FROM students WHERE missing),"
                   " (SELECT count(*) FROM grades WHERE state = 'not graded'), (SELECT max(graded) FROM results)",
                   "");
    while (db_next(query))
        fprintf(
            out,
            "<p>%d students, %d of them without a submission; %d results could not be graded. Last graded %s.</p>\n",
            COL_INT(query, 0), COL_INT(query, 1), COL_INT(query, 2), col(query, 3));
    fputs("<nav>", out);
    query = db_ask(db, "SELECT DISTINCT lab FROM grades ORDER BY lab", "");
    while (db_next(query))
        fprintf(out, "<a href=\"#lab%d\">Lab %d</a> ", COL_INT(query, 0), COL_INT(query, 0));
    fputs("<a href=\"grades.csv\">grades.csv</a> <label>Search <input type=\"search\" id=\"search\" title=\"name, "
          "number or address; "
          "Enter opens the first\"></label> "
          "<label>Show <select id=\"filter\"><option value=\"\">all students<option value=\"lost\">with points lost"
          "<option value=\"late\">late<option value=\"left\">without a grade</select></label> "
          "<span id=\"count\" role=\"status\"></span></nav>\n</header>\n",
          out);
    write_left(db, out);
    query = db_ask(db, "SELECT DISTINCT lab FROM grades ORDER BY lab", "");
    while (db_next(query)) {
        int lab = COL_INT(query, 0);

        fprintf(out, "<section id=\"lab%d\">\n<h2>Lab %d</h2>\n<div class=\"pair\">\n", lab, lab);
        write_distribution(db, lab, out);
        write_requirements(db, lab, out);
        fputs("</div>\n", out);
        write_map(db, lab, out);
        write_failures(db, lab, out);
        write_pairs(dir, lab, out);
        fputs("</section>\n", out);
    }
    close_page(out, true);
    end_file(out, dir, "index.html");
}
