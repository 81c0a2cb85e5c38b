/* test_cache.c - the promises of cache.h. */
/* wraps: */
#include "cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name)   static void name(void **state __attribute__((unused)))
#define COUNT(table) (sizeof(table) / sizeof *(table))

static void put(struct cache *cache, const char *key, const char *reply)
{
    cache_put(cache, key, strlen(key), reply, strlen(reply));
}

/* Whether the cache has this reply for the key; NULL means none. */
static int has(struct cache *cache, const char *key, const char *reply)
{
    size_t size;
    char *found = cache_get(cache, key, strlen(key), &size);
    int same =
        found == NULL || reply == NULL ? found == reply : size == strlen(reply) && memcmp(found, reply, size) == 0;
    free(found);
    return same;
}

TEST(what_is_put_in_comes_out_again)
{
    struct cache cache = CACHE_EMPTY;
    cache.capacity = 1000;
    assert_true(has(&cache, "a", NULL));
    put(&cache, "a", "apple");
    put(&cache, "b", "banana");
    put(&cache, "ab", "both");
    for (int i = 0; i < 3; i++) {
        assert_true(has(&cache, "b", "banana"));
        assert_true(has(&cache, "a", "apple"));
        assert_true(has(&cache, "ab", "both"));
        assert_true(has(&cache, "", NULL));
        assert_true(has(&cache, "abc", NULL));
    }
    char *found;
    size_t size;
    cache_put(&cache, "k\0ey", 4, "re\0ply", 6);
    assert_null(cache_get(&cache, "k\0ex", 4, &size));
    found = cache_get(&cache, "k\0ey", 4, &size);
    assert_int_equal(size, 6);
    assert_memory_equal(found, "re\0ply", 6);
    free(found);
    cache_clear(&cache);
    assert_true(has(&cache, "a", NULL));
    assert_int_equal(cache.used, 0);
}

TEST(a_newer_reply_takes_the_place_of_the_older)
{
    struct cache cache = CACHE_EMPTY;
    cache.capacity = 20;
    put(&cache, "a", "one");
    put(&cache, "b", "two");
    put(&cache, "a", "three");
    assert_true(has(&cache, "a", "three"));
    assert_true(has(&cache, "b", "two"));
    assert_int_equal(cache.used, 10);
    cache_clear(&cache);
}

TEST(the_least_recently_used_goes_first)
{
    struct cache cache = CACHE_EMPTY;
    cache.capacity = 12; /* four replies of two bytes with keys of one */
    put(&cache, "a", "11");
    put(&cache, "b", "22");
    put(&cache, "c", "33");
    put(&cache, "d", "44");
    assert_true(has(&cache, "a", "11"));
    put(&cache, "e", "55");
    assert_true(has(&cache, "b", NULL));
    assert_true(has(&cache, "c", "33"));
    put(&cache, "f", "6666");
    assert_true(has(&cache, "d", NULL));
    assert_true(has(&cache, "a", NULL));
    assert_true(has(&cache, "f", "6666"));
    assert_true(has(&cache, "e", "55"));
    assert_true(has(&cache, "c", "33"));
    put(&cache, "g", "77777777777");
    assert_true(has(&cache, "g", "77777777777"));
    assert_int_equal(cache.used, 12);
    cache_clear(&cache);
}

TEST(what_is_larger_than_the_cache_changes_nothing)
{
    struct cache cache = CACHE_EMPTY;
    put(&cache, "", "");
    put(&cache, "a", "1");
    assert_true(has(&cache, "a", NULL));
    cache.capacity = 4;
    put(&cache, "a", "123");
    put(&cache, "b", "1234");
    put(&cache, "bcdef", "");
    put(&cache, "c", "12345");
    assert_true(has(&cache, "a", "123"));
    cache_clear(&cache);
}

TEST(a_draft_grows_up_to_the_size_of_the_cache)
{
    struct cache cache = CACHE_EMPTY;
    cache.capacity = 10;
    struct cache_draft draft = {0};
    cache_draft_add(&draft, &cache, "12345", 5);
    cache_draft_add(&draft, &cache, "67890", 5);
    assert_int_equal(draft.size, 10);
    assert_memory_equal(draft.data, "1234567890", 10);
    cache_draft_add(&draft, &cache, "x", 1);
    assert_null(draft.data);
    cache_draft_add(&draft, &cache, "1", 1);
    assert_null(draft.data);
    assert_false(cache_may_keep("", 0, draft.data, draft.size));
}

TEST(only_complete_replies_that_are_good_for_everybody_may_be_kept)
{
    static const struct {
        const char *reply;
        int keep;
    } cases[] = {
        {"HTTP/1.0 200 OK\r\n\r\nhello", 1},
        {"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 1},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", 1},
        {"HTTP/1.0 200 OK\r\nETag: x\r\n\r\nCache-Control: no-store\r\n\r\n", 1},
        {"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello", 0},
        {"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nhello", 0},
        {"HTTP/1.0 200 OK\r\nA: b", 0},
        {"HTTP/1.0 404 Not Found\r\n\r\n", 0},
        {"HTTP/1.0 302 Found\r\nLocation: /\r\n\r\n", 0},
        {"HTTP/1.0 206 Partial Content\r\n\r\n", 0},
        {"hello\r\n\r\n", 0},
        {"", 0},
        {"HTTP/1.0 200 OK\r\nCache-Control: no-store\r\n\r\nhello", 0},
        {"HTTP/1.0 200 OK\r\nA: b\r\nset-cookie: a\r\n\r\nhello", 0},
        {"HTTP/1.0 200 OK\r\nVary: *\r\n\r\nhello", 0},
        {"HTTP/1.0 200 OK\r\nPragma: no-cache\r\n\r\nhello", 0},
        {"HTTP/1.0 200 OK\r\nExpires: 0\r\n\r\nhello", 0},
    };
    static const char request[] = "GET / HTTP/1.0\r\nHost: h\r\nCookie: Pragma: x\r\n\r\n";
    for (size_t i = 0; i < COUNT(cases); i++)
        if (cache_may_keep(request, strlen(request), cases[i].reply, strlen(cases[i].reply)) != cases[i].keep)
            fail_msg("wrong: %s", cases[i].reply);

    static const char *const fields[] = {"Authorization: Basic x", "cache-control: no-cache", "Pragma: no-cache"};
    for (size_t i = 0; i < COUNT(fields); i++) {
        char limited[100];
        int size = snprintf(limited, sizeof limited, "GET / HTTP/1.0\r\nHost: h\r\n%s\r\n\r\n", fields[i]);
        if (cache_may_keep(limited, (size_t)size, cases[0].reply, strlen(cases[0].reply)))
            fail_msg("kept for: %s", fields[i]);
    }
}

/* ---- Many threads ---- */

static struct cache shared = CACHE_EMPTY;

/* Puts and gets replies that say which key they belong to. Returns NULL, or `seed` where one was another's. */
static void *work(void *seed)
{
    unsigned int number = (unsigned int)(uintptr_t)seed;
    for (int i = 0; i < 2000; i++) {
        number = number * 1103515245 + 12345;
        size_t size, key = number >> 16 & 15;
        char reply[64];
        memset(reply, 'A' + (int)key, sizeof reply);
        if (number >> 20 & 1) {
            cache_put(&shared, (const char *)&key, sizeof key, reply, 10 + key);
            continue;
        }
        char *found = cache_get(&shared, (const char *)&key, sizeof key, &size);
        int wrong = found != NULL && (size != 10 + key || memcmp(found, reply, size) != 0);
        free(found);
        if (wrong)
            return seed;
    }
    return NULL;
}

TEST(threads_share_it)
{
    pthread_t threads[8];
    void *wrong;
    shared.capacity = 200; /* about half of what they put in */
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)(i + 1)), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
    assert_true(shared.used <= shared.capacity);
    cache_clear(&shared);
    assert_int_equal(shared.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_in_comes_out_again),
        cmocka_unit_test(a_newer_reply_takes_the_place_of_the_older),
        cmocka_unit_test(the_least_recently_used_goes_first),
        cmocka_unit_test(what_is_larger_than_the_cache_changes_nothing),
        cmocka_unit_test(a_draft_grows_up_to_the_size_of_the_cache),
        cmocka_unit_test(only_complete_replies_that_are_good_for_everybody_may_be_kept),
        cmocka_unit_test(threads_share_it),
    };
    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
