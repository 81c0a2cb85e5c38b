/* select_server: many connections with select() */
#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <netinet/in.h>
#include <sys/select.h>

static const char *root = ".";

static const char *types[][2] = {
    {"html", "text/html"}, {"htm", "text/html"}, {"txt", "text/plain"},
    {"css", "text/css"}, {"js", "text/javascript"}, {"json", "application/json"},
    {"png", "image/png"}, {"jpg", "image/jpeg"}, {"jpeg", "image/jpeg"},
    {"gif", "image/gif"}, {"svg", "image/svg+xml"}, {"ico", "image/x-icon"},
    {"pdf", "application/pdf"}, {"mp3", "audio/mpeg"}, {"mp4", "video/mp4"},
};

static const char *get_type(const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot == NULL || strchr(dot, '/'))
        return "text/plain";
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (strcasecmp(dot + 1, types[i][0]) == 0)
            return types[i][1];
    return NULL;
}

static int send_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
        if (k < 0 && errno == EINTR)
            continue;
        if (k < 0)
            return -1;
        p += k;
        n -= k;
    }
    return 0;
}

static void send_error_page(int fd, const char *what)
{
    char body[128], head[256];
    sprintf(body, "<html><body><h1>%s</h1></body></html>\n", what);
    sprintf(head, "HTTP/1.0 %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n",
            what, (int)strlen(body));
    send_all(fd, head, strlen(head));
    send_all(fd, body, strlen(body));
}

static void serve_file(int fd, char *name)
{
    char path[8192], head[256], buf[8192];
    struct stat st;
    const char *type;
    size_t n;
    FILE *f;

    name[strcspn(name, "?#")] = '\0';
    while (*name == '/')
        name++;
    snprintf(path, sizeof(path), "%s/%s", root, name);
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        strncat(path, "/index.html", sizeof(path) - strlen(path) - 1);
    }
    if (stat(path, &st) < 0) {
        send_error_page(fd, errno == EACCES ? "403 Forbidden" : "404 Not Found");
        return;
    }
    type = get_type(path);
    if (type == NULL || !S_ISREG(st.st_mode) || (f = fopen(path, "rb")) == NULL) {
        send_error_page(fd, "403 Forbidden");
        return;
    }
    sprintf(head, "HTTP/1.0 200 OK\r\nContent-Type: %s\r\nContent-Length: %ld\r\nConnection: close\r\n\r\n",
            type, (long)st.st_size);
    if (send_all(fd, head, strlen(head)) == 0)
        while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
            if (send_all(fd, buf, n) < 0)
                break;
    fclose(f);
}

/* reads the whole request and answers it */
static void handle(int fd)
{
    char buf[8192], name[4096];
    int len = 0, n;

    while (1) {
        n = read(fd, buf + len, sizeof(buf) - 1 - len);
        if (n <= 0)
            return;
        len += n;
        buf[len] = '\0';
        if (strstr(buf, "\r\n\r\n") || strstr(buf, "\n\n"))
            break;
    }
    if (strncmp(buf, "GET ", 4) != 0)
        return;
    if (sscanf(buf + 4, "%4095s", name) != 1 || strstr(name, "..")) {
        send_error_page(fd, "400 Bad Request");
        return;
    }
    serve_file(fd, name);
}

static int open_port(const char *prog, int port)
{
    struct sockaddr_in6 addr;
    socklen_t len = sizeof(addr);
    int one = 1, zero = 0;
    int fd = socket(AF_INET6, SOCK_STREAM, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
    memset(&addr, 0, sizeof(addr));
    addr.sin6_family = AF_INET6;
    addr.sin6_port = htons(port);
    if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 50) < 0) {
        fprintf(stderr, "%s: bind: %s\n", prog, strerror(errno));
        exit(1);
    }
    getsockname(fd, (struct sockaddr *)&addr, &len);
    printf("listening on port %d\n", ntohs(addr.sin6_port));
    fflush(stdout);
    return fd;
}

int main(int argc, char *argv[])
{
    fd_set all, ready;
    int listenfd, fd, maxfd;

    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: select_server PORT [ROOT]\n");
        return 2;
    }
    if (argc == 3)
        root = argv[2];
    listenfd = open_port("select_server", atoi(argv[1]));
    FD_ZERO(&all);
    FD_SET(listenfd, &all);
    maxfd = listenfd;
    while (1) {
        ready = all;
        if (select(maxfd + 1, &ready, NULL, NULL, NULL) < 0)
            continue;
        for (fd = 0; fd <= maxfd; fd++) {
            if (!FD_ISSET(fd, &ready))
                continue;
            if (fd == listenfd) {
                int c = accept(listenfd, NULL, NULL);
                if (c < 0)
                    continue;
                FD_SET(c, &all);
                if (c > maxfd)
                    maxfd = c;
            } else {
                handle(fd);
                close(fd);
                FD_CLR(fd, &all);
            }
        }
    }
}
