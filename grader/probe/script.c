/* Reading the steps. All of them are read before the first one runs, so that a
 * mistake in the script never looks like a mistake of the student's program. */
#include "probe.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, tolower((unsigned char)c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* One escape behind its backslash: its length, 0 when there is none such. */
static size_t escape(const char *in, char *out)
{
    static const char letters[] = "rnt0\\";
    static const char bytes[] = "\r\n\t\0\\";
    const char *at = in[0] ? strchr(letters, in[0]) : NULL;
    int high, low;

    if (at) {
        *out = bytes[at - letters];
        return 1;
    }
    high = in[0] == 'x' ? hex_value(in[1]) : -1;
    low = high >= 0 ? hex_value(in[2]) : -1;
    if (low < 0)
        return 0;
    *out = (char)(unsigned char)(16 * high + low);
    return 3;
}

/* Decodes C escapes into s->text; false when one is unknown. */
static bool read_text(struct step *s, const char *in)
{
    s->text = need_memory(malloc(strlen(in) + 1));
    while (*in) {
        size_t n = 1;

        if (*in != '\\') {
            s->text[s->len++] = *in++;
            continue;
        }
        n = escape(in + 1, &s->text[s->len++]);
        if (n == 0)
            return false;
        in += n + 1;
    }
    return true;
}

int as_int(long long number)
{
    return number > INT_MAX ? INT_MAX : (int)number;
}

/* A number of decimal digits only, up to the character `end`. */
static const char *read_number(const char *in, char end, long long *number)
{
    char *behind;

    if (!isdigit((unsigned char)*in))
        return NULL;
    errno = 0;
    *number = strtoll(in, &behind, 10);
    return errno || *number > 1000000000000 || *behind != end ? NULL : behind;
}

static bool read_numbers(struct step *s, const char *in)
{
    s->has_number = true;
    if (s->verb->argument == ARG_PAIR) {
        in = read_number(in, ',', &s->number);
        return in && s->number > 0 && read_number(in + 1, '\0', &s->ms);
    }
    in = read_number(in, '\0', &s->number);
    s->ms = s->number;
    return in != NULL;
}

static bool read_argument(struct step *s, const char *in)
{
    switch (s->verb->argument) {
    case ARG_NONE: return !in;
    case ARG_TEXT: return in && read_text(s, in);
    case ARG_PATH:
        if (in)
            s->text = need_memory(strdup(in));
        return in && *in;
    case ARG_MAYBE_NUMBER: return !in || read_numbers(s, in);
    case ARG_NUMBER:
    case ARG_PAIR: return in && read_numbers(s, in);
    }
    return false;
}

/* Takes "NAME." off the front of a step; false when the name is not one. */
static bool read_name(struct step *s, const char **word, size_t len)
{
    const char *dot = memchr(*word, '.', len);
    size_t n = dot ? (size_t)(dot - *word) : 0;

    strcpy(s->name, "a");
    if (!dot)
        return true;
    if (n == 0 || n >= NAME_SIZE)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)(*word)[i]))
            return false;
    memcpy(s->name, *word, n);
    s->name[n] = '\0';
    *word = dot + 1;
    return true;
}

static enum outcome read_step(struct probe *p, struct step *s, const char *word)
{
    const char *rest = word;
    size_t len = strcspn(word, "=");
    const char *argument = word[len] ? word + len + 1 : NULL;
    char verb[NAME_SIZE];
    bool elsewhere;

    if (!read_name(s, &rest, len))
        return misuse("\"%s\": a name is made of letters and digits", word);
    len -= (size_t)(rest - word);
    if (len >= sizeof verb)
        return misuse("\"%s\": there is no such step", word);
    memcpy(verb, rest, len);
    verb[len] = '\0';
    s->verb = verb_find(verb, probe_mode(p), &elsewhere);
    if (!s->verb)
        return misuse("\"%s\": there is no such step%s", word, elsewhere ? " in this mode" : "");
    if (!read_argument(s, argument))
        return misuse("\"%s\": what stands behind the verb is wrong", word);
    return DONE;
}

/* Rules about where a step may stand. */
static enum outcome check_order(const struct probe *p)
{
    bool accepts = p->udp;

    for (size_t i = 0; i < p->step_count; i++) {
        const struct step *s = &p->steps[i];

        accepts = accepts || is_verb(s, "accept") || is_verb(s, "next");
        if (is_verb(s, "backlog") && i != 0)
            return misuse("backlog must be the first step");
        if (is_verb(s, "forever") && i + 1 != p->step_count)
            return misuse("forever must be the last step");
        if (is_verb(s, "forever") && (i == 0 || !accepts))
            return misuse("there is nothing that forever could go back to");
    }
    return DONE;
}

enum outcome script_read(struct probe *p, char **words, size_t count)
{
    enum outcome how = DONE;

    p->steps = need_memory(calloc(count, sizeof *p->steps));
    while (how == DONE && p->step_count < count) {
        how = read_step(p, &p->steps[p->step_count], words[p->step_count]);
        p->step_count++;
    }
    return how == DONE ? check_order(p) : how;
}

void script_free(struct probe *p)
{
    for (size_t i = 0; i < p->step_count; i++)
        free(p->steps[i].text);
    free(p->steps);
}
