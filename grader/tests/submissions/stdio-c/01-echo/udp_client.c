/* One connected socket for each line; the time-out is that of poll(), which is called anew with what is left. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void usage(void) {
  fprintf(stderr, "usage: udp_client HOST PORT [TIMEOUT]\n");
  exit(2);
}

static long number(const char *s, long min, long max) {
  char *end;
  long n = strtol(s, &end, 10);
  if (end == s || *end || n < min || n > max) usage();
  return n;
}

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void fail(const char *what) {
  fprintf(stderr, "udp_client: %s: %s\n", what, strerror(errno));
  exit(1);
}

int main(int argc, char **argv) {
  if (argc < 3 || argc > 4) usage();
  number(argv[2], 0, 65535);
  long seconds = argc == 4 ? number(argv[3], 1, 1000000) : 5;
  struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}, *a;
  int e = getaddrinfo(argv[1], argv[2], &hints, &a);
  if (e) {
    fprintf(stderr, "udp_client: %s: %s\n", argv[1], gai_strerror(e));
    return 1;
  }
  static char reply[65536];
  char *line = NULL;
  size_t size = 0;
  for (;;) {
    if (isatty(0)) fputs("Input lowercase sentence: ", stderr);
    ssize_t n = getline(&line, &size, stdin);
    if (n < 0) break;
    if (line[n - 1] == '\n') n--;
    int fd = socket(a->ai_family, SOCK_DGRAM, 0);
    if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) < 0) fail("connect");
    if (send(fd, line, (size_t)n, 0) < 0) fail("send");
    long long end = now() + seconds * 1000;
    for (;;) {
      long long left = end - now();
      struct pollfd p = {fd, POLLIN, 0};
      int k = left <= 0 ? 0 : poll(&p, 1, (int)left);
      if (k < 0 && errno == EINTR) continue;
      if (k == 0) {
        fprintf(stderr, "udp_client: no reply within %ld s\n", seconds);
        return 1;
      }
      n = recv(fd, reply, sizeof reply, MSG_DONTWAIT);
      if (n >= 0) break;
      if (errno != EAGAIN && errno != EINTR) fail("recv");
    }
    close(fd);
    fputs("From Server: ", stdout);
    fwrite(reply, 1, (size_t)n, stdout);
    if (n == 0 || reply[n - 1] != '\n') putchar('\n');
    fflush(stdout);
  }
  freeaddrinfo(a);
  return 0;
}
