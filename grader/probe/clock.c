/* Time: everything is measured on the monotonic clock, in microseconds. */
#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

long long now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* The moment at which a wait that starts now is given up; -1 means never. */
long long deadline(const struct probe *p)
{
    return p->patient ? -1 : now_us() + p->limit;
}

/* Rounds up, so that poll never wakes before the deadline and spins. From time to time it does wake, to look at the
 * process that is watched. */
static int poll_timeout(long long until)
{
    enum { LOOK_MS = 200 };
    long long left;

    if (until < 0)
        return -1;
    left = (until - now_us() + 999) / 1000;
    if (left < 0)
        return 0;
    return left > LOOK_MS ? LOOK_MS : (int)left;
}

/* Waits until fd is ready; returns what poll reported, 0 at the deadline or when nothing can come any more. */
short wait_for(int fd, short events, long long until)
{
    struct pollfd one = {.fd = fd, .events = events};

    watch_begin();
    for (;;) {
        int timeout = poll_timeout(until);
        int n = poll(&one, 1, timeout);

        if (n > 0)
            return one.revents;
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            die("poll failed");
        if (n == 0 && timeout >= 0 && (now_us() >= until || watch_asleep()))
            return 0;
    }
}

void sleep_us(long long us)
{
    struct timespec left = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};

    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        continue;
}
