/* Grades for Canvas and Moodle: one column of the instructor's own file. */
#include "gradebook.h"

#include "csv.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What a row gets, and who claims it; the lowest rank wins. */
struct claim {
    char *value, *who;
    size_t rank;
};

static size_t find_column(const struct csv *csv, const char *wanted)
{
    size_t found = 0, count = 0;

    for (size_t i = 0; csv_field(csv, 0, i); i++)
        if (strcmp(csv_value(csv, 0, i), wanted) == 0)
            return i;
    for (size_t i = 0; csv_field(csv, 0, i); i++) {
        const char *header = csv_value(csv, 0, i);

        /* Canvas adds the number of the assignment: Lab 3 (12345). */
        if (strncasecmp(header, wanted, strlen(wanted)) == 0 &&
            (header[strlen(wanted)] == ' ' || !header[strlen(wanted)])) {
            found = i;
            count++;
        }
    }
    if (count != 1) {
        fprintf(stderr, "gradebook: %s column '%s'; name one of:", count ? "more than one" : "no", wanted);
        for (size_t i = 0; csv_field(csv, 0, i); i++)
            fprintf(stderr, "%s %s", i ? "," : "", csv_value(csv, 0, i));
        fputs("\n", stderr);
        exit(1);
    }
    return found;
}

/* 10.00, or 10,00 where commas are for decimals. */
static double read_number(const char *text)
{
    char *copy = format("%s", text), *comma = strchr(copy, ',');
    double number;

    if (comma && !strchr(copy, '.'))
        *comma = '.';
    number = strtod(copy, NULL);
    free(copy);
    return number;
}

/* The points that the LMS gives at most, where the file tells them: grades are scaled to these. */
static double most_points(const struct csv *csv, size_t row, size_t column, bool is_canvas, double max)
{
    double most = 0;

    if (is_canvas) {
        for (size_t r = 1; r < csv->row_count && r < 4; r++)
            if (strstr(csv_value(csv, r, 0), "Points Possible"))
                most = read_number(csv_value(csv, r, column));
    } else {
        for (size_t i = 0; csv_field(csv, 0, i); i++)
            if (strcasecmp(csv_value(csv, 0, i), "Maximum Grade") == 0)
                most = read_number(csv_value(csv, row, i));
    }
    return most > 0 ? most : max;
}

static void write_filled(const struct csv *csv, size_t column, const struct claim *claims)
{
    size_t at = 0;

    for (size_t row = 0; row < csv->row_count; row++) {
        const struct csv_field *field = csv_field(csv, row, column);

        if (!field || !claims[row].value)
            continue;
        fwrite(csv->text + at, 1, field->begin - at, stdout);
        fputs(claims[row].value, stdout);
        at = field->end;
    }
    fwrite(csv->text + at, 1, csv->size - at, stdout);
}

static void tell_unfound(const char *who, const char *file)
{
    fprintf(stderr, "gradebook: %s: no row of %s is certain to be this student's\n", who, file);
}

static char *grade_text(double value)
{
    char *number = format("%.2f", value), *dot = strchr(number, '.');

    if (strcmp(dot, ".00") == 0)
        *dot = '\0';
    return number;
}

/* Gives the row to whom it fits best; of two whom it fits alike to neither. */
static void lay_claim(struct claim *claim, const char *file, const char *who, size_t rank, double value)
{
    if (claim->who && rank >= claim->rank)
        tell_unfound(who, file);
    if (claim->who && rank > claim->rank)
        return;
    if (claim->who && claim->value)
        tell_unfound(claim->who, file);
    free(claim->value);
    claim->value = claim->who && rank == claim->rank ? NULL : grade_text(value);
    free(claim->who);
    claim->who = format("%s", who);
    claim->rank = rank;
}

/* An excuse (EX, of Canvas) is a decision, and stays. */
static void fill_row(const struct export *export, const struct search *search, bool is_canvas, sqlite3_stmt *grade,
                     struct claim *claims)
{
    size_t rank = 0, row = find_row(search, grade, &rank);
    double max = COL_DOUBLE(grade, 5);
    const char *who = col(grade, 0);

    if (row == 0)
        tell_unfound(who, export->file);
    else if (!csv_field(search->csv, row, search->graded))
        fprintf(stderr, "gradebook: %s: the row in %s ends before the column\n", who, export->file);
    else if (is_canvas && strcmp(csv_value(search->csv, row, search->graded), "EX") == 0)
        fprintf(stderr, "gradebook: %s: excused (EX) in %s, and left so\n", who, export->file);
    else
        lay_claim(&claims[row], export->file, who, rank,
                  COL_DOUBLE(grade, 4) * most_points(search->csv, row, search->graded, is_canvas, max) / max);
}

static void read_table(const struct export *export, struct csv *csv)
{
    if (!*export->file)
        die("export", "name the file that you downloaded");
    if (csv_read(export->file, csv) != 0)
        die(export->file, strerror(errno));
    if (csv->row_count == 0 || memchr(csv->text, '\0', csv->size))
        die(export->file, "there is no table in it");
}

void fill_file(const struct export *export, bool is_canvas)
{
    char *standard = is_canvas ? format("Lab %d", export->lab) : format("Grade");
    struct csv csv;
    struct search search = {export->db, &csv, 0, NULL};
    struct claim *claims;
    sqlite3_stmt *query;

    read_table(export, &csv);
    search.graded = find_column(&csv, *export->column ? export->column : standard);
    search.shared_by = count_keys(export->db);
    claims = calloc(csv.row_count + 1, sizeof *claims);
    if (!claims)
        die("memory", strerror(errno));
    query = db_ask(export->db,
                   "SELECT name, id, email, student, score, max, keys FROM grades WHERE lab = ? AND score IS NOT NULL",
                   "i", export->lab);
    while (db_next(query))
        fill_row(export, &search, is_canvas, query, claims);
    write_filled(&csv, search.graded, claims);
    for (size_t row = 0; row < csv.row_count; row++) {
        free(claims[row].value);
        free(claims[row].who);
    }
    free(claims);
    json_decref(search.shared_by);
    csv_free(&csv);
    free(standard);
}
