/* http_client: fetches one page and prints it. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MOST_REDIRECTS 10

static _Noreturn void fail(const char *what, const char *why)
{
    fflush(stdout);
    fprintf(stderr, "http_client: %s: %s\n", what, why);
    exit(1);
}

static void *need(void *p)
{
    if (p == NULL)
        fail("memory", "exhausted");
    return p;
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

struct url {
    char *authority;            /* as written, without user:password@ */
    char *host, *port;
    char *path;                 /* with the query, without the fragment */
};

/* "http://HOST[:PORT][/PATH][?QUERY][#FRAGMENT]" into its parts */
static struct url take_apart(const char *s)
{
    struct url u;
    char *at, *colon;
    const char *rest;
    size_t n = 0;

    if (strncasecmp(s, "https://", 8) == 0)
        fail(s, "https is beyond this client");
    if (strncasecmp(s, "http://", 7) != 0)
        fail(s, "not an http:// address");
    s += 7;
    rest = s + strcspn(s, "/?#");
    u.authority = need(strndup(s, (size_t)(rest - s)));
    at = strrchr(u.authority, '@');
    if (at != NULL)
        memmove(u.authority, at + 1, strlen(at + 1) + 1);
    u.host = need(strdup(u.authority));
    if (u.host[0] == '[' && strchr(u.host, ']') != NULL) {
        char *end = strchr(u.host, ']');
        colon = end[1] == ':' ? end + 1 : NULL;
        if (end[1] != ':' && end[1] != '\0')
            fail(u.authority, "bad host");
        *end = '\0';
        memmove(u.host, u.host + 1, strlen(u.host));    /* port is further on */
    } else {
        colon = strrchr(u.host, ':');
        if (colon != NULL)
            *colon = '\0';
    }
    u.port = need(strdup(colon != NULL && colon[1] != '\0' ? colon + 1 : "80"));
    if (u.host[0] == '\0' || strpbrk(u.authority, " \t\r\n") != NULL)
        fail(u.authority, "bad host");
    if (strspn(u.port, "0123456789") != strlen(u.port) || strlen(u.port) > 5 || atoi(u.port) > 65535)
        fail(u.authority, "bad port");

    /* Bytes that may not stand in a request line are escaped. */
    u.path = need(malloc(3 * strlen(rest) + 2));
    if (*rest != '/')
        u.path[n++] = '/';
    for (; *rest != '\0' && *rest != '#'; rest++) {
        unsigned char c = (unsigned char)*rest;
        if (c <= ' ' || c >= 0x7f)
            n += (size_t)sprintf(u.path + n, "%%%02X", c);
        else
            u.path[n++] = (char)c;
    }
    u.path[n] = '\0';
    return u;
}

static void forget(struct url *u)
{
    free(u->authority);
    free(u->host);
    free(u->port);
    free(u->path);
}

/* "/a/b/../c/./d" becomes "/a/c/d"; the query is left alone. */
static void remove_dots(char *path)
{
    char *in = path, *out = path, *query = path + strcspn(path, "?");

    while (in < query) {
        size_t len = 1 + strcspn(in + 1, "/?");
        int last = in + len >= query;
        if (len == 2 && in[1] == '.') {
            if (last)
                *out++ = '/';
        } else if (len == 3 && in[1] == '.' && in[2] == '.') {
            while (out > path && *--out != '/')
                ;
            if (last)
                *out++ = '/';
        } else {
            memmove(out, in, len);
            out += len;
        }
        in += len;
    }
    memmove(out, query, strlen(query) + 1);
}

/* Where a Location leads to, seen from u; an absolute address. */
static char *resolve(const struct url *u, const char *location)
{
    const char *p = location;
    char *path, *result;
    size_t dir;

    while (isalnum((unsigned char)*p) || (p > location && *p != '\0' && strchr("+-.", *p) != NULL))
        p++;
    if (p > location && *p == ':' && isalpha((unsigned char)*location))
        return need(strdup(location));
    if (strncmp(location, "//", 2) == 0) {
        if (asprintf(&result, "http:%s", location) < 0)
            fail("memory", "exhausted");
        return result;
    }
    if (*location == '/')
        dir = 0;
    else if (*location == '?')
        dir = strcspn(u->path, "?");
    else if (*location == '#' || *location == '\0')
        dir = strlen(u->path);
    else
        for (dir = strcspn(u->path, "?"); u->path[dir - 1] != '/'; dir--)
            ;
    if (asprintf(&path, "%.*s%s", (int)dir, u->path, location) < 0)
        fail("memory", "exhausted");
    path[strcspn(path, "#")] = '\0';
    remove_dots(path);
    if (asprintf(&result, "http://%s%s", u->authority, path) < 0)
        fail("memory", "exhausted");
    free(path);
    return result;
}

struct head {
    int status;
    char *type, *location;
    long long length;           /* -1: until the server closes */
};

/* One line without its end. */
static char *get_line(FILE *in, char **line, size_t *room, const char *who)
{
    ssize_t n = getline(line, room, in);

    if (n <= 0 || (*line)[n - 1] != '\n')
        fail(who, ferror(in) ? strerror(errno) : "the server hung up in the middle of its reply");
    (*line)[--n] = '\0';
    if (n > 0 && (*line)[n - 1] == '\r')
        (*line)[n - 1] = '\0';
    return *line;
}

static struct head read_head(FILE *in, const char *who)
{
    struct head h = { .length = -1 };
    char *line = NULL;
    size_t room = 0;

    get_line(in, &line, &room, who);
    if (strncmp(line, "HTTP/", 5) != 0 || sscanf(line + strcspn(line, " "), " %3d", &h.status) != 1)
        fail(who, "this is not HTTP");
    while (*get_line(in, &line, &room, who) != '\0') {
        char *value = strchr(line, ':'), *end;

        if (value == NULL)
            continue;
        *value++ = '\0';
        line[strcspn(line, " \t")] = '\0';
        value += strspn(value, " \t");
        for (end = value + strlen(value); end > value && (end[-1] == ' ' || end[-1] == '\t'); end--)
            ;
        *end = '\0';
        if (strcasecmp(line, "content-type") == 0 && h.type == NULL) {
            h.type = need(strdup(value));
        } else if (strcasecmp(line, "location") == 0 && h.location == NULL) {
            h.location = need(strdup(value));
        } else if (strcasecmp(line, "content-length") == 0) {
            if (*value == '\0' || strspn(value, "0123456789") != strlen(value) || strlen(value) > 18)
                fail(who, "a Content-Length that makes no sense");
            h.length = atoll(value);
        } else if (strcasecmp(line, "transfer-encoding") == 0 && strcasecmp(value, "identity") != 0) {
            fail(who, "a Transfer-Encoding, which HTTP/1.0 does not have");
        }
    }
    free(line);
    return h;
}

static void copy_body(FILE *in, long long length, const char *who)
{
    static char buf[65536];

    while (length != 0) {
        size_t want = sizeof buf, got;
        if (length > 0 && (long long)want > length)
            want = (size_t)length;
        got = fread(buf, 1, want, in);
        if (fwrite(buf, 1, got, stdout) != got)
            fail("stdout", strerror(errno));
        if (length > 0)
            length -= (long long)got;
        if (got < want) {
            if (ferror(in))
                fail(who, strerror(errno));
            if (length > 0)
                fail(who, "the body was cut short");
            break;
        }
    }
    if (fflush(stdout) != 0)
        fail("stdout", strerror(errno));
}

int main(int argc, char **argv)
{
    char *address;

    if (argc != 2) {
        fputs("usage: http_client URL\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    address = need(strdup(argv[1]));
    for (int hops = 0;; hops++) {
        struct url u = take_apart(address);
        int fd = dial(u.host, u.port), html;
        FILE *in = need(fdopen(fd, "r"));
        struct head h;

        if (dprintf(fd, "GET %s HTTP/1.0\r\nHost: %s\r\nUser-Agent: http_client\r\nAccept: text/html\r\n\r\n",
                    u.path, u.authority) < 0)
            fail(u.authority, strerror(errno));
        h = read_head(in, u.authority);
        html = h.type != NULL && strncasecmp(h.type, "text/html", 9) == 0;
        if ((h.status == 301 || h.status == 302) && h.location != NULL) {
            char *next = resolve(&u, h.location);

            fclose(in);
            if (hops == MOST_REDIRECTS)
                fail(next, "too many redirects");
            fprintf(stderr, "Redirected to: %s\n", next);
            free(address);
            free(h.type);
            free(h.location);
            forget(&u);
            address = next;
            continue;
        }
        if (html && (h.status == 200 || h.status >= 400))
            copy_body(in, h.length, u.authority);
        if (h.status != 200 || !html) {
            char why[64];
            snprintf(why, sizeof why, h.status == 200 ? "not text/html" : "status %d", h.status);
            fail(address, why);
        }
        fclose(in);
        free(address);
        free(h.type);
        free(h.location);
        forget(&u);
        return 0;
    }
}
