/* Capitals over UDP: one socket for each family, recvmsg() and sendmsg(), poll(). */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what) {
  fprintf(stderr, "udp_server: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void serve(int fd) {
  static char data[65536];
  struct sockaddr_storage peer;
  struct iovec v = {data, sizeof data};
  struct msghdr m = {.msg_name = &peer, .msg_namelen = sizeof peer, .msg_iov = &v, .msg_iovlen = 1};
  ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
  if (n < 0) return;
  for (ssize_t i = 0; i < n; i++)
    if (data[i] >= 'a' && data[i] <= 'z') data[i] ^= 0x20;
  v.iov_len = (size_t)n;
  m.msg_flags = 0;
  while (sendmsg(fd, &m, 0) < 0 && errno == EINTR) {}
}

int main(int argc, char **argv) {
  char *end;
  long port = argc == 2 ? strtol(argv[1], &end, 10) : -1;
  if (argc != 2 || *end || end == argv[1] || port < 0 || port > 65535) {
    fprintf(stderr, "usage: udp_server PORT\n");
    return 2;
  }
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  socklen_t len = sizeof a;
  int four = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
  if (four < 0) die("socket");
  if (bind(four, (struct sockaddr *)&a, len) < 0) die("bind");
  getsockname(four, (struct sockaddr *)&a, &len);
  struct sockaddr_in6 b = {.sin6_family = AF_INET6, .sin6_port = a.sin_port};
  int six = socket(AF_INET6, SOCK_DGRAM, 0);
  if (six >= 0) {
    setsockopt(six, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(six, (struct sockaddr *)&b, sizeof b) < 0) die("bind");
  }
  printf("listening on port %d\n", ntohs(a.sin_port));
  fflush(stdout);
  struct pollfd p[2] = {{four, POLLIN, 0}, {six, POLLIN, 0}};
  for (;;) {
    if (poll(p, 2, -1) < 0) continue;
    for (int i = 0; i < 2; i++)
      if (p[i].revents) serve(p[i].fd);
  }
}
