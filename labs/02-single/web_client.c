/* web_client - asks a web server for a file and reports each step. */
#include "cli.h"
#include "http.h"
#include "net.h"
#include "reply.h"
#include "url.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

static char late[64]; /* what to say when the time is up; written before the clock is started */

/* Ends the program, whatever it was waiting for. A signal may interrupt anything, printf() too, so that few functions
 * may be called here: see signal-safety(7). */
static void on_alarm(int signal)
{
#ifdef SOLUTION
    (void)signal;
    ssize_t ignored = write(STDERR_FILENO, late, strlen(late));
    (void)ignored;
    _exit(CLI_FAILURE);
#else
    /* TODO 4 (about 3 lines): write the text `late` on stderr and end the program with _exit().
     * Read: signal-safety(7), write(2), _exit(2).
     * Think: why not printf() and exit()? Look for them in the list of signal-safety(7).
     * Checked by: R2.4. */
    (void)signal;
#endif
}

/* From now on the whole program has `seconds` left. */
static void limit_time(long seconds)
{
    snprintf(late, sizeof late, "web_client: timed out after %ld s\n", seconds);
#ifdef SOLUTION
    signal(SIGALRM, on_alarm);
    alarm((unsigned)seconds);
#else
    /* TODO 3 (about 2 lines): let the kernel send SIGALRM when the time is up, and on_alarm() handle it.
     * Read: signal(2), alarm(2).
     * Think: a time limit for each recv() would not do. How long could a server then keep this program, with one byte
     * now and then?
     * Checked by: R2.4. */
    (void)on_alarm;
    (void)signal;
#endif
}

/* Writes the target that asks for the file `name`: "/name", with what a request line cannot hold as escapes. */
static void make_target(const char *name, char target[URL_MAX])
{
    char *to = target, *last = target + URL_MAX - sizeof "%20";
    if (*name != '/')
        *to++ = '/';
    for (; *name != '\0' && to < last; name++) {
        unsigned char c = (unsigned char)*name;
        to += snprintf(to, sizeof "%20", c > ' ' && c < 127 ? "%c" : "%%%02X", c);
    }
    *to = '\0';
}

/* Prints a text, ending in a newline. Returns 0, or -1 with errno. */
static int print_text(const char *content, size_t size)
{
    fwrite(content, 1, size, stdout);
    if (size > 0 && content[size - 1] != '\n')
        putchar('\n');
    return ferror(stdout) ? -1 : 0;
}

/* Saves the content as received-NAME, where NAME is the last part of `path`, and says so. Returns 0, or -1 with errno.
 */
static int save(const char *path, const char *content, size_t size)
{
    char name[512];
    const char *slash = strrchr(path, '/');
    snprintf(name, sizeof name, "received-%s", slash == NULL ? path : slash + 1);
#ifdef SOLUTION
    FILE *file = fopen(name, "wb");
    if (file == NULL)
        return -1;
    size_t written = fwrite(content, 1, size, file);
    if (fclose(file) == EOF || written < size)
        return -1;
    return printf("Saved %s (%zu bytes).\n", name, size) < 0 ? -1 : 0;
#else
    /* TODO 5 (about 6 lines): write the content to the file `name` and say so: "Saved received-NAME (N bytes)."
     * Read: fopen(3), fwrite(3), fclose(3).
     * Think: the disk may be full. Which of the three calls tells you?
     * Checked by: R2.8. */
    (void)content;
    (void)size;
    (void)name;
    errno = ENOSYS;
    return -1;
#endif
}

/* Receives the content, and prints or saves it once it is complete. Returns 0, or -1 with errno. */
static int show_content(int fd, struct http_response *response, const char *path)
{
    char *content = NULL;
    size_t size;
    FILE *memory = open_memstream(&content, &size);
    if (memory == NULL)
        return -1;
    int result = http_receive_content(fd, response, memory);
    if (fclose(memory) == EOF)
        result = -1;
    if (result == 0 && strncasecmp(response->content_type, "text/", 5) == 0)
        result = print_text(content, size);
    else if (result == 0)
        result = save(path, content, size);
    free(content);
    return result;
}

/* Asks for `path` and reports what comes back. Returns the exit status of the program, or -1 with errno. */
static int converse(int fd, const char *authority, const char *path)
{
    static struct http_response response;
    char target[URL_MAX];
    make_target(path, target);
#ifdef SOLUTION
    if (http_send_get(fd, target, authority) < 0)
        return -1;
    puts("Request message sent.");
    if (http_receive_head(fd, &response) < 0)
        return -1;
    printf("Server HTTP Response: %s\n", response.status_line);
    if (response.status != 200) {
        printf("%d %s\n", response.status, reply_reason(response.status));
        return CLI_FAILURE;
    }
    printf("Content-Type: %s\n", response.content_type);
    return show_content(fd, &response, path);
#else
    /* TODO 1 (about 7 lines): send the request, receive the head of the response, and print a line for each step. Where
     * the status is not 200, print it with its reason ("404 Not Found") and return CLI_FAILURE.
     * Read: the comments on http_send_get(), http_receive_head() and reply_reason().
     * Think: the handout shows each line as it must be, down to the blanks. Which of them shows what the server sent?
     * Checked by: R2.3, R2.9. */

    /* TODO 2 (about 2 lines): print the content type, and let show_content() print or save the content.
     * Read: the code of show_content() above.
     * Think: text goes to the terminal and a picture does not. What would a picture do to it?
     * Checked by: R2.3, R2.8. */
    (void)fd;
    (void)authority;
    (void)response;
    (void)show_content;
    errno = ENOSYS;
    return -1;
#endif
}

int main(int argc, char **argv)
{
    long seconds = 5;
    if (argc < 4 || argc > 5 || !cli_is_port(argv[2]) || (argc == 5 && cli_number(argv[4], 1, 1000000, &seconds) < 0))
        return cli_usage("web_client HOST PORT FILENAME [TIMEOUT]");
    setvbuf(stdout, NULL, _IOLBF, 0); /* each step shows as it is made, also where the next one never ends */
    limit_time(seconds);

    char authority[300];
    snprintf(authority, sizeof authority, strchr(argv[1], ':') == NULL ? "%s:%s" : "[%s]:%s", argv[1], argv[2]);
    const char *why;
    int fd = net_connect(SOCK_STREAM, NULL, argv[1], argv[2], &why);
    if (fd < 0)
        return cli_fail("web_client", argv[1], why);
    puts("Connection: OK");
    int status = converse(fd, authority, argv[3]);
    int error = errno;
    close(fd);
    if (status < 0)
        return cli_fail("web_client", argv[3], http_strerror(error));
    puts("Socket closed.");
    return fflush(stdout) == EOF ? cli_fail("web_client", "output", strerror(errno)) : status;
}
