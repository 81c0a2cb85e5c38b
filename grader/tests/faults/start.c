/* Processes and threads that come and go in odd ways: `kill`, parents that are killed as soon as they have a child; `exec`,
 * a thread that becomes another program while others run. Both end with a line `done`. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each grandchild holds the pipe until it ends, so its end is theirs. */
static int kill_parents(void)
{
    int ends[2];
    char byte;

    if (pipe(ends) < 0)
        return 1;
    for (int i = 0; i < 100; i++) {
        pid_t child = fork();

        if (child == 0) {
            if (fork() != 0)
                pause();
            _exit(0);
        }
        for (volatile int wait = 0; wait < i * 500; wait++)
            continue;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    close(ends[1]);
    if (read(ends[0], &byte, 1) == 0)
        puts("done");
    return 0;
}

static void *wait_for_ever(void *unused)
{
    pause();
    return unused;
}

static void *become_echo(void *unused)
{
    execlp("echo", "echo", "done", (char *)NULL);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;

    if (argc > 1 && strcmp(argv[1], "kill") == 0)
        return kill_parents();
    for (int i = 0; i < 20; i++)
        pthread_create(&thread, NULL, i == 10 ? become_echo : wait_for_ever, NULL);
    pause();
    return 1;
}
