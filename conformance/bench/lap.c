/*
 * lap FILE PROGRAM ARGUMENTS...   runs the program to its end and adds its real time, in microseconds, as a line to FILE
 *
 * A stopwatch for scripts: with the shell's `time` a fork of the shell would be part of every figure. Ends as the program ends.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    FILE *file = fopen(argv[1], "ae");
    if (!file)
    {
        perror(argv[1]);
        return 2;
    }
    pid_t pid;
    int status;
    double begin = now();
    if (posix_spawn(&pid, argv[2], NULL, NULL, argv + 2, environ) != 0 || waitpid(pid, &status, 0) != pid)
    {
        perror(argv[2]);
        return 2;
    }
    double end = now();
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    fprintf(file, "%.0f\n", end - begin);
    return fclose(file) == 0 ? 0 : 2;
}
