/* Pairs of submissions that share code: a list for index.html, and a page for each pair. */
#include "gradebook.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { SIDES = 2 };

/* Whether a line lies in one of the runs that the two have in common. */
static bool is_common(const json_t *runs, int side, int line)
{
    const json_t *run;
    size_t i;

    json_array_foreach(runs, i, run)
    {
        if (line >= json_integer_value(json_array_get(run, (size_t)(2 * side))) &&
            line <= json_integer_value(json_array_get(run, (size_t)(2 * side + 1))))
            return true;
    }
    return false;
}

static void write_side(FILE *out, const char *path, const json_t *runs, int side)
{
    FILE *in = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    ssize_t size;

    fputs("<pre>", out);
    for (int number = 1; in && (size = getline(&line, &room, in)) >= 0; number++) {
        const char *tag = is_common(runs, side, number) ? "mark" : "span";

        line[strcspn(line, "\n")] = '\0';
        fprintf(out, "<%s>", tag);
        put_html(out, line);
        fprintf(out, "</%s>\n", tag);
    }
    fputs("</pre>", out);
    free(line);
    if (in)
        fclose(in);
}

static void write_pair(const char *dir, int lab, const json_t *pair, const char *page)
{
    char *folder = format("%s/similarity", dir);
    const char *names[SIDES] = {json_string_value(json_object_get(pair, "a")),
                                json_string_value(json_object_get(pair, "b"))};
    FILE *out = begin_file(folder, page);

    open_page(out, "Two submissions side by side");
    fprintf(
        out,
        "<h1>Lab %d, %d %% in common</h1>\n<p>Marked (|) is what both have, names and layout aside. What the kit gave"
        " to everyone is not counted.</p>\n<div class=\"sides\">\n",
        lab, (int)json_integer_value(json_object_get(pair, "share")));
    for (int side = 0; side < SIDES; side++) {
        const char *file = json_string_value(json_array_get(json_object_get(pair, "files"), (size_t)side));
        char *path = format("%s/lab%d/%s", folder, lab, file);

        fputs("<div><h2>", out);
        put_html(out, names[side]);
        fputs("</h2>", out);
        write_side(out, path, json_object_get(pair, "runs"), side);
        fputs("</div>\n", out);
        free(path);
    }
    fputs("</div>\n", out);
    close_page(out, false);
    end_file(out, folder, page);
    free(folder);
}

/* Those of pairs that there are no longer. */
static void remove_pages(const char *dir, int lab, size_t first)
{
    bool removed = true;

    for (size_t i = first; removed; i++) {
        char *page = format("%s/similarity/lab%d-%zu.html", dir, lab, i);

        removed = remove(page) == 0;
        free(page);
    }
}

void write_pairs(const char *dir, int lab, FILE *index)
{
    char *path = format("%s/similarity/lab%d/pairs.json", dir, lab);
    json_t *pairs = json_load_file(path, 0, NULL), *pair;
    size_t i;

    free(path);
    fputs("<h3>Similar submissions</h3>\n", index);
    if (!pairs)
        fputs("<p>Not looked for.</p>\n", index);
    else if (json_array_size(pairs) == 0)
        fputs("<p>No two have half of their code in common.</p>\n", index);
    else
        fputs("<p>A hint, and no proof: have a look at both.</p>\n<table><tr><th>In common<th>Students</tr>\n", index);
    json_array_foreach(pairs, i, pair)
    {
        char *page = format("lab%d-%d.html", lab, (int)i + 1);

        fprintf(index, "<tr><td>%d %%<td><a href=\"similarity/%s\">",
                (int)json_integer_value(json_object_get(pair, "share")), page);
        put_html(index, json_string_value(json_object_get(pair, "a")));
        fputs(" and ", index);
        put_html(index, json_string_value(json_object_get(pair, "b")));
        fputs("</a></tr>\n", index);
        write_pair(dir, lab, pair, page);
        free(page);
    }
    if (json_array_size(pairs) > 0)
        fputs("</table>\n", index);
    remove_pages(dir, lab, json_array_size(pairs) + 1);
    json_decref(pairs);
}
