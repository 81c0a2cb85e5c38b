/* gradebook: see gradebook.h. */
#include "gradebook.h"

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int usage(void)
{
    fputs("usage: gradebook collect|report|left DIR\n"
          "       gradebook adjust DIR NAME LAB SCORE|- REASON\n"
          "       gradebook compare OLD NEW\n"
          "       gradebook export [--force] FORMAT DIR LAB [FILE [COLUMN]]\n",
          stderr);
    return 2;
}

int read_lab(const char *text)
{
    char *end;
    long lab = strtol(text, &end, 10);

    if (end == text || *end || lab < 1 || lab > 1000)
        die(text, "no number of a lab");
    return (int)lab;
}

/* The student's folder, from that or from whatever else is his alone: number, address, name. */
static char *find_student(sqlite3 *db, const char *who)
{
    sqlite3_stmt *query = db_ask(db,
                                 "SELECT name FROM students WHERE name = ?1 OR id = ?1 OR lower(email) = lower(?1) OR"
                                 " student = ?1 OR EXISTS (SELECT 1 FROM json_each(coalesce(keys, '[]'))"
                                 " WHERE lower(value) = lower(?1)) ORDER BY name = ?1 DESC LIMIT 2",
                                 "t", who);
    char *found = NULL;

    while (db_next(query)) {
        if (found && strcmp(found, who) != 0)
            die(who, "more than one student is called so; name the folder in results/");
        if (!found)
            found = format("%s", col(query, 0));
    }
    if (!found)
        die(who, "there is no such student");
    return found;
}

void adjust(sqlite3 *db, const char *who, int lab, const char *score, const char *reason)
{
    char *end, *name = find_student(db, who), max[32];
    double value = strtod(score, &end);
    bool taken_back = strcmp(score, "-") == 0;

    if (!taken_back && (end == score || *end || !(value >= 0 && value <= 1e6)))
        die(score, "no number of points");
    if (db_int(db, "SELECT count(*) FROM labs WHERE lab = ?", "i", lab) == 0)
        die(name, "nothing of this lab was graded");
    if (!reason[strspn(reason, " \t\n")])
        die(name, "a reason is needed");
    if (taken_back)
        db_do(db, "INSERT INTO adjustments (name, lab, reason) VALUES (?, ?, ?)", "tit", name, lab, reason);
    else
        db_do(db, "INSERT INTO adjustments (name, lab, score, reason) VALUES (?, ?, ?, ?)", "tidt", name, lab, value,
              reason);
    printf("%s, lab %d: %s%s%s; 'gradebook report' writes the pages anew\n", name, lab,
           taken_back ? "as graded" : score, taken_back ? "" : " of ",
           taken_back ? "" : points(db_int(db, "SELECT max FROM grades WHERE lab = ?", "i", lab), max));
    free(name);
}

/* Only `collect` makes a gradebook, and only where there is a class. */
static void expect(const char *dir, const char *file, const char *otherwise)
{
    char *path = format("%s/%s", dir, file);
    struct stat status;

    if (stat(dir, &status) != 0 || !S_ISDIR(status.st_mode))
        die(dir, "there is no such folder");
    if (stat(path, &status) != 0)
        die(path, otherwise);
    free(path);
}

int list_left(sqlite3 *db, int lab, FILE *out)
{
    sqlite3_stmt *query = db_ask(db,
                                 "SELECT student, lab, reason, name FROM grades WHERE state = 'not graded'"
                                 " AND (?1 = 0 OR lab = ?1) ORDER BY lab, name",
                                 "i", lab);
    int left = 0;

    for (; db_next(query); left++) {
        const char *reason = col(query, 2);

        fprintf(out, "%s, lab %d: %.*s\n", col(query, 3), COL_INT(query, 1), (int)strcspn(reason, "\n"), reason);
    }
    return left;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 2 ? argv[1] : "", *dir = argc > 2 ? argv[2] : "";
    bool is_export = strcmp(verb, "export") == 0, forced = is_export && strcmp(dir, "--force") == 0;
    sqlite3 *db;
    int result = 0;

    setlocale(LC_CTYPE, "C.UTF-8");
    if (strcmp(verb, "compare") == 0 && argc == 4)
        return compare(argv[2], argv[3]);
    if (is_export)
        dir = argc > 3 + forced ? argv[3 + forced] : "";
    if (!(is_export                     ? argc >= 5 + forced && argc <= 7 + forced
          : strcmp(verb, "adjust") == 0 ? argc == 7
                                        : argc == 3 && (strcmp(verb, "collect") == 0 || strcmp(verb, "report") == 0 ||
                                                        strcmp(verb, "left") == 0)))
        return usage();
    if (strcmp(verb, "collect") == 0)
        expect(dir, "class.json", "there is no class; grade-class writes it");
    else
        expect(dir, "gradebook.db", "there is no gradebook; 'gradebook collect' makes it");
    db = db_open(dir);
    if (is_export)
        result = export_grades(db, dir, (const char *const *)argv + 2, argc - 2);
    else if (strcmp(verb, "collect") == 0)
        collect(db, dir);
    else if (strcmp(verb, "report") == 0)
        report(db, dir);
    else if (strcmp(verb, "left") == 0)
        list_left(db, 0, stdout);
    else
        adjust(db, argv[3], read_lab(argv[4]), argv[5], argv[6]);
    sqlite3_close(db);
    if (fflush(stdout) != 0 || ferror(stdout))
        die("stdout", strerror(errno));
    return result;
}
