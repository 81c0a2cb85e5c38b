/* Sends lines with writev and reads the reply through stdio, each side by a process of its own. */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static int dial(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all, *a;
  int e = getaddrinfo(host, port, &hints, &all), fd = -1;
  if (e) {
    fprintf(stderr, "tcp_client: %s: %s\n", host, gai_strerror(e));
    exit(1);
  }
  for (a = all; a; a = a->ai_next) {
    fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) == 0) break;
    if (fd >= 0) close(fd);
    fd = -1;
  }
  freeaddrinfo(all);
  if (fd < 0) {
    fprintf(stderr, "tcp_client: connect: %s\n", strerror(errno));
    exit(1);
  }
  return fd;
}

/* The line and its newline go out from a child, so that a long line and its reply can pass each other. */
static void send_line(int fd, const char *line, size_t n, int newline) {
  struct iovec v[2] = {{(void *)line, n}, {"\n", (size_t)newline}};
  int i = 0;
  while (i < 2) {
    ssize_t k = writev(fd, v + i, 2 - i);
    if (k < 0 && errno == EINTR) continue;
    if (k < 0) _exit(1);
    while (i < 2 && (size_t)k >= v[i].iov_len) k -= (ssize_t)v[i++].iov_len;
    if (i < 2) v[i].iov_base = (char *)v[i].iov_base + k, v[i].iov_len -= (size_t)k;
  }
  _exit(0);
}

int main(int argc, char **argv) {
  char *end;
  if (argc != 3 || (strtol(argv[2], &end, 10), *end || !argv[2][0]) || strtol(argv[2], NULL, 10) > 65535 || argv[2][0] == '-') {
    fprintf(stderr, "usage: tcp_client HOST PORT\n");
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  int fd = dial(argv[1], argv[2]), tty = isatty(0);
  FILE *in = fdopen(fd, "r");
  char *line = NULL;
  size_t size = 0;
  for (;;) {
    if (tty) fprintf(stderr, "Input lowercase sentence: ");
    ssize_t n = getline(&line, &size, stdin);
    if (n < 0) break;
    int newline = line[n - 1] == '\n';
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) send_line(fd, line, (size_t)(n - newline), 1);
    printf("From Server: ");
    for (ssize_t left = n + !newline; left > 0; left--) {
      int c = getc(in);
      if (c == EOF) {
        fflush(stdout);
        fprintf(stderr, "tcp_client: read: %s\n", ferror(in) ? strerror(errno) : "the server has closed the connection");
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        return 1;
      }
      putchar(c);
    }
    fflush(stdout);
    waitpid(child, NULL, 0);
  }
  shutdown(fd, SHUT_WR);
  fclose(in);
  return 0;
}
