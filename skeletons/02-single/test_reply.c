/* test_reply.c - the promises of reply.h, on files in a folder of its own. */
/* wraps: */
#include "reply.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define TEST(name)   static void name(void **state __attribute__((unused)))
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Writes a file of `size` bytes, byte number i with the value i % 251. */
static void write_file(const char *name, size_t size)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++)
        putc((int)(i % 251), file);
    assert_int_equal(fclose(file), 0);
}

/* The value of a header field; "" where it is missing. */
static const char *field(const char *head, const char *name)
{
    static char value[80];
    *value = '\0';
    for (const char *line = head; (line = strstr(line, "\r\n")) != NULL; line += 2)
        if (strncasecmp(line + 2, name, strlen(name)) == 0)
            sscanf(line + 2 + strlen(name), ": %79[^\r]", value);
    return value;
}

/* Checks all of the head that reply->text begins with. The content has `size` bytes; -1 where it is what follows in
 * reply->text. Returns the size of the head. */
static size_t check_head(const struct reply *reply, int status, const char *type, long size)
{
    char head[1024] = "", line[80], *end;
    assert_non_null(reply->text);
    memcpy(head, reply->text, reply->size < sizeof head ? reply->size : sizeof head - 1);
    assert_non_null(end = strstr(head, "\r\n\r\n"));
    *(end += 4) = '\0';
    size = size < 0 ? (long)reply->size - (end - head) : size;
    snprintf(line, sizeof line, " %d %s\r\n", status, reply_reason(status));
    /* HTTP/1.0 and HTTP/1.1 are both right, and so is "text/html; charset=utf-8". */
    if (strncmp(head, "HTTP/1.", 7) != 0 || strncmp(head + 8, line, strlen(line)) != 0 ||
        strncmp(field(head, "Content-Type"), type, strlen(type)) != 0 ||
        strchr(";", field(head, "Content-Type")[strlen(type)]) == NULL ||
        strtol(field(head, "Content-Length"), NULL, 10) != size || strcmp(field(head, "Connection"), "close") != 0)
        fail_msg("expected: %d, %s, %ld bytes; the head is:\n%s", status, type, size, head);
    return (size_t)(end - head);
}

/* Checks a reply that is a page about `status`, and frees it. */
static void expect_page(struct reply *reply, int status)
{
    char words[64], page[1024] = "";
    size_t head = check_head(reply, status, "text/html", -1);
    snprintf(words, sizeof words, "%d %s", status, reply_reason(status));
    snprintf(page, sizeof page, "%.*s", (int)(reply->size - head), reply->text + head);
    assert_non_null(strstr(page, words));
    assert_true(reply->file == -1 && reply_read_file(reply, page, sizeof page) == 0);
    reply_free(reply);
}

/* Asks for `path` with the list `types`: a file of 10 bytes as `type`, or the page for `status`. Leaves none open. */
static void expect(const char *path, const char *types, int status, const char *type)
{
    int unused = dup(STDOUT_FILENO);
    struct reply reply;
    close(unused);
    assert_int_equal(reply_file(&reply, path, types), 0);
    if (type == NULL) {
        expect_page(&reply, status);
    } else {
        size_t head = check_head(&reply, status, type, 10);
        assert_int_equal(reply.size + (size_t)reply.file_size, head + 10); /* the text may hold some of the file */
        reply_free(&reply);
    }
    assert_int_equal(dup(STDOUT_FILENO), unused);
    close(unused);
}

/* Lets reply_send() send a reply, and frees it. Returns how many bytes came, and stores the first of them in `data`. */
static ssize_t sent(struct reply *reply, char *data, size_t size)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    reply_send(pair[0], reply);
    reply_free(reply);
    close(pair[0]);
    ssize_t received = recv(pair[1], data, size, MSG_WAITALL);
    close(pair[1]);
    return received;
}

TEST(an_error_is_a_page_that_names_its_code_and_reason)
{
    static const struct {
        int code;
        const char *reason;
    } cases[] = {{400, "Bad Request"}, {403, "Forbidden"}, {404, "Not Found"}, {599, "Error"}};
    struct reply reply;
    assert_string_equal(reply_reason(200), "OK");
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(reply_reason(cases[i].code), cases[i].reason);
        assert_int_equal(reply_error(&reply, cases[i].code), 0);
        expect_page(&reply, cases[i].code);
    }
}

TEST(content_is_sent_as_it_is_whatever_its_size)
{
    static const size_t sizes[] = {0, 1, 9, 255, 256, 257, 20000};
    static char content[20000] = "some letters, and then NULs", received[sizeof content + 1024];
    struct reply reply;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        assert_int_equal(reply_content(&reply, "application/json", content, sizes[i]), 0);
        size_t head = check_head(&reply, 200, "application/json", (long)sizes[i]);
        assert_true(reply.file == -1 && reply.size == head + sizes[i]);
        assert_int_equal(sent(&reply, received, sizeof received), head + sizes[i]);
        assert_memory_equal(received + head, content, sizes[i]);
    }
}

TEST(the_extension_says_the_type_in_any_letter_case)
{
    static const char *const cases[][2] = {
        {"a.html", "text/html"},        {"a.htm", "text/html"},      {"a.txt", "text/plain"},
        {"a.css", "text/css"},          {"a.js", "text/javascript"}, {"a.json", "application/json"},
        {"a.png", "image/png"},         {"a.jpg", "image/jpeg"},     {"a.jpeg", "image/jpeg"},
        {"a.gif", "image/gif"},         {"a.svg", "image/svg+xml"},  {"a.ico", "image/x-icon"},
        {"a.pdf", "application/pdf"},   {"a.mp3", "audio/mpeg"},     {"a.mp4", "video/mp4"},
        {"B.HTML", "text/html"},        {"b.JpG", "image/jpeg"},     {"testfile", "text/plain"},
        {"a.xyz.html", "text/html"},    {"a.html.png", "image/png"}, {"v1.0/README", "text/plain"},
        {"v1.0/./b.Mp3", "audio/mpeg"}, {"a b%41.txt", "text/plain"}};
    assert_int_equal(mkdir("v1.0", 0700), 0);
    for (size_t i = 0; i < COUNT(cases); i++) {
        write_file(cases[i][0], 10);
        expect(cases[i][0], NULL, 200, cases[i][1]);
    }
}

TEST(what_exists_and_is_not_in_the_table_or_cannot_be_read_is_forbidden)
{
    static const char *const names[] = {"c.xyz", "c.c", "c.htmlx", "c.xhtml", "c.html.bak", "v1.html/c.h", "c.ht"};
    assert_int_equal(mkdir("v1.html", 0700), 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        write_file(names[i], 10);
        expect(names[i], NULL, 403, NULL);
    }
    write_file("c.html", 10);
    if (chmod("c.html", 0) == 0 && geteuid() != 0) /* the superuser may read everything */
        expect("c.html", NULL, 403, NULL);
}

TEST(what_does_not_exist_is_not_found_whatever_its_extension)
{
    static const char *const names[] = {"none", "none.html", "none.xyz", "none/", "none/a.html", "d.html/a.html"};
    char long_name[400] = "";
    write_file("d.html", 10); /* no folder */
    for (size_t i = 0; i < COUNT(names); i++)
        expect(names[i], NULL, 404, NULL);
    expect("none.txt", "html", 404, NULL);
    expect(memset(long_name, 'd', sizeof long_name - 1), NULL, 404, NULL);
}

TEST(a_list_of_extensions_narrows_the_table_and_never_widens_it)
{
    static const char *const names[] = {"f.html", "f.htm", "f.txt", "f.Css", "f.xyz"};
    for (size_t i = 0; i < COUNT(names); i++)
        write_file(names[i], 10);
    expect("f.html", "html,htm", 200, "text/html");
    expect("f.htm", "html,htm", 200, "text/html");
    expect("f.txt", "html,htm", 403, NULL);
    expect("f.htm", "html", 403, NULL);
    expect("f.html", "txt,css,htm", 403, NULL);
    expect("f.Css", "txt,css,htm", 200, "text/css");
    expect("f.xyz", "html,xyz", 403, NULL);
}

TEST(a_folder_means_its_index)
{
    assert_int_equal(mkdir("g", 0700), 0);
    expect("g", NULL, 404, NULL);
    expect(".", NULL, 404, NULL);
    write_file("g/index.html", 10);
    expect("g", "html", 200, "text/html");
    expect("g/", NULL, 200, "text/html");
    assert_true(mkdir("h.html", 0700) == 0 && mkdir("h.html/index.html", 0700) == 0);
    expect("h.html", NULL, 403, NULL); /* its index is no regular file */
}

TEST(a_fifo_is_forbidden_and_holds_up_nobody)
{
    int status;
    assert_int_equal(mkfifo("j.html", 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(10); /* where it waits for somebody to write into the FIFO */
        _exit(reply_file(&(struct reply){0}, "j.html", NULL) == 0 ? 0 : 1);
    }
    assert_true(waitpid(child, &status, 0) == child && status == 0);
    expect("j.html", NULL, 403, NULL);
}

TEST(a_file_is_read_piece_by_piece_to_the_size_that_was_promised)
{
    static char content[100000];
    struct reply reply;
    write_file("k.txt", 70000);
    assert_int_equal(reply_file(&reply, "k.txt", NULL), 0);
    size_t head = check_head(&reply, 200, "text/plain", 70000), used = reply.size - head;
    memcpy(content, reply.text + head, used);
    write_file("k.txt", 90000); /* it grows */
    for (ssize_t size; (size = reply_read_file(&reply, content + used, used % 5000 + 1)) > 0; used += (size_t)size) {
        assert_in_range(size, 1, used % 5000 + 1);
        assert_int_equal(reply.file_size, 70000 - used - (size_t)size);
    }
    assert_int_equal(used, 70000);
    for (size_t i = 0; i < used; i++)
        assert_int_equal((unsigned char)content[i], i % 251);
    reply_free(&reply);
}

TEST(a_file_that_shrinks_ends_early_and_is_not_made_up)
{
    static char received[50000];
    struct reply reply;
    write_file("l.txt", 40000);
    assert_int_equal(reply_file(&reply, "l.txt", NULL), 0);
    size_t head = check_head(&reply, 200, "text/plain", 40000), early = reply.size - head;
    assert_int_equal(truncate("l.txt", 10), 0);
    size_t size = early > 10 ? early : 10; /* what was read before is right as well */
    assert_int_equal(sent(&reply, received, sizeof received), head + size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal((unsigned char)received[head + i], i % 251);
}

static void on_broken_pipe(int number)
{
    fail_msg("signal %d, SIGPIPE: it would have ended a server", number);
}

TEST(a_client_that_hangs_up_ends_its_reply_without_a_signal)
{
    int pair[2];
    struct reply reply;
    signal(SIGPIPE, on_broken_pipe);
    write_file("m.txt", 0);
    assert_int_equal(truncate("m.txt", 1 << 24), 0);
    assert_true(reply_file(&reply, "m.txt", NULL) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    close(pair[1]);
    reply_send(pair[0], &reply);
    assert_true(reply.file_size > 0); /* it has not read all of the file for nobody */
    reply_free(&reply);
    close(pair[0]);
}

static int enter_folder(void **state)
{
    static char folder[] = "/tmp/test_reply.XXXXXX";
    *state = folder;
    alarm(60); /* for what waits for ever */
    return mkdtemp(folder) == NULL || chdir(folder) < 0 ? -1 : 0;
}

static int remove_folder(void **state)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", (char *)*state);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_is_a_page_that_names_its_code_and_reason),
        cmocka_unit_test(content_is_sent_as_it_is_whatever_its_size),
        cmocka_unit_test(the_extension_says_the_type_in_any_letter_case),
        cmocka_unit_test(what_exists_and_is_not_in_the_table_or_cannot_be_read_is_forbidden),
        cmocka_unit_test(what_does_not_exist_is_not_found_whatever_its_extension),
        cmocka_unit_test(a_list_of_extensions_narrows_the_table_and_never_widens_it),
        cmocka_unit_test(a_folder_means_its_index),
        cmocka_unit_test(a_fifo_is_forbidden_and_holds_up_nobody),
        cmocka_unit_test(a_file_is_read_piece_by_piece_to_the_size_that_was_promised),
        cmocka_unit_test(a_file_that_shrinks_ends_early_and_is_not_made_up),
        cmocka_unit_test(a_client_that_hangs_up_ends_its_reply_without_a_signal),
    };
    return cmocka_run_group_tests(tests, enter_folder, remove_folder);
}
