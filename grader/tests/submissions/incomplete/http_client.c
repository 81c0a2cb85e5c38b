/* http_client: a simple curl (no redirects yet) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>
#include <netdb.h>
#include <sys/socket.h>

int main(int argc, char *argv[])
{
    char host[256], port[16] = "80", path[2048] = "/";
    char request[4096], *response = NULL, *body, *p, *type;
    size_t size = 0, used = 0;
    struct addrinfo hints, *res, *r;
    int fd = -1, status, e;

    if (argc != 2) {
        fprintf(stderr, "usage: http_client URL\n");
        return 2;
    }
    if (strncmp(argv[1], "http://", 7) != 0) {
        fprintf(stderr, "http_client: %s: only http:// is supported\n", argv[1]);
        return 1;
    }
    snprintf(host, sizeof(host), "%s", argv[1] + 7);
    p = strchr(host, '/');
    if (p != NULL) {
        *p = '\0';
        snprintf(path, sizeof(path), "%s", strchr(argv[1] + 7, '/'));
    }
    snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\nHost: %s\r\n\r\n", path, host);
    p = strchr(host, ':');
    if (p != NULL) {
        *p = '\0';
        snprintf(port, sizeof(port), "%s", p + 1);
    }

    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    e = getaddrinfo(host, port, &hints, &res);
    if (e != 0) {
        fprintf(stderr, "http_client: %s: %s\n", host, gai_strerror(e));
        return 1;
    }
    for (r = res; r != NULL; r = r->ai_next) {
        fd = socket(r->ai_family, r->ai_socktype, 0);
        if (connect(fd, r->ai_addr, r->ai_addrlen) == 0)
            break;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(res);
    if (fd < 0) {
        fprintf(stderr, "http_client: %s: %s\n", host, strerror(errno));
        return 1;
    }
    write(fd, request, strlen(request));
    while (1) {
        ssize_t n;
        if (size - used < 4096)
            response = realloc(response, size += 65536);
        n = read(fd, response + used, size - used - 1);
        if (n <= 0)
            break;
        used += n;
    }
    close(fd);
    if (used == 0) {
        fprintf(stderr, "http_client: %s: empty response\n", host);
        return 1;
    }
    response[used] = '\0';
    body = strstr(response, "\r\n\r\n");
    if (body == NULL || sscanf(response, "HTTP/%*s %d", &status) != 1) {
        fprintf(stderr, "http_client: %s: bad response\n", host);
        return 1;
    }
    *body = '\0';
    body += 4;
    type = strstr(response, "Content-Type: ");
    if (type != NULL && strncmp(type + 14, "text/html", 9) == 0) {
        fwrite(body, 1, used - (body - response), stdout);
        if (status == 200)
            return 0;
    }
    fprintf(stderr, "http_client: %s: status %d\n", argv[1], status);
    return 1;
}
