/* Received bytes that wait for a step to ask for them. */
#include "probe.h"

#include <stdlib.h>
#include <string.h>

void *need_memory(void *memory)
{
    if (!memory)
        die("out of memory");
    return memory;
}

/* Moving costs at most as much as was dropped before, doubling at most as much
 * as was added before: together that stays proportional to the bytes passed. */
static void make_room(struct buffer *b, size_t len)
{
    if (b->start + b->len + len <= b->size)
        return;
    if (b->start >= b->len) {
        if (b->len > 0)
            memmove(b->bytes, b->bytes + b->start, b->len);
        b->start = 0;
    }
    if (b->start + b->len + len <= b->size)
        return;
    b->size = 2 * (b->start + b->len + len);
    b->bytes = need_memory(realloc(b->bytes, b->size));
}

void buffer_add(struct buffer *b, const char *bytes, size_t len)
{
    if (b->keep && len > 0) {
        make_room(b, len);
        memcpy(b->bytes + b->start + b->len, bytes, len);
    }
    b->len += len;
}

const char *buffer_bytes(const struct buffer *b)
{
    return b->bytes + b->start;
}

void buffer_drop(struct buffer *b, size_t len)
{
    b->len -= len;
    if (b->keep)
        b->start = b->len > 0 ? b->start + len : 0;
}

void buffer_clear(struct buffer *b)
{
    free(b->bytes);
    *b = (struct buffer){.keep = b->keep};
}
