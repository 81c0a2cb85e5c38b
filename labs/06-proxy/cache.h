/* cache.h - whole replies, kept in memory for the next client that asks the same, and shared by all threads. The one
 * that was asked for least recently goes first when there is no room. The key is the whole request as the origin server
 * gets it, header fields and all: who asks in other words gets an answer of his own. */
#ifndef CACHE_H
#define CACHE_H

#include <pthread.h>
#include <stddef.h>

struct cache_entry;

struct cache {
    size_t capacity; /* how many bytes of keys and replies it may hold; set before the first thread starts */
    size_t used;     /* how many it holds */
    struct cache_entry *newest, *oldest;
    pthread_mutex_t lock; /* of everything here but the capacity */
};

/* What an empty cache begins with. With a capacity of 0 it keeps nothing at all. */
#define CACHE_EMPTY                                                                                                    \
    {                                                                                                                  \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                                              \
    }

/* Looks for the reply to `key`, and counts as asking for it. Returns a copy that the caller frees, and stores its size
 * in *size; NULL where there is none. */
char *cache_get(struct cache *cache, const char *key, size_t key_size, size_t *size);

/* Keeps a copy of `reply`, in place of an older one for the same key, and drops the least recently used ones until it
 * fits. Does nothing where it never could, or where memory is short. */
void cache_put(struct cache *cache, const char *key, size_t key_size, const char *reply, size_t size);

/* Drops everything. */
void cache_clear(struct cache *cache);

/* Whether `reply`, all that came before the origin server closed, may be given to the next one who asks as `request`
 * does, the head that the origin server got: the reply is complete and has status 200, and neither of the two says how
 * long or for whom it is good (Authorization, Cache-Control, Expires, Pragma, Set-Cookie, Vary). A pure function; with
 * `reply` NULL the answer is no. RFC 9111, sections 3 and 5.2. */
int cache_may_keep(const char *request, size_t request_size, const char *reply, size_t size);

/* A reply that is growing while it comes, in the memory of the thread that receives it. Begin with {0}; it may never be
 * larger than the cache. Its owner frees `data`. */
struct cache_draft {
    char *data; /* NULL while empty, and for good where `failed` */
    size_t size;
    int failed; /* too large, or out of memory */
};

/* Adds a part to the draft. */
void cache_draft_add(struct cache_draft *draft, const struct cache *cache, const char *part, size_t size);

#endif
