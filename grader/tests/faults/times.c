/* Waits for a minute in the way that the first argument says, and prints how many seconds have gone by, by two clocks. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MINUTE = 60 };

static const struct timeval minute = {.tv_sec = MINUTE}; /* in memory that cannot be written */
static const struct timespec minute_ns = {.tv_sec = MINUTE};

static void nothing(int number)
{
    (void)number;
}

static long now(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return time.tv_sec;
}

/* By a clock, looked at again and again. */
static void wait_by_clock(void)
{
    long end = now(CLOCK_MONOTONIC) + MINUTE;

    while (now(CLOCK_MONOTONIC) < end)
        poll(NULL, 0, (int)(end - now(CLOCK_MONOTONIC)) * 1000);
}

static void wait_in_a_receive(void)
{
    int ends[2];
    char byte;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 &&
        setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof minute) == 0)
        recv(ends[0], &byte, 1, 0);
}

static void wait_for_a_signal(int by_timer)
{
    struct sigaction action = {.sa_handler = nothing};
    struct itimerval timer = {.it_value = minute};

    sigaction(SIGALRM, &action, NULL);
    if (by_timer)
        setitimer(ITIMER_REAL, &timer, NULL);
    else
        alarm(MINUTE);
    pause();
}

/* select() says what is left: a program may wait for that only. */
static void wait_for_the_rest(void)
{
    struct sigaction action = {.sa_handler = nothing};
    struct timeval left = minute;
    struct timespec rest = minute_ns;

    sigaction(SIGALRM, &action, NULL);
    alarm(MINUTE / 3);
    while (select(0, NULL, NULL, NULL, &left) < 0)
        continue;
    alarm(MINUTE / 3);
    while (nanosleep(&rest, &rest) < 0)
        continue;
}

static void wait_for_a_condition(int absolute)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
    struct timespec end;

    pthread_mutex_lock(&lock);
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += MINUTE;
    if (absolute)
        clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, NULL);
    else
        pthread_cond_timedwait(&condition, &lock, &end);
}

static void wait_for_a_timer(void)
{
    struct itimerspec timer = {.it_value = minute_ns};
    int fd = timerfd_create(CLOCK_MONOTONIC, 0);
    uint64_t count;

    timerfd_settime(fd, 0, &timer, NULL);
    if (read(fd, &count, sizeof count) < 0)
        perror("read");
}

static void wait_in(const char *what)
{
    struct epoll_event event;
    sigset_t none;

    sigemptyset(&none);
    if (strcmp(what, "clock") == 0)
        wait_by_clock();
    else if (strcmp(what, "receive") == 0)
        wait_in_a_receive();
    else if (strcmp(what, "alarm") == 0 || strcmp(what, "itimer") == 0)
        wait_for_a_signal(what[0] == 'i');
    else if (strcmp(what, "rest") == 0)
        wait_for_the_rest();
    else if (strcmp(what, "condition") == 0 || strcmp(what, "moment") == 0)
        wait_for_a_condition(what[0] == 'm');
    else if (strcmp(what, "timerfd") == 0)
        wait_for_a_timer();
    else if (strcmp(what, "ppoll") == 0)
        ppoll(NULL, 0, &minute_ns, &none);
    else if (strcmp(what, "pselect") == 0)
        pselect(0, NULL, NULL, NULL, &minute_ns, &none);
    else if (strcmp(what, "epoll") == 0)
        epoll_wait(epoll_create1(0), &event, 1, MINUTE * 1000);
}

int main(int argc, char **argv)
{
    long steady = now(CLOCK_MONOTONIC);
    time_t wall = time(NULL);

    if (argc != 2)
        return 2;
    wait_in(argv[1]);
    printf("%s %ld %ld\n", argv[1], now(CLOCK_MONOTONIC) - steady, (long)(time(NULL) - wall));
    return 0;
}
