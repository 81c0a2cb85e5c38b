/* dynamic_server: multiplication as a service */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>

static void reply(int fd, const char *status, const char *type, const char *body)
{
    char buf[8192];
    int n = snprintf(buf, sizeof(buf),
                     "HTTP/1.0 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
                     status, type, (int)strlen(body), body);
    send(fd, buf, n, MSG_NOSIGNAL);
}

static void product(int fd, char *query)
{
    char operands[2048] = "", body[4096], *param;
    long result = 1;
    int count = 0;

    for (param = strtok(query, "&"); param != NULL; param = strtok(NULL, "&")) {
        char *value = strchr(param, '=');
        if (value == NULL || value[1] == '\0' || strlen(operands) > 2000) {
            reply(fd, "400 Bad Request", "text/html", "<h1>400 Bad Request</h1>\n");
            return;
        }
        int x = atoi(value + 1);
        result = result * x;
        sprintf(operands + strlen(operands), "%s%d", count ? ", " : "", x);
        count++;
    }
    if (count == 0) {
        reply(fd, "400 Bad Request", "text/html", "<h1>400 Bad Request</h1>\n");
        return;
    }
    snprintf(body, sizeof(body), "{\"operation\": \"product\", \"operands\": [%s], \"result\": %ld}\n",
             operands, result);
    reply(fd, "200 OK", "application/json", body);
}

static void handle(int fd)
{
    char buf[8192], target[4096], *query;
    int len = 0, n;

    do {
        n = read(fd, buf + len, sizeof(buf) - 1 - len);
        if (n <= 0)
            return;
        len += n;
        buf[len] = '\0';
    } while (strstr(buf, "\r\n\r\n") == NULL && strstr(buf, "\n\n") == NULL);
    if (strncmp(buf, "GET ", 4) != 0 || sscanf(buf + 4, "%4095s", target) != 1)
        return;
    query = strchr(target, '?');
    if (query != NULL)
        *query++ = '\0';
    if (strcmp(target, "/product") != 0)
        reply(fd, "404 Not Found", "text/html", "<h1>404 Not Found</h1>\n");
    else if (query == NULL)
        reply(fd, "400 Bad Request", "text/html", "<h1>400 Bad Request</h1>\n");
    else
        product(fd, query);
}

int main(int argc, char *argv[])
{
    struct sockaddr_in6 addr;
    socklen_t alen = sizeof(addr);
    int listenfd, fd, one = 1, zero = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: dynamic_server PORT\n");
        return 2;
    }
    listenfd = socket(AF_INET6, SOCK_STREAM, 0);
    setsockopt(listenfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    setsockopt(listenfd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
    memset(&addr, 0, sizeof(addr));
    addr.sin6_family = AF_INET6;
    addr.sin6_port = htons(atoi(argv[1]));
    if (bind(listenfd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
        fprintf(stderr, "dynamic_server: bind: %s\n", strerror(errno));
        return 1;
    }
    listen(listenfd, 20);
    getsockname(listenfd, (struct sockaddr *)&addr, &alen);
    printf("listening on port %d\n", ntohs(addr.sin6_port));
    fflush(stdout);
    while (1) {
        fd = accept(listenfd, NULL, NULL);
        if (fd < 0)
            continue;
        handle(fd);
        close(fd);
    }
}
