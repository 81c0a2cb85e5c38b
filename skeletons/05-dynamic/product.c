#include "product.h"

#include "http.h"
#include "url.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads one parameter, "a=12". Returns 0, or -1 where it has no value or that is no number. */
static int parse_parameter(const char *parameter, size_t size, double *operand)
{
    char value[HTTP_HEAD_MAX]; /* a parameter is a part of a head */
    /* TODO 1 (about 6 lines): find the value, behind the "=", and decode its percent-escapes into `value`. A parameter
     * without a value is an error.
     * Read: memchr(3), and the comment on url_decode() in url.h.
     * Think: the parameter is not NUL-terminated. Why would strchr() be wrong here?
     * Checked by: R5.2, R5.3, R5.7. */
    (void)parameter;
    (void)size;
    *value = '\0';
    /* TODO 2 (about 5 lines): make a number of the value, with strtod(). Refuse what is not a decimal number as a
     * whole.
     * Read: strtod(3).
     * Think: strtod() takes " 1", "0x10", "inf" and "nan" too. How do you keep them out?
     * Checked by: R5.2, R5.3, R5.15. */
    (void)operand;
    return -1;
}

ssize_t product_parse(const char *query, size_t size, double *operands, size_t max)
{
    size_t count = 0;
    const char *end = query + size;
    while (query < end) {
        /* TODO 3 (about 7 lines): take the next parameter, up to the "&" or the end, and store its value with
         * parse_parameter(). Then go on behind the "&".
         * Read: memchr(3).
         * Think: how many parameters fit into a request? What must not happen when there are more than `max`?
         * Checked by: R5.2, R5.3, R5.10. */
        (void)parse_parameter;
        (void)operands;
        (void)max;
        return -1;
    }
    return count == 0 ? -1 : (ssize_t)count;
}

/* Writes a number as JSON: the shorter of two forms that reads back as the same double. */
static void write_number(FILE *out, double number)
{
    char text[32];
    if (!isfinite(number)) {
        fputs(isnan(number) ? "\"nan\"" : number > 0 ? "\"inf\"" : "\"-inf\"", out);
        return;
    }
    /* TODO 4 (about 5 lines): write the number so that it reads back as the same double; a whole number below 2^53
     * without a point.
     * Read: printf(3): the conversions f and g, and their precision.
     * Think: print 0.1 with %.15g and with %.17g, and 1/3.0 as well. How many digits does a double need?
     * Checked by: R5.8, R5.9. */
    (void)text;
}

char *product_json(const double *operands, size_t count)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    double result = 1;
    fputs("{\"operation\": \"product\", \"operands\": [", out);
    for (size_t i = 0; i < count; i++) {
        /* TODO 5 (about 3 lines): multiply, and write the operand, with a comma and a blank before all but the first.
         * Read: RFC 8259, sections 5 and 6.
         * Think: JSON does not allow a comma behind the last element. Where is it easiest to avoid it?
         * Checked by: R5.2, R5.3, R5.10. */
        (void)operands;
    }
    fputs("], \"result\": ", out);
    write_number(out, result);
    fputs("}\n", out);
    if (fclose(out) == EOF) {
        free(text);
        return NULL;
    }
    return text;
}
