/* product.h - the arithmetic behind GET /product?a=12&b=60: from a query to a JSON object (RFC 8259). */
#ifndef PRODUCT_H
#define PRODUCT_H

#include <stddef.h>
#include <sys/types.h>

/* Reads the operands out of a query such as "a=12&b=%2D3": the value of each parameter, in order, after its
 * percent-escapes are decoded. A value is a decimal number ("12", "-3", ".5", "1e3") that a double can hold, and
 * nothing but one. Names do not matter; nothing between two '&' is no parameter.
 * Stores at most `max` numbers at `operands`. Returns how many, at least 1, or -1 where there is no parameter, a value
 * is no such number, or there are too many. A pure function; `query` need not be NUL-terminated. */
ssize_t product_parse(const char *query, size_t size, double *operands, size_t max);

/* Writes {"operation": "product", "operands": [12, 60], "result": 720}. Every number reads back as the same double;
 * whole numbers below 2^53 have no point. JSON knows no infinity: a result beyond a double is the string "inf" or
 * "-inf", and one that is no number at all ("inf" times 0 on the way) is "nan".
 * Returns a string that the caller frees, or NULL with errno ENOMEM. */
char *product_json(const double *operands, size_t count);

#endif
