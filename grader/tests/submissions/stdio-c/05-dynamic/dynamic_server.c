/* The product API: a process for each connection, stdio for the request; numbers as short as they read back. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT = 16384 };

static void usage(void) {
  fprintf(stderr, "usage: dynamic_server PORT\n");
  exit(2);
}

/* A decimal floating-point number and nothing but one. */
static int valid(const char *s) {
  int digits = 0;
  if (*s == '-' || *s == '+') s++;
  while (isdigit((unsigned char)*s)) s++, digits++;
  if (*s == '.')
    for (s++; isdigit((unsigned char)*s); s++) digits++;
  if (!digits) return 0;
  if (*s == 'e' || *s == 'E') {
    s++;
    if (*s == '-' || *s == '+') s++;
    if (!isdigit((unsigned char)*s)) return 0;
    while (isdigit((unsigned char)*s)) s++;
  }
  return !*s;
}

static void print(FILE *out, double d) {
  char text[64];
  if (isinf(d)) {
    fputs(d < 0 ? "\"-inf\"" : "\"inf\"", out);
    return;
  }
  if (isnan(d)) {
    fputs("null", out);
    return;
  }
  if (fabs(d) < 1e15 && d == floor(d)) {
    fprintf(out, "%.0f", d);
    return;
  }
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, d);
    if (strtod(text, NULL) == d) break;
  }
  fputs(text, out);
}

static int decode(char *s) {
  char *out = s;
  for (; *s; s++, out++) {
    *out = *s;
    if (*s != '%') continue;
    if (!isxdigit((unsigned char)s[1]) || !isxdigit((unsigned char)s[2])) return -1;
    char two[3] = {s[1], s[2], 0};
    *out = (char)strtol(two, NULL, 16);
    if (!*out) return -1;
    s += 2;
  }
  *out = 0;
  return 0;
}

static int put(int fd, const char *p, size_t n) {
  while (n) {
    ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
    if (k < 0 && errno == EINTR) continue;
    if (k < 0) return -1;
    p += k, n -= (size_t)k;
  }
  return 0;
}

static void reply(int fd, const char *status, const char *type, const char *body, size_t n) {
  char head[512];
  int k = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nConnection: Close\r\nContent-type: %s\r\nCache-Control: no-store\r\n"
                   "Content-length: %zu\r\n\r\n", status, type, n);
  if (put(fd, head, (size_t)k) == 0) put(fd, body, n);
}

static void refuse(int fd, const char *status) {
  char body[256];
  int n = snprintf(body, sizeof body, "{\n  \"error\": \"%s\"\n}\n", status);
  reply(fd, status, "application/json", body, (size_t)n);
}

static void product(int fd, char *query) {
  static double operands[LIMIT];
  size_t count = 0, size;
  char *body, *save = NULL;
  double result = 1;
  for (char *piece = query; piece; piece = save) {
    save = strchr(piece, '&');
    if (save) *save++ = 0;
    char *value = strchr(piece, '=');
    if (!*piece) continue;
    if (!value || decode(++value) < 0 || !valid(value)) return refuse(fd, "400 Bad Request");
    result *= operands[count++] = strtod(value, NULL);
  }
  if (!count) return refuse(fd, "400 Bad Request");
  FILE *out = open_memstream(&body, &size);
  if (!out) return;
  fputs("{\n    \"count\": ", out);
  fprintf(out, "%zu,\n    \"result\": ", count);
  print(out, result);
  fputs(",\n    \"operands\": [", out);
  for (size_t i = 0; i < count; i++) {
    fputs(i ? ",\n        " : "\n        ", out);
    print(out, operands[i]);
  }
  fputs("\n    ],\n    \"operation\": \"product\"\n}\n", out);
  fclose(out);
  reply(fd, "200 OK", "application/json; charset=utf-8", body, size);
  free(body);
}

static void answer(int fd, char *line) {
  if (strncmp(line, "GET ", 4)) return;
  char *target = line + 4;
  target[strcspn(target, " \r\n")] = 0;
  if (!*target) return refuse(fd, "400 Bad Request");
  target[strcspn(target, "#")] = 0;
  char *query = strchr(target, '?');
  if (query) *query++ = 0;
  if (decode(target) < 0) return refuse(fd, "400 Bad Request");
  if (strcmp(target + (*target == '/'), "product")) return refuse(fd, "404 Not Found");
  product(fd, query ? query : (char[]){""});
}

/* The first line is kept; the others are only counted, up to the blank one. */
static void serve(int fd) {
  static char line[LIMIT + 1];
  size_t n = 0, length = 0, first = 0;
  FILE *in = fdopen(fd, "r");
  for (;;) {
    int c = getc(in);
    if (c == EOF && ferror(in) && errno == EINTR) {
      clearerr(in);
      continue;
    }
    if (c == EOF) break;
    if (++n > LIMIT) {
      refuse(fd, "431 Request Header Fields Too Large");
      break;
    }
    if (!first) line[n - 1] = (char)c;
    if (c != '\n') {
      if (c != '\r') length++;
      continue;
    }
    if (!first) line[first = n] = 0;
    if (!length) {
      answer(fd, line);
      break;
    }
    length = 0;
  }
  shutdown(fd, SHUT_WR);
  alarm(2);
  while (getc(in) != EOF || errno == EINTR) errno = 0;
  fclose(in);
}

int main(int argc, char **argv) {
  if (argc != 2 || !isdigit((unsigned char)argv[1][0])) usage();
  char *end;
  long port = strtol(argv[1], &end, 10);
  if (*end || port > 65535) usage();
  signal(SIGCHLD, SIG_IGN);
  int fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1, off = 0;
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port)};
  socklen_t len = sizeof a;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, SOMAXCONN) < 0) {
    fprintf(stderr, "dynamic_server: port %ld: %s\n", port, strerror(errno));
    return 1;
  }
  getsockname(fd, (struct sockaddr *)&a, &len);
  printf("listening on port %d\n", ntohs(a.sin6_port));
  fflush(stdout);
  for (;;) {
    int client = accept(fd, NULL, NULL);
    if (client < 0) {
      if (errno == EMFILE || errno == ENFILE) poll(NULL, 0, 20);
      continue;
    }
    if (fork() == 0) {
      close(fd);
      serve(client);
      _exit(0);
    }
    close(client);
  }
}
