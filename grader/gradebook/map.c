/* Students by requirements: the table of index.html that one looks into. */
#include "gradebook.h"

#include <stdlib.h>
#include <string.h>

/* The ids of the requirements of a lab, in the order of the suite. */
struct ids {
    char **at;
    int count;
};

/* R3.4 is 4 in the head of the table, the hidden H3.4 is H4. */
static const char *label(const char *id)
{
    static char text[16];
    const char *dot = strchr(id, '.');

    snprintf(text, sizeof text, "%s%s", id[0] == 'H' ? "H" : "", dot ? dot + 1 : id);
    return text;
}

static struct ids write_head(sqlite3 *db, int lab, FILE *out)
{
    sqlite3_stmt *query = db_ask(db, REQUIREMENTS, "i", lab);
    struct ids ids = {0};

    fputs("<thead><tr><th><button>Student</button><th><button>Points</button><th><button>State</button>", out);
    while (db_next(query)) {
        char **more = realloc(ids.at, ((size_t)ids.count + 1) * sizeof *more);

        if (!more)
            die("memory", "none left");
        ids.at = more;
        ids.at[ids.count++] = format("%s", col(query, 0));
        fprintf(out, "<th data-id=\"%s\"><button title=\"", col(query, 0));
        put_html(out, col(query, 1));
        fprintf(out, "\">%s</button>", label(col(query, 0)));
    }
    fputs("</tr></thead>\n", out);
    return ids;
}

static void write_cells(sqlite3 *db, const struct ids *ids, sqlite3_stmt *grade, FILE *out)
{
    bool has_result = strcmp(col(grade, 3), "graded") == 0 || strcmp(col(grade, 3), "adjusted") == 0;
    sqlite3_stmt *query = db_ask(db, "SELECT id, outcome FROM verdicts WHERE result = ? ORDER BY position", "i",
                                 has_result ? COL_INT(grade, 4) : -1);
    bool more = db_next(query);

    for (int i = 0; i < ids->count; i++) {
        const char *outcome = more && strcmp(col(query, 0), ids->at[i]) == 0 ? col(query, 1) : "none";

        if (strcmp(outcome, "pass") == 0)
            fputs("<td class=p>✓", out);
        else if (strcmp(outcome, "fail") == 0)
            fputs("<td class=f>✗", out);
        else if (strcmp(outcome, "not run") == 0)
            fputs("<td class=r>·", out);
        else if (strcmp(col(grade, 3), "missing") == 0)
            fputs("<td>–", out);
        else
            fputs("<td class=n>?", out);
        if (strcmp(outcome, "none") != 0)
            more = db_next(query);
    }
    while (more)
        more = db_next(query);
}

void write_map(sqlite3 *db, int lab, FILE *out)
{
    sqlite3_stmt *query;
    struct ids ids;
    char number[32];
    int count = db_int(db, "SELECT count(*) FROM (" REQUIREMENTS ")", "i", lab);

    fprintf(
        out,
        "<h3>Students and requirements</h3>\n<p class=\"key\">✓ holds, ✗ does not hold, · not run: it rests on another"
        " one, ? not graded, – nothing handed in; * adjusted by hand. A heading sorts; a cell leads to the student's "
        "page; the arrow keys "
        "move.</p>\n"
        "<div class=\"wide\"><table class=\"map\" style=\"--requirements: %d\" aria-label=\"Lab %d: students and "
        "requirements\">\n",
        count > 0 ? count : 1, lab);
    ids = write_head(db, lab, out);
    fputs("<tbody>\n", out);
    query = db_ask(db,
                   "SELECT name, student, score, state, result, late, reason, max, id, email FROM grades WHERE lab = ?"
                   " ORDER BY student, name",
                   "i", lab);
    while (db_next(query)) {
        bool adjusted = strcmp(col(query, 3), "adjusted") == 0, late = COL_INT(query, 5) != 0;
        bool lost = COL_NULL(query, 2) || COL_DOUBLE(query, 2) < COL_DOUBLE(query, 7);
        char *name = shown_name(db, col(query, 1), col(query, 0));

        fprintf(out, "<tr%s%s%s data-find=\"", lost ? " data-lost" : "", late ? " data-late" : "",
                COL_NULL(query, 2) ? " data-left" : "");
        put_html(out, col(query, 8));
        putc(' ', out);
        put_html(out, col(query, 9));
        fputs("\"><th title=\"", out);
        put_html(out, name);
        fputs("\">", out);
        put_link(out, col(query, 0), name, "");
        fprintf(out, "<td>%s%s<td>%s%s", COL_NULL(query, 2) ? "" : points(COL_DOUBLE(query, 2), number),
                adjusted ? "*" : "", col(query, 3), late ? ", late" : "");
        write_cells(db, &ids, query, out);
        fputs("</tr>\n", out);
        free(name);
    }
    fputs("</tbody></table></div>\n", out);
    for (int i = 0; i < ids.count; i++)
        free(ids.at[i]);
    free(ids.at);
}
