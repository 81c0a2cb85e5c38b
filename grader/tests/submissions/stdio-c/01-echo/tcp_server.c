/* Capitals over TCP: a listener for each family, poll(), stdio for what comes in. */
#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
  fprintf(stderr, "tcp_server: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void usage(void) {
  fprintf(stderr, "usage: tcp_server [-d MS] PORT\n");
  exit(2);
}

static long number(const char *s, long max) {
  char *end;
  errno = 0;
  if (!isdigit((unsigned char)*s)) usage();
  long n = strtol(s, &end, 10);
  if (*end || errno || n > max) usage();
  return n;
}

static int v4(unsigned short port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_ANY)}};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  if (fd < 0) die("socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0) die("bind");
  if (listen(fd, 64) < 0) die("listen");
  return fd;
}

static int v6(unsigned short port) {
  struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_any};
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0) die("bind");
  if (listen(fd, 64) < 0) die("listen");
  return fd;
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

static void snooze(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  while (nanosleep(&t, &t) < 0 && errno == EINTR) {}
}

/* What stdio has in its buffer already is taken before the next read. */
static void serve(int fd, long ms) {
  FILE *in = fdopen(fd, "r");
  char out[512];
  if (!in) {
    close(fd);
    return;
  }
  for (;;) {
    int c = getc(in);
    if (c == EOF) {
      if (ferror(in) && errno == EINTR) {
        clearerr(in);
        continue;
      }
      break;
    }
    size_t n = 0;
    ungetc(c, in);
    do {
      c = getc(in);
      out[n++] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
    } while (n < sizeof out && in->_IO_read_ptr < in->_IO_read_end);
    if (ms) snooze(ms);
    if (put(fd, out, n) < 0) break;
  }
  fclose(in);
}

int main(int argc, char **argv) {
  long ms = 0;
  int opt;
  while ((opt = getopt(argc, argv, "d:")) != -1) {
    if (opt != 'd') usage();
    ms = number(optarg, 1000000);
  }
  if (argc - optind != 1) usage();
  long port = number(argv[optind], 65535);
  signal(SIGPIPE, SIG_IGN);
  int four = v4((unsigned short)port);
  struct sockaddr_in got;
  socklen_t len = sizeof got;
  getsockname(four, (struct sockaddr *)&got, &len);
  int six = v6(ntohs(got.sin_port));
  printf("listening on port %d\n", ntohs(got.sin_port));
  fflush(stdout);
  struct pollfd p[2] = {{four, POLLIN, 0}, {six, POLLIN, 0}};
  for (;;) {
    if (poll(p, 2, -1) < 0) continue;
    for (int i = 0; i < 2; i++) {
      if (!(p[i].revents & POLLIN)) continue;
      int fd = accept(p[i].fd, NULL, NULL);
      if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) snooze(50);
        continue;
      }
      serve(fd, ms);
    }
  }
}
