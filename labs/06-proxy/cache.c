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
    for (struct cache_entry *entry = cache->newest; entry != NULL; entry = entry->older)
        if (entry->key_size == key_size && memcmp(entry->data, key, key_size) == 0) {
            unlink_entry(cache, entry);
            return entry;
        }
    return NULL;
}

char *cache_get(struct cache *cache, const char *key, size_t key_size, size_t *size)
{
    char *copy = NULL;
    pthread_mutex_lock(&cache->lock);
    struct cache_entry *entry = take(cache, key, key_size);
    if (entry != NULL) {
        link_as_newest(cache, entry);
        *size = entry->size;
        copy = malloc(entry->size); /* a copy: as soon as the lock is free, another thread may drop the entry */
        if (copy != NULL)
            memcpy(copy, entry->data + key_size, entry->size);
    }
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
    free(take(cache, key, key_size));
    while (cache->used + key_size + size > cache->capacity) {
        struct cache_entry *oldest = cache->oldest;
        unlink_entry(cache, oldest);
        free(oldest);
    }
    link_as_newest(cache, entry);
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

int cache_may_keep(const char *reply, size_t size)
{
    static const char *const limits[] = {"Cache-Control:", "Expires:", "Pragma:", "Set-Cookie:", "Vary:"};
    struct http_response response;
    if (reply == NULL) /* a draft that failed */
        return 0;
    response.used = size < sizeof response.buffer ? size : sizeof response.buffer;
    memcpy(response.buffer, reply, response.used);
    if (http_parse_response(&response) <= 0 || response.status != 200)
        return 0;
    if (response.content_length >= 0 && (long long)(size - response.head_size) != response.content_length)
        return 0;
    const char *end = reply + response.head_size;
    for (const char *line = reply; line < end; line = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1)
        for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
            if (strncasecmp(line, limits[i], strlen(limits[i])) == 0)
                return 0;
    return 1;
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
