/* A web server with select(): a listener for each family, sendfile(); with 509 connections it accepts no more for a while. */
#define NAME "select_server"
#define OPTIONS ""
#define GETOPT "t:"
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

/* Postpones: while the descriptors come near FD_SETSIZE, the listeners are left out of the set. */
enum { ROOM = FD_SETSIZE - 8 };
struct conn {
  enum { READING, WRITING, WAITING } state;
  size_t got, out, sent;
  struct answer a;
  off_t at;
  time_t until;
  char *head, text[1024];
};
static struct conn *conns[FD_SETSIZE];
static int open_now;

static void end(int fd) {
  if (conns[fd]->a.file >= 0) close(conns[fd]->a.file);
  free(conns[fd]->head);
  free(conns[fd]);
  conns[fd] = NULL;
  open_now--;
  close(fd);
}

static time_t clock_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec;
}

static void answer(struct conn *c, struct answer a) {
  c->a = a;
  c->out = write_head(&a, c->text, sizeof c->text);
  c->state = WRITING;
  free(c->head);
  c->head = NULL;
}

static void readable(int fd) {
  struct conn *c = conns[fd];
  if (c->state == WAITING) {
    char rest[4096];
    ssize_t n = recv(fd, rest, sizeof rest, 0);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) end(fd);
    return;
  }
  ssize_t n = recv(fd, c->head + c->got, LIMIT - c->got, 0);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (n <= 0) {
    end(fd);
    return;
  }
  c->got += (size_t)n;
  c->head[c->got] = 0;
  if (head_end(c->head, c->got)) {
    struct answer a = judge(c->head);
    if (a.status) answer(c, a);
    else end(fd);
  } else if (c->got == LIMIT)
    answer(c, (struct answer){431, -1, 0, "text/html"});
}

static void writable(int fd) {
  struct conn *c = conns[fd];
  ssize_t n;
  if (c->sent < c->out) {
    n = send(fd, c->text + c->sent, c->out - c->sent, MSG_NOSIGNAL | (c->a.size ? MSG_MORE : 0));
    if (n > 0) c->sent += (size_t)n;
  } else
    n = sendfile(fd, c->a.file, &c->at, 65536);
  if (n < 0 && errno != EINTR && errno != EAGAIN) end(fd);
  else if (n == 0 && c->at < c->a.size) end(fd);
  else if (c->sent == c->out && c->at >= c->a.size) {
    shutdown(fd, SHUT_WR);
    c->state = WAITING;
    c->until = clock_now() + 2;
  }
}

static void take(int listening) {
  int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) snooze(20);
    return;
  }
  struct conn *c = fd < ROOM ? calloc(1, sizeof *c) : NULL;
  if (c) c->head = malloc(LIMIT + 1);
  if (!c || !c->head) {
    free(c);
    close(fd);
    return;
  }
  c->a.file = -1;
  conns[fd] = c;
  open_now++;
}

int main(int argc, char **argv) {
  arguments(argc, argv);
  for (;;) {
    fd_set in, out;
    int top = -1;
    struct timeval tv = {1, 0}, *wait = NULL;
    FD_ZERO(&in);
    FD_ZERO(&out);
    for (int i = 0; i < 2 && open_now < 509; i++)
      if (listeners[i] >= 0) {
        FD_SET(listeners[i], &in);
        if (listeners[i] > top) top = listeners[i];
      }
    for (int fd = 0; fd < FD_SETSIZE; fd++) {
      if (!conns[fd]) continue;
      if (conns[fd]->state == WRITING) FD_SET(fd, &out);
      else FD_SET(fd, &in);
      if (conns[fd]->state == WAITING) wait = &tv;
      if (fd > top) top = fd;
    }
    if (select(top + 1, &in, &out, NULL, wait) < 0) continue;
    time_t now = clock_now();
    for (int fd = 0; fd <= top; fd++) {
      if (fd == listeners[0] || fd == listeners[1]) {
        if (FD_ISSET(fd, &in)) take(fd);
        continue;
      }
      if (conns[fd] && FD_ISSET(fd, &in)) readable(fd);
      else if (conns[fd] && FD_ISSET(fd, &out)) writable(fd);
      else if (conns[fd] && conns[fd]->state == WAITING && now >= conns[fd]->until) end(fd);
    }
  }
}
