/* intake: from what an LMS exports to one folder for each student.
 *
 *     intake SUBMISSIONS DIR
 *
 * SUBMISSIONS is a folder or an archive: an export of Canvas, Moodle, Gradescope or GitHub Classroom, or a folder or an
 * archive for each student. DIR is made; it then holds DIR/NAME/ for each student, with the files that were handed in:
 * archives unpacked, the newest of several submissions, no links, nothing of .git. stdout gets one JSON object:
 *
 *     {"form": "canvas", "notes": ["..."], "students": [{"name": "doejane_1234", "student": "doejane", "id": "1234",
 *       "email": "", "late": false, "digest": "...", "problem": "...", "notes": ["..."]}, ...]}
 *
 * `name` is the name of the folder; `digest` stands for the bytes handed in; `problem` is there where these could not
 * be read; `missing` is true for students of the roster who handed in nothing. A file named *roster*.csv among the
 * submissions, or beside the archive of all, is the roster; its name is then in `roster`. What is left alone is told in
 * `notes`, but for what systems leave behind (.git, .DS_Store, __MACOSX).
 *
 * Exit status: 0; 1 and one line on stderr where SUBMISSIONS cannot be read or DIR cannot be made; 2 for wrong usage. */
#ifndef INTAKE_H
#define INTAKE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* One thing that was handed in: a folder, an archive or a file. All strings belong to the piece. */
struct piece {
    char *path;     /* where it lies */
    char *name;     /* of the student's folder: pieces of one name are one submission */
    char *student;  /* the name to show */
    char *id;       /* by which the LMS knows the student; "" where it does not say */
    char *email;    /* "" where the LMS does not say */
    char *as;       /* the name of the file within the submission; "" for a folder or an archive */
    long long time; /* of pieces that are the same in name and as, the one with the highest counts */
    bool late;
};

struct pieces {
    struct piece *at;
    size_t count;
};

/* Lists what was handed in in `folder`, and says in *form which LMS wrote it. What is left alone is told in `notes`.
 * `given` is the name of SUBMISSIONS as the instructor typed it. 0, or -1 with errno. */
int find_pieces(const char *folder, const char *given, struct pieces *pieces, const char **form, json_t *notes);
void free_pieces(struct pieces *pieces);

/* metadata.c: who handed in what, from Gradescope's submission_metadata.yml in `folder`: an object from the name of a
 * submission's folder to an array of {name, id, email, time}. NULL where there is no such file or it cannot be read. */
json_t *read_metadata(const char *folder);

/* roster.c: the rows of the first file named *roster*.csv in `folder`, as objects {student, id, email, keys}; *file gets
 * its name, to free(). NULL where there is none. `keys` are the cells of the row that are nobody else's, and the name. */
json_t *read_roster(const char *folder, char **file);
bool is_roster(const char *name);
/* owners.c: gives the students what the roster says of them, and adds those of whom nothing came. A row belongs to a student by
 * what is his alone: the LMS's number, the name of the folder, the address, the name. A row that could be more than one
 * student's is told in `notes`. */
void apply_roster(json_t *students, const json_t *roster, json_t *notes);

/* How much was taken so far, and what there is to tell about it. */
struct tally {
    long long bytes, most_bytes;
    long files, most_files;
    json_t *notes;
};

/* Copies the folder, the archive or the file `from` to the folder `to`, which is made: plain files only, as plain files
 * below `to`; archives in it are unpacked where they stand. `as` is the name for a single file. 0, or -1 with one line
 * in why[]. */
int take(const char *from, const char *to, const char *as, struct tally *tally, char why[256]);
/* Like take(), for the archive that has everything: archives in it are left as they are. */
int take_whole(const char *from, const char *to, struct tally *tally, char why[256]);
bool is_archive(const char *name);

/* files.c */
/* SHA-256 over names, executable bits and contents of all files below `folder`, in hexadecimal. 0, or -1 with errno. */
int digest_folder(const char *folder, char hex[65]);
int remove_folder(const char *folder);
/* Makes the folder and those above it. 0, or -1 with errno. */
int make_folders(const char *path);
/* Lifts the contents of a folder that has nothing but one folder in it, again and again; folders of labs stay. */
int unwrap(const char *folder);
/* The sorted names in a folder, with or without the hidden ones, and never what a system left behind. Ends in NULL; free
 * it with free_list(). NULL with errno. */
char **list_folder(const char *path, bool hidden);
void free_list(char **names);
const char *last_part(const char *path);
/* What a system or git leaves in a folder: .DS_Store, __MACOSX, .git. */
bool is_left_behind(const char *name);
/* The path of the folder that is all one sees in `path`; NULL where there is none such. free() it. */
char *only_folder(const char *path);
/* Whether the grader looks into a folder of this name: labs, 03-threaded. */
bool is_of_a_lab(const char *name);
/* asprintf() that ends the program when there is no memory. */
char *format(const char *text, ...) __attribute__((format(printf, 1, 2)));
/* `text` made fit for JSON: valid UTF-8. make_name(): and for a file name: no slash, no leading dot, not too long. */
char *make_text(const char *text);
char *make_name(const char *text);

#endif
