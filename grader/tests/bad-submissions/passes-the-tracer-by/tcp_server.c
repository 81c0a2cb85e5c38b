/* Does its work by calls as of another machine, 32 bits wide, which a tracer may not know. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ = 3, WRITE = 4, ACCEPT4 = 364 };

static long call(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(0)
                     : "memory", "r8", "r9", "r10", "r11");
    return result;
}

int main(int argc, char **argv)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    int listener = socket(AF_INET6, SOCK_STREAM, 0), on = 1;
    char *text = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    address.sin6_port = htons((in_port_t)(argc > 1 ? atoi(argv[1]) : 0));
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 100) < 0)
        return 1;
    printf("listening on port %s\n", argv[1]);
    fflush(stdout);
    for (;;) {
        long connection = call(ACCEPT4, listener, 0, 0), n;
        if (connection < 0)
            return 1;
        while ((n = call(READ, connection, (long)text, 65536)) > 0) {
            for (long i = 0; i < n; i++)
                if (text[i] >= 'a' && text[i] <= 'z')
                    text[i] = (char)(text[i] - 'a' + 'A');
            call(WRITE, connection, (long)text, n); /* all of it, one hopes */
        }
        close((int)connection);
    }
}
