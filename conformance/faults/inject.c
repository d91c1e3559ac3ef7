/* inject - makes exactly one system call of a command fail, or kills it before one, or lists all that it makes.
 *
 *   inject [-p PID] list FILE COMMAND...                  one line a call: "ROLE NUMBER"
 *   inject [-p PID] ROLE NUMBER COUNT ERRNO COMMAND...    the COUNTth call NUMBER of this role gives ERRNO, without being made
 *   inject kill COUNT COMMAND...                          SIGKILL instead of the COUNTth call of all; what it has started lives on
 *   inject die COUNT COMMAND...                           SIGKILL to the child that makes the COUNTth call of all children; the command lives on
 *
 * The roles: "runtime", what the command's process does before Main, and its other threads; "parent", its main thread from Main on;
 * "child", a process that it clones, or the process PID, until it executes a program. strace can inject too, but it counts the calls of
 * every process from one, so that a fault in the child cannot be had without the same one in its parent.
 *
 * Ends as the command ends; with 124 when that takes longer than LIMIT seconds, then it is killed. With 125 when the fault, or the call, was never met.
 * Main begins with fcntl(0, F_GETFD): StandardDescriptors.Secure.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <linux/ptrace.h>
#include <unistd.h>

enum { LIMIT = 20, NEVER_MET = 125, MOST = 256 };

enum role { RUNTIME, PARENT, CHILD };
static const char *const role_names[] = { "runtime", "parent", "child" };

struct process { pid_t pid; enum role role; int failing; };

static struct process processes[MOST];
static int process_count;
static pid_t command;
static FILE *list;
static enum role wanted_role;
static long wanted_call, wanted_count, error_number, met;
static volatile sig_atomic_t timed_out;
static int started; /* the command has been executed */
static int kills, dies;

static void die(const char *what)
{
    perror(what);
    exit(2);
}

static void on_alarm(int signal)
{
    (void)signal;
    timed_out = 1;
    kill(command, SIGKILL);
}

/* A thread shares the group of the command. */
static enum role role_of(pid_t pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d", command, pid);
    return access(path, F_OK) == 0 ? RUNTIME : CHILD;
}

static struct process *find(pid_t pid)
{
    for (int i = 0; i < process_count; i++) {
        if (processes[i].pid == pid) return &processes[i];
    }
    if (process_count == MOST) {
        fprintf(stderr, "inject: more than %d processes\n", MOST);
        exit(2);
    }
    processes[process_count] = (struct process){ pid, role_of(pid), 0 };
    return &processes[process_count++];
}

/* The call is not made: there is none of the number -1. */
static void suppress(pid_t pid)
{
#if defined(__x86_64__)
    if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, orig_rax), -1L)) die("suppress a call");
#elif defined(__aarch64__)
    int none = -1;
    struct iovec data = { &none, sizeof none };
    if (ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &data)) die("suppress a call");
#else
#error "no way to suppress a call here"
#endif
}

static void give(pid_t pid, long result)
{
#if defined(__x86_64__)
    if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), result)) die("set a result");
#elif defined(__aarch64__)
    struct user_regs_struct registers;
    struct iovec data = { &registers, sizeof registers };
    if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &data)) die("read the registers");
    registers.regs[0] = (unsigned long)result;
    if (ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &data)) die("set a result");
#endif
}

static void at_call(struct process *process)
{
    struct ptrace_syscall_info info;
    if (!started) return;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, process->pid, sizeof info, &info) < 0) return;
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && process->failing) {
        process->failing = 0;
        give(process->pid, -error_number);
    }
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
    if (process->pid == command && info.entry.nr == SYS_fcntl && info.entry.args[0] == 0 && info.entry.args[1] == F_GETFD) {
        process->role = PARENT;
    }
    if (kills) {
        if (++met == wanted_count) kill(command, SIGKILL);
    } else if (dies) {
        if (process->role == CHILD && ++met == wanted_count) kill(process->pid, SIGKILL);
    } else if (list) {
        fprintf(list, "%s %llu\n", role_names[process->role], (unsigned long long)info.entry.nr);
    } else if (process->role == wanted_role && info.entry.nr == (unsigned long)wanted_call && ++met == wanted_count) {
        process->failing = 1;
        suppress(process->pid);
    }
}

/* One stop of one process; what to go on with. */
static void at_stop(pid_t pid, int status)
{
    struct process *process = find(pid);
    int event = status >> 16, signal = WSTOPSIG(status), pass = 0;
    if (signal == (SIGTRAP | 0x80)) {
        at_call(process);
    } else if (event == PTRACE_EVENT_EXEC && process->role == CHILD) {
        /* The program of the container is nobody's business. */
        ptrace(PTRACE_DETACH, pid, 0, 0);
        return;
    } else if (event == PTRACE_EVENT_EXEC) {
        started = 1;
    } else if (event == 0) {
        pass = signal;
    }
    ptrace(PTRACE_SYSCALL, pid, 0, pass);
}

static int end(int status)
{
    if (timed_out) return 124;
    if (!list && met < wanted_count) return NEVER_MET;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void begin(char **argv, pid_t other)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;
    command = fork();
    if (command < 0) die("fork");
    if (command == 0) {
        raise(SIGSTOP);
        execv(argv[0], argv);
        die(argv[0]);
    }
    int status;
    if (waitpid(command, &status, WUNTRACED) != command || !WIFSTOPPED(status)) die("wait for the command");
    find(command)->role = RUNTIME;
    if (ptrace(PTRACE_SEIZE, command, 0, options)) die("trace the command");
    kill(command, SIGCONT);
    if (other) {
        if (ptrace(PTRACE_SEIZE, other, 0, options)) die("trace the other process");
        find(other)->role = CHILD;
        ptrace(PTRACE_INTERRUPT, other, 0, 0);
    }
}

int main(int argc, char **argv)
{
    pid_t other = 0;
    int at = 1;
    if (argc > 3 && strcmp(argv[1], "-p") == 0) {
        other = atoi(argv[2]);
        at = 3;
    }
    if (argc - at >= 3 && strcmp(argv[at], "list") == 0) {
        list = fopen(argv[at + 1], "we");
        if (!list) die(argv[at + 1]);
        at += 2;
    } else if (argc - at >= 3 && (strcmp(argv[at], "kill") == 0 || strcmp(argv[at], "die") == 0)) {
        kills = argv[at][0] == 'k';
        dies = !kills;
        wanted_count = atol(argv[at + 1]);
        at += 2;
    } else if (argc - at >= 5) {
        while (wanted_role < CHILD && strcmp(argv[at], role_names[wanted_role]) != 0) wanted_role++;
        wanted_call = atol(argv[at + 1]);
        wanted_count = atol(argv[at + 2]);
        error_number = atol(argv[at + 3]);
        at += 4;
    } else {
        fprintf(stderr, "usage: inject [-p PID] list FILE COMMAND... | ROLE NUMBER COUNT ERRNO COMMAND... | kill|die COUNT COMMAND...\n");
        return 2;
    }
    signal(SIGALRM, on_alarm);
    begin(argv + at, other);
    alarm(LIMIT);
    while (1) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0 && errno == EINTR) continue;
        if (pid < 0) die("wait");
        if (WIFSTOPPED(status)) at_stop(pid, status);
        /* Whoever is still traced is let go by our end, and goes on. */
        else if (pid == command) return end(status);
    }
}
