/* A web server, one connection at a time: a listener for each family, files mapped into memory, head and file by writev(). */
#define NAME "single_server"
#define OPTIONS "[-d MS] "
#define GETOPT "d:t:"
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT = 16384 };

static long delay_ms;
static const char *root = ".";
static char *only;

static void usage(void) {
  fprintf(stderr, "usage: " NAME " " OPTIONS "[-t EXT[,EXT...]] PORT [ROOT]\n");
  exit(2);
}

static void die(const char *what) {
  fprintf(stderr, NAME ": %s: %s\n", what, strerror(errno));
  exit(1);
}

static long number(const char *s, long max) {
  char *end;
  errno = 0;
  if (!isdigit((unsigned char)*s)) usage();
  long n = strtol(s, &end, 10);
  if (*end || errno || n > max) usage();
  return n;
}

static void snooze(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&t, &t) < 0 && errno == EINTR) {}
}

/* Listeners: one for IPv4 and, where the machine has it, one for IPv6 only. */
static int listeners[2];

static int listener(int family, unsigned short port) {
  struct sockaddr_in a4 = {.sin_family = AF_INET, .sin_port = htons(port)};
  struct sockaddr_in6 a6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  if (fd < 0 && family == AF_INET6) return -1;
  if (fd < 0) die("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, family == AF_INET ? (void *)&a4 : (void *)&a6, family == AF_INET ? sizeof a4 : sizeof a6) < 0) die("bind");
  if (listen(fd, 1024) < 0) die("listen");
  return fd;
}

static void arguments(int argc, char **argv) {
  int opt;
  struct sockaddr_in got;
  socklen_t len = sizeof got;
  while ((opt = getopt(argc, argv, GETOPT)) != -1) {
    if (opt == 'd') delay_ms = number(optarg, 1000000);
    else if (opt == 't') only = optarg;
    else usage();
  }
  if (argc - optind < 1 || argc - optind > 2) usage();
  unsigned short port = (unsigned short)number(argv[optind], 65535);
  if (argc - optind == 2) root = argv[optind + 1];
  int dir = open(root, O_RDONLY | O_DIRECTORY);
  if (dir < 0) die(root);
  close(dir);
  signal(SIGPIPE, SIG_IGN);
  listeners[0] = listener(AF_INET, port);
  if (getsockname(listeners[0], (struct sockaddr *)&got, &len) < 0) die("getsockname");
  listeners[1] = listener(AF_INET6, ntohs(got.sin_port));
  printf("listening on port %d\n", ntohs(got.sin_port));
  fflush(stdout);
}

/* What becomes of a request: a status, a type, and for 200 an open file. */
struct answer {
  int status, file;
  off_t size;
  const char *type;
};

static const char *type_of(const char *name) {
  static const char *table[][2] = {
      {"html", "text/html; charset=utf-8"}, {"htm", "text/html; charset=utf-8"}, {"txt", "text/plain; charset=utf-8"},
      {"css", "text/css"}, {"js", "text/javascript"}, {"json", "application/json"}, {"png", "image/png"},
      {"jpg", "image/jpeg"}, {"jpeg", "image/jpeg"}, {"gif", "image/gif"}, {"svg", "image/svg+xml"},
      {"ico", "image/x-icon"}, {"pdf", "application/pdf"}, {"mp3", "audio/mpeg"}, {"mp4", "video/mp4"}};
  const char *slash = strrchr(name, '/'), *dot = strrchr(slash ? slash : name, '.');
  if (!dot) return only ? NULL : "text/plain; charset=utf-8";
  dot++;
  if (only) {
    bool found = false;
    size_t n = strlen(dot);
    for (const char *p = only; *p;) {
      size_t k = strcspn(p, ",");
      if (k == n && !strncasecmp(p, dot, n)) found = true;
      p += k + (p[k] == ',');
    }
    if (!found) return NULL;
  }
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (!strcasecmp(dot, table[i][0])) return table[i][1];
  return NULL;
}

static int hex(int c) { return isdigit(c) ? c - '0' : isxdigit(c) ? (c | 32) - 'a' + 10 : -1; }

static bool decode(char *s) {
  char *out = s;
  for (; *s; s++, out++) {
    *out = *s;
    if (*s != '%') continue;
    int a = hex((unsigned char)s[1]), b = a < 0 ? -1 : hex((unsigned char)s[2]);
    if (a < 0 || b < 0 || !(a | b)) return false;
    *out = (char)(a * 16 + b);
    s += 2;
  }
  *out = 0;
  return true;
}

static struct answer decide(char *target) {
  static __thread char path[LIMIT + 8192];
  struct answer a = {400, -1, 0, "text/html"};
  target[strcspn(target, "?#")] = 0;
  if (strchr(target, '%') && !decode(target)) return a;
  for (char *p = target; *p; p += strcspn(p, "/"), p += strspn(p, "/"))
    if (p[0] == '.' && p[1] == '.' && (p[2] == '/' || !p[2])) return a.status = 403, a;
  snprintf(path, sizeof path, "%s/%s", root, target);
  struct stat st;
  if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) strncat(path, "/index.html", 16);
  a.status = 404;
  if (stat(path, &st) < 0) return a.status = errno == EACCES ? 403 : 404, a;
  a.status = 403;
  const char *type = type_of(path);
  if (!type || !S_ISREG(st.st_mode)) return a;
  a.file = open(path, O_RDONLY | O_CLOEXEC);
  if (a.file < 0) return a;
  a.status = 200, a.size = st.st_size, a.type = type;
  return a;
}

static const char *reason(int status) {
  return status == 200 ? "OK" : status == 400 ? "Bad Request" : status == 403 ? "Forbidden" : status == 404 ? "Not Found"
                                                                        : "Request Header Fields Too Large";
}

/* Where the head ends, or 0. */
static size_t head_end(const char *p, size_t n) {
  for (size_t i = 0; i + 1 < n; i++) {
    if (p[i] != '\n') continue;
    if (p[i + 1] == '\n') return i + 2;
    if (i + 2 < n && p[i + 1] == '\r' && p[i + 2] == '\n') return i + 3;
  }
  if (n && p[0] == '\n') return 1;
  return n > 1 && p[0] == '\r' && p[1] == '\n' ? 2 : 0;
}

/* The answer to a head, or status 0 where it is ignored. */
static struct answer judge(char *head) {
  struct answer none = {0, -1, 0, NULL}, bad = {400, -1, 0, "text/html"};
  if (strncmp(head, "GET ", 4)) return none;
  char *target = head + 4;
  target += strspn(target, " ");
  size_t n = strcspn(target, " \r\n");
  if (!n) return bad;
  target[n] = 0;
  return decide(target);
}

/* The head of the reply and, for an error, its page. */
static size_t write_head(const struct answer *a, char *out, size_t size) {
  char page[512] = "", date[64];
  time_t now = time(NULL);
  struct tm tm;
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
  if (a->status != 200)
    snprintf(page, sizeof page, "<!DOCTYPE html>\n<html>\n<head><title>%d %s</title></head>\n<body>\n<p>%d %s</p>\n"
             "<hr>\n<address>" NAME "</address>\n</body>\n</html>\n", a->status, reason(a->status), a->status, reason(a->status));
  return (size_t)snprintf(out, size, "HTTP/1.1 %d %s\r\ndate: %s\r\nserver: " NAME "/1.0\r\nconnection: close\r\n"
                          "etag: \"%llx-%x\"\r\ncontent-length: %lld\r\nx-content-type-options: nosniff\r\ncontent-type: %s\r\n\r\n%s",
                          a->status, reason(a->status), date, (long long)a->size, a->status,
                          a->status == 200 ? (long long)a->size : (long long)strlen(page), a->type, page);
}

/* Half-closes, and waits up to two seconds for the client to close, so that unread input does not reset the reply. */
static void bye(int fd) {
  char rest[4096];
  shutdown(fd, SHUT_WR);
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (;;) {
    clock_gettime(CLOCK_MONOTONIC, &now);
    long left = 2000 - ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000);
    struct pollfd p = {fd, POLLIN, 0};
    if (left <= 0) break;
    int k = poll(&p, 1, (int)left);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) break;
    ssize_t n = recv(fd, rest, sizeof rest, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) break;
  }
  close(fd);
}

/* Reads a head: 1 read, 0 nothing to answer, -1 too long. */
static int read_head(int fd, char *head) {
  size_t n = 0;
  for (;;) {
    ssize_t k = recv(fd, head + n, LIMIT - n, 0);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) return 0;
    n += (size_t)k;
    head[n] = 0;
    if (head_end(head, n)) return 1;
    if (n == LIMIT) return -1;
  }
}

/* Head and file, which is mapped into memory, leave with writev. */
static void put(int fd, char *head, size_t n, void *data, size_t size) {
  struct iovec v[2] = {{head, n}, {data, size}};
  int i = 0;
  while (i < 2) {
    ssize_t k = writev(fd, v + i, 2 - i);
    if (k < 0 && errno == EINTR) continue;
    if (k < 0) return;
    while (i < 2 && (size_t)k >= v[i].iov_len) k -= (ssize_t)v[i++].iov_len;
    if (i < 2) v[i].iov_base = (char *)v[i].iov_base + k, v[i].iov_len -= (size_t)k;
  }
}

static void serve(int fd) {
  static char head[LIMIT + 1], out[2048];
  int got = read_head(fd, head);
  struct answer a = got ? judge(head) : (struct answer){0, -1, 0, NULL};
  if (got < 0) a = (struct answer){431, -1, 0, "text/html"};
  if (a.status == 0) {
    close(fd);
    return;
  }
  if (delay_ms) snooze(delay_ms);
  size_t n = write_head(&a, out, sizeof out);
  void *map = a.size ? mmap(NULL, (size_t)a.size, PROT_READ, MAP_PRIVATE, a.file, 0) : NULL;
  if (map != MAP_FAILED) put(fd, out, n, map, (size_t)a.size);
  if (map && map != MAP_FAILED) munmap(map, (size_t)a.size);
  if (a.file >= 0) close(a.file);
  bye(fd);
}

int main(int argc, char **argv) {
  arguments(argc, argv);
  for (;;) {
    struct pollfd p[2] = {{listeners[0], POLLIN, 0}, {listeners[1], POLLIN, 0}};
    if (poll(p, 2, -1) < 0) continue;
    for (int i = 0; i < 2; i++) {
      if (!p[i].revents) continue;
      int fd = accept(p[i].fd, NULL, NULL);
      if (fd >= 0) serve(fd);
      else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) snooze(20);
    }
  }
}
