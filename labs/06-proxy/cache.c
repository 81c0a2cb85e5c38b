#include "cache.h"

#include "http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* One list from the newest to the oldest: looking for a key compares with each. For the few hundred replies that fit
 * into a cache of this size, that costs less than a connection does. */
struct cache_entry {
    struct cache_entry *newer, *older;
    size_t key_size, size;
    char data[]; /* the key, then the reply */
};

static void unlink_entry(struct cache *cache, struct cache_entry *entry)
{
    *(entry->newer == NULL ? &cache->newest : &entry->newer->older) = entry->older;
    *(entry->older == NULL ? &cache->oldest : &entry->older->newer) = entry->newer;
    cache->used -= entry->key_size + entry->size;
}

static void link_as_newest(struct cache *cache, struct cache_entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(entry->older == NULL ? &cache->oldest : &entry->older->newer) = entry;
    cache->newest = entry;
    cache->used += entry->key_size + entry->size;
}

/* Takes the entry for `key` out of the list. Returns it, or NULL. */
static struct cache_entry *take(struct cache *cache, const char *key, size_t key_size)
{
#ifdef SOLUTION
    for (struct cache_entry *entry = cache->newest; entry != NULL; entry = entry->older)
        if (entry->key_size == key_size && memcmp(entry->data, key, key_size) == 0) {
            unlink_entry(cache, entry);
            return entry;
        }
    return NULL;
#else
    /* TODO 1 (about 6 lines): walk along the list from the newest to the oldest. Where the key is the same, unlink the
     * entry and return it.
     * Read: memcmp(3).
     * Think: one key may be the beginning of another. What else has to be the same?
     * Checked by: B6.2. */
    (void)unlink_entry;
    (void)cache;
    (void)key;
    (void)key_size;
    return NULL;
#endif
}

char *cache_get(struct cache *cache, const char *key, size_t key_size, size_t *size)
{
    char *copy = NULL;
    pthread_mutex_lock(&cache->lock);
#ifdef SOLUTION
    struct cache_entry *entry = take(cache, key, key_size);
    if (entry != NULL) {
        link_as_newest(cache, entry);
        *size = entry->size;
        copy = malloc(entry->size); /* a copy: as soon as the lock is free, another thread may drop the entry */
        if (copy != NULL)
            memcpy(copy, entry->data + key_size, entry->size);
    }
#else
    /* TODO 2 (about 7 lines): take the entry for the key; where there is one, put it back as the newest, and copy its
     * reply, which stands in `data` behind the key.
     * Read: malloc(3), memcpy(3).
     * Think: why a copy? What may another thread do as soon as the lock is free, while the reply is still being sent?
     * Checked by: B6.2, B6.3. */
    (void)take;
    (void)link_as_newest;
    (void)key;
    (void)key_size;
    (void)size;
#endif
    pthread_mutex_unlock(&cache->lock);
    return copy;
}

void cache_put(struct cache *cache, const char *key, size_t key_size, const char *reply, size_t size)
{
    if (size > cache->capacity || key_size > cache->capacity - size)
        return;
    struct cache_entry *entry = malloc(sizeof *entry + key_size + size);
    if (entry == NULL)
        return;
    entry->key_size = key_size;
    entry->size = size;
    memcpy(entry->data, key, key_size);
    memcpy(entry->data + key_size, reply, size);

    pthread_mutex_lock(&cache->lock);
#ifdef SOLUTION
    free(take(cache, key, key_size));
    while (cache->used + key_size + size > cache->capacity) {
        struct cache_entry *oldest = cache->oldest;
        unlink_entry(cache, oldest);
        free(oldest);
    }
    link_as_newest(cache, entry);
#else
    /* TODO 3 (about 7 lines): drop an older entry for the same key, drop the oldest ones until there is room for the
     * new one, and put that in as the newest.
     * Read: free(3).
     * Think: what has to be true of key and reply so that this loop comes to an end?
     * Checked by: B6.3, B6.4. */
    free(entry);
#endif
    pthread_mutex_unlock(&cache->lock);
}

void cache_clear(struct cache *cache)
{
    pthread_mutex_lock(&cache->lock);
    while (cache->oldest != NULL) {
        struct cache_entry *oldest = cache->oldest;
        unlink_entry(cache, oldest);
        free(oldest);
    }
    pthread_mutex_unlock(&cache->lock);
}

/* Whether one of the lines of a head says how long, or for whom, the reply is good. */
static int is_limited(const char *head, size_t size)
{
    static const char *const limits[] = {
        "Authorization:", "Cache-Control:", "Expires:", "Pragma:", "Set-Cookie:", "Vary:"};
    const char *end = head + size;
    for (const char *line = head; line < end; line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1)
        for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
            if (strncasecmp(line, limits[i], strlen(limits[i])) == 0)
                return 1;
    return 0;
}

int cache_may_keep(const char *request, size_t request_size, const char *reply, size_t size)
{
#ifdef SOLUTION
    struct http_response response;
    if (reply == NULL) /* a draft that failed */
        return 0;
    response.used = size < sizeof response.buffer ? size : sizeof response.buffer;
    memcpy(response.buffer, reply, response.used);
    if (http_parse_response(&response) <= 0 || response.status != 200)
        return 0;
    if (response.content_length >= 0 && (long long)(size - response.head_size) != response.content_length)
        return 0;
#else
    /* TODO 4 (about 8 lines): copy what fits of the reply into a struct http_response, and let http_parse_response() read
     * its head. Return 0 where it is malformed, has another status than 200, or a Content-Length that is not the size of
     * what came behind the head.
     * Read: the comments in http.h.
     * Think: an origin server that is killed in mid-reply closes its connection, too. What would the cache give to the
     * next client?
     * Checked by: B6.2, B6.5. */
    struct http_response response = {.head_size = size};
    if (http_parse_response(&response) <= 0)
        return 0;
#endif
    return !is_limited(request, request_size) && !is_limited(reply, response.head_size);
}

void cache_draft_add(struct cache_draft *draft, const struct cache *cache, const char *part, size_t size)
{
    char *grown = NULL;
    if (!draft->failed && size <= cache->capacity - draft->size)
        grown = realloc(draft->data, draft->size + size);
    if (grown == NULL) {
        free(draft->data);
        *draft = (struct cache_draft){.failed = 1};
        return;
    }
    draft->data = grown;
    memcpy(grown + draft->size, part, size);
    draft->size += size;
}
