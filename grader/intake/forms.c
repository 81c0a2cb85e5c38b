/* The forms in which learning platforms export submissions, told from the names of files and folders. */
#include "intake.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* lastfirst_1234_5678_lab3.zip, or lastfirst_LATE_1234_5678_lab3.zip: user, then attachment. */
#define CANVAS "^([^_]+)_(LATE_)?([0-9]+)_([0-9]+)_(.+)$"
/* Jane Doe_1234_assignsubmission_file_, a folder; or a file with its own name behind that. */
#define MOODLE "^(.*)_([0-9]+)_assignsubmission_(file|onlinetext)_?(.*)$"
/* lab3-login, a clone. */
#define CLASSROOM "^[Ll]ab-?[0-9]+-(.+)$"
enum { GROUPS = 6 };

struct match {
    char *part[GROUPS];
};

static bool matches(const char *pattern, const char *text, struct match *match)
{
    regmatch_t at[GROUPS];
    regex_t regex;
    bool found;

    if (regcomp(&regex, pattern, REG_EXTENDED) != 0)
        abort();
    found = regexec(&regex, text, GROUPS, at, 0) == 0;
    regfree(&regex);
    for (int i = 0; found && match && i < GROUPS; i++)
        match->part[i] =
            at[i].rm_so < 0 ? format("%s", "") : format("%.*s", (int)(at[i].rm_eo - at[i].rm_so), text + at[i].rm_so);
    return found;
}

static void free_match(struct match *match)
{
    for (int i = 0; i < GROUPS; i++)
        free(match->part[i]);
}

static struct piece *add_piece(struct pieces *pieces, const char *folder, const char *entry)
{
    struct piece *more = realloc(pieces->at, (pieces->count + 1) * sizeof *more), *piece;
    struct stat file;

    if (!more)
        abort();
    pieces->at = more;
    piece = &more[pieces->count++];
    memset(piece, 0, sizeof *piece);
    piece->path = format("%s/%s", folder, entry);
    piece->id = format("%s", "");
    piece->email = format("%s", "");
    piece->as = format("%s", "");
    if (stat(piece->path, &file) == 0)
        piece->time = (long long)file.st_mtime;
    return piece;
}

void free_pieces(struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->count; i++) {
        struct piece *piece = &pieces->at[i];

        free(piece->path);
        free(piece->name);
        free(piece->student);
        free(piece->id);
        free(piece->email);
        free(piece->as);
    }
    free(pieces->at);
}

static void set(char **field, char *value)
{
    free(*field);
    *field = value;
}

/* Links are not followed, and a pipe would be waited for. */
static bool is_file_or_folder(const char *folder, const char *entry)
{
    char *path = format("%s/%s", folder, entry);
    struct stat file;
    bool is = lstat(path, &file) == 0 && (S_ISREG(file.st_mode) || S_ISDIR(file.st_mode));

    free(path);
    return is;
}

static bool is_folder(const char *folder, const char *entry)
{
    char *path = format("%s/%s", folder, entry);
    struct stat file;
    bool is = lstat(path, &file) == 0 && S_ISDIR(file.st_mode);

    free(path);
    return is;
}

/* server.c as Canvas names it after a second upload: server-1.c. Without the number, a program is found again. */
static char *without_attempt(const char *name)
{
    const char *dot = strchr(name, '.'), *at = dot;

    while (at && at > name && isdigit((unsigned char)at[-1]))
        at--;
    if (!at || at == dot || at <= name + 1 || at[-1] != '-')
        return format("%s", name);
    return format("%.*s%s", (int)(at - 1 - name), name, dot);
}

static bool add_canvas(struct pieces *pieces, const char *folder, const char *entry)
{
    struct match m;
    struct piece *piece;

    if (is_folder(folder, entry) || !matches(CANVAS, entry, &m))
        return false;
    piece = add_piece(pieces, folder, entry);
    piece->name = format("%s_%s", m.part[1], m.part[3]);
    piece->student = format("%s", m.part[1]);
    set(&piece->id, format("%s", m.part[3]));
    set(&piece->as, without_attempt(m.part[5]));
    piece->late = *m.part[2] != '\0';
    piece->time = strtoll(m.part[4], NULL, 10);
    free_match(&m);
    return true;
}

static bool add_moodle(struct pieces *pieces, const char *folder, const char *entry)
{
    struct match m;
    struct piece *piece;

    if (!matches(MOODLE, entry, &m))
        return false;
    if (strcmp(m.part[3], "file") == 0) {
        piece = add_piece(pieces, folder, entry);
        piece->name = format("%s_%s", m.part[1], m.part[2]);
        piece->student = format("%s", m.part[1]);
        set(&piece->id, format("%s", m.part[2]));
        set(&piece->as, format("%s", m.part[4]));
    }
    free_match(&m);
    return true;
}

/* One piece for each submitter of a group: each gets the grade. */
static bool add_gradescope(struct pieces *pieces, const char *folder, const char *entry, const json_t *metadata)
{
    const json_t *submitters = json_object_get(metadata, entry), *person;
    size_t i;

    if (!is_folder(folder, entry) || json_array_size(submitters) == 0)
        return false;
    json_array_foreach(submitters, i, person)
    {
        struct piece *piece = add_piece(pieces, folder, entry);
        const char *student = json_string_value(json_object_get(person, "name"));
        const char *id = json_string_value(json_object_get(person, "id"));

        piece->student = format("%s", student);
        piece->name = format("%s_%s", student, *id ? id : entry);
        set(&piece->id, format("%s", id));
        set(&piece->email, format("%s", json_string_value(json_object_get(person, "email"))));
        piece->time = json_integer_value(json_object_get(person, "time"));
    }
    return true;
}

/* A folder or an archive for each student, named after him. What is hidden belongs to an editor or to a tool. */
static bool add_plain(struct pieces *pieces, const char *folder, const char *entry, const char *prefix)
{
    const char *login = strncmp(entry, prefix, strlen(prefix)) == 0 ? entry + strlen(prefix) : entry, *dot;
    struct piece *piece;
    struct match m;

    if (entry[0] == '.' || (!is_folder(folder, entry) && !is_archive(entry)))
        return false;
    piece = add_piece(pieces, folder, entry);
    if (!*prefix && matches(CLASSROOM, entry, &m)) {
        piece->name = format("%s", m.part[1]);
        free_match(&m);
    } else {
        piece->name = format("%s", *login ? login : entry);
    }
    dot = strrchr(piece->name, '.');
    if (!is_folder(folder, entry) && dot) {
        bool is_tar = dot - piece->name > 4 && strncasecmp(dot - 4, ".tar", 4) == 0;

        set(&piece->name, format("%.*s", (int)(dot - piece->name) - (is_tar ? 4 : 0), piece->name));
    }
    piece->student = format("%s", piece->name);
    set(&piece->id, format("%s", piece->name));
    return true;
}

/* Which LMS wrote these names. *prefix is what stands before each login: `gh classroom clone` makes
 * ASSIGNMENT-submissions/ASSIGNMENT-LOGIN. */
static const char *choose_form(const char *folder, char **names, const char *given, const json_t *metadata,
                               char **prefix)
{
    size_t entries = 0, clones = 0, size = strlen(given), tail = strlen("-submissions");

    *prefix = format("%s", "");
    if (metadata)
        return "gradescope";
    for (char **name = names; *name; name++) {
        if (matches(MOODLE, *name, NULL))
            return "moodle";
        if (!is_folder(folder, *name) && matches(CANVAS, *name, NULL))
            return "canvas";
        if (**name != '.' && (is_folder(folder, *name) || is_archive(*name))) {
            entries++;
            clones += matches(CLASSROOM, *name, NULL);
        }
    }
    if (size > tail && strcmp(given + size - tail, "-submissions") == 0) {
        set(prefix, format("%.*s-", (int)(size - tail), given));
        return "classroom";
    }
    return entries > 0 && entries == clones ? "classroom" : "folders";
}

int find_pieces(const char *folder, const char *given, struct pieces *pieces, const char **form, json_t *notes)
{
    char **names = list_folder(folder, true), *prefix;
    json_t *metadata;

    if (!names)
        return -1;
    metadata = read_metadata(folder);
    *form = choose_form(folder, names, given, metadata, &prefix);
    for (char **name = names; *name; name++) {
        bool taken;

        if (!is_file_or_folder(folder, *name))
            taken = false;
        else if (strcmp(*form, "gradescope") == 0)
            taken = add_gradescope(pieces, folder, *name, metadata);
        else if (strcmp(*form, "moodle") == 0)
            taken = add_moodle(pieces, folder, *name);
        else if (strcmp(*form, "canvas") == 0)
            taken = add_canvas(pieces, folder, *name);
        else
            taken = add_plain(pieces, folder, *name, strcmp(*form, "classroom") == 0 ? prefix : "");
        if (!taken && strcmp(*name, "submission_metadata.yml") != 0 && !is_roster(*name)) {
            char *clean = make_text(*name);

            json_array_append_new(notes, json_sprintf("%s: not a submission; left alone", clean));
            free(clean);
        }
    }
    for (size_t i = 0; i < pieces->count; i++) {
        set(&pieces->at[i].name, make_name(pieces->at[i].name));
        set(&pieces->at[i].student, make_text(pieces->at[i].student));
        set(&pieces->at[i].id, make_text(pieces->at[i].id));
    }
    free(prefix);
    json_decref(metadata);
    free_list(names);
    return 0;
}
