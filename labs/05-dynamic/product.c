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
    const char *equals = memchr(parameter, '=', size);
    if (equals == NULL)
        return -1;
    size_t value_size = size - (size_t)(equals + 1 - parameter);
    if (value_size >= sizeof value || url_decode(equals + 1, value_size, value) <= 0)
        return -1;
    /* strtod() alone would also take " 1", "0x10", "inf" and "nan". */
    if (value[strspn(value, "0123456789+-.eE")] != '\0')
        return -1;
    char *end;
    *operand = strtod(value, &end);
    return *end == '\0' && end != value && isfinite(*operand) ? 0 : -1;
}

ssize_t product_parse(const char *query, size_t size, double *operands, size_t max)
{
    size_t count = 0;
    const char *end = query + size;
    while (query < end) {
        const char *ampersand = memchr(query, '&', (size_t)(end - query));
        size_t length = (size_t)((ampersand == NULL ? end : ampersand) - query);
        if (length > 0) {
            if (count == max || parse_parameter(query, length, &operands[count]) < 0)
                return -1;
            count++;
        }
        query += length + (ampersand != NULL);
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
    int whole = fabs(number) < 9007199254740992.0 && number == floor(number); /* 2^53 */
    snprintf(text, sizeof text, whole ? "%.0f" : "%.15g", number);
    if (strtod(text, NULL) != number)
        snprintf(text, sizeof text, "%.17g", number);
    fputs(text, out);
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
        result *= operands[i];
        fputs(i == 0 ? "" : ", ", out);
        write_number(out, operands[i]);
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
