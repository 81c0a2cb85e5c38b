/* web_client: asks for one file and tells step by step what happens.
 * An alarm clock limits the whole exchange. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* A plain decimal number up to max, or -1. */
static long number(const char *s, long max)
{
    long n = 0;

    if (*s == '\0')
        return -1;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return -1;
        n = n * 10 + (*s - '0');
        if (n > max)
            return -1;
    }
    return n;
}

static _Noreturn void fail(const char *what, const char *why)
{
    fflush(stdout);
    fprintf(stderr, "web_client: %s: %s\n", what, why);
    exit(1);
}

/* Try the addresses of host one after the other. */
static int dial(const char *host, const char *port)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
    int fd = -1, why = 0;
    int e = getaddrinfo(host, port, &hints, &list);

    if (e != 0)
        fail(host, e == EAI_SYSTEM ? strerror(errno) : gai_strerror(e));
    for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
            why = errno;
            close(fd);
            fd = -1;
        } else if (fd < 0) {
            why = errno;
        }
    }
    freeaddrinfo(list);
    if (fd < 0)
        fail(host, strerror(why));
    return fd;
}

static char too_late[512];

static void ring(int sig)
{
    (void)sig;
    if (write(STDERR_FILENO, too_late, strlen(too_late)) < 0)
        _exit(1);
    _exit(1);
}

static ssize_t get_line(FILE *in, char **line, size_t *room, const char *host)
{
    ssize_t n = getline(line, room, in);

    if (n <= 0 || (*line)[n - 1] != '\n')
        fail(host, ferror(in) ? strerror(errno) : "the server hung up before its reply was complete");
    do
        (*line)[--n] = '\0';
    while (n > 0 && (*line)[n - 1] == '\r');
    return n;
}

int main(int argc, char **argv)
{
    static char buf[32768];
    struct sigaction sa = { .sa_handler = ring };
    char *status = NULL, *line = NULL, *type = NULL, *content = NULL, *code;
    size_t room = 0, size = 0, got;
    long long length = -1;
    long seconds = 5;
    int fd, text;
    FILE *in, *store;

    if (argc < 4 || argc > 5 || number(argv[2], 65535) < 0 || argv[3][0] == '\0'
        || strpbrk(argv[3], "\r\n") != NULL
        || (argc == 5 && (seconds = number(argv[4], 1000000)) < 1)) {
        fputs("usage: web_client HOST PORT FILENAME [TIMEOUT]\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    snprintf(too_late, sizeof too_late, "web_client: %.400s: timed out after %ld s\n", argv[1], seconds);
    sigaction(SIGALRM, &sa, NULL);
    alarm((unsigned)seconds);
    setvbuf(stdout, NULL, _IOLBF, 0);

    fd = dial(argv[1], argv[2]);
    in = fdopen(fd, "r");
    if (in == NULL)
        fail("memory", strerror(errno));
    puts("Connection: OK");
    dprintf(fd, "GET %s", argv[3][0] == '/' ? "" : "/");
    for (const char *p = argv[3]; *p; p++)
        dprintf(fd, *p == ' ' ? "%%20" : "%c", *p);
    if (dprintf(fd, " HTTP/1.0\r\nHost: %s:%s\r\n\r\n", argv[1], argv[2]) < 0)
        fail(argv[1], strerror(errno));
    puts("Request message sent.");

    get_line(in, &status, &room, argv[1]);
    if (strncmp(status, "HTTP/", 5) != 0 || (code = strchr(status, ' ')) == NULL || atoi(code) < 100)
        fail(argv[1], "this is not HTTP");
    printf("Server HTTP Response: %s\n", status);
    code += strspn(code, " ");
    room = 0;
    while (get_line(in, &line, &room, argv[1]) > 0) {
        size_t name = strcspn(line, ":");
        char *value = line + name + (line[name] == ':');

        value += strspn(value, " \t");
        if (name == 12 && strncasecmp(line, "Content-Type", name) == 0 && type == NULL)
            type = strdup(value);
        else if (name == 14 && strncasecmp(line, "Content-Length", name) == 0)
            length = strtoll(value, NULL, 10);
    }
    if (*code != '2') {
        fclose(in);
        printf("%s\nSocket closed.\n", code);
        return 1;
    }
    if (type == NULL)
        type = strdup("application/octet-stream");
    text = type != NULL && strncasecmp(type, "text/", 5) == 0;
    printf("Content-Type: %s\n", type);

    store = open_memstream(&content, &size);
    if (store == NULL)
        fail("memory", strerror(errno));
    for (long long left = length; left != 0;) {
        size_t want = left > 0 && left < (long long)sizeof buf ? (size_t)left : sizeof buf;

        got = fread(buf, 1, want, in);
        fwrite(buf, 1, got, store);
        if (left > 0)
            left -= (long long)got;
        if (got < want) {
            if (ferror(in))
                fail(argv[1], strerror(errno));
            if (left > 0)
                fail(argv[1], "the content was cut short");
            break;
        }
    }
    if (fclose(store) != 0)
        fail("memory", strerror(errno));
    fclose(in);
    alarm(0);

    if (text) {
        fwrite(content, 1, size, stdout);
        if (size > 0 && content[size - 1] != '\n')
            putchar('\n');
    } else {
        char *slash = strrchr(argv[3], '/'), *path;
        FILE *f;

        if (asprintf(&path, "received-%s", slash != NULL ? slash + 1 : argv[3]) < 0)
            fail("memory", "exhausted");
        f = fopen(path, "w");
        if (f == NULL)
            fail(path, strerror(errno));
        got = fwrite(content, 1, size, f);
        if (fclose(f) != 0 || got != size)
            fail(path, strerror(errno));
        printf("Saved %s (%zu bytes).\n", path, size);
        free(path);
    }
    puts("Socket closed.");
    if (fflush(stdout) != 0 || ferror(stdout))
        fail("stdout", strerror(errno));
    free(status);
    free(line);
    free(type);
    free(content);
    return 0;
}
