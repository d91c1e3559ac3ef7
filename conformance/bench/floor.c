/*
 * The floor: what must happen in the kernel so that the container of this folder's config.json runs,
 * and nothing else. Hard-coded: no parsing, no state, no checks of what the caller says. A runtime
 * cannot be quicker than this without leaving something out; the distance is what its work costs.
 *
 *   floor ROOTFS CGROUP run [MEMORY]   ROOTFS holds /bin/true, /proc, /dev and /sys; CGROUP is /parent/name
 *                                      below a parent that exists; MEMORY is a limit in bytes
 *   floor ROOTFS CGROUP exec PID       /bin/true once more, in the container whose init is PID
 *   floor --version                    ends at once: what any static program costs
 *
 * bench.sh compiles it for the host's layout of cgroups:
 *   -DHIERARCHIES='"cpu","memory"'     the version 1 hierarchies below /sys/fs/cgroup; none: version 2
 *   -DCPUS='"0-1"' -DMEMS='"0"'        what an empty version 1 cpuset must get before it can be joined
 * Needs Linux 5.12 (mount_setattr).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SAFE (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static int check(long result, const char *what)
{
    if (result < 0)
    {
        fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
        _exit(1);
    }
    return (int)result;
}

static int make_mount(const char *type, const char *const options[][2], unsigned attributes)
{
    int fs = check(fsopen(type, FSOPEN_CLOEXEC), type);
    for (; options && (*options)[0]; options++)
        check(fsconfig(fs, (*options)[1] ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, (*options)[0], (*options)[1], 0),
              (*options)[0]);
    check(fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), type);
    int mount = check(fsmount(fs, FSMOUNT_CLOEXEC, attributes), type);
    close(fs);
    return mount;
}

static void attach(int mount, const char *path)
{
    check(move_mount(mount, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH), path);
}

static void set_attributes(int mount, unsigned flags, uint64_t attributes)
{
    struct mount_attr attr = {.attr_set = attributes};
    check(mount_setattr(mount, "", AT_EMPTY_PATH | flags, &attr, sizeof attr), "mount_setattr");
}

static int open_file(const char *directory, const char *file)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", directory, file);
    return check(open(path, O_WRONLY | O_CLOEXEC), path);
}

static void put(const char *directory, const char *file, const char *value)
{
    int fd = open_file(directory, file);
    check(write(fd, value, strlen(value)), file);
    close(fd);
}

#ifdef HIERARCHIES

static const char *const hierarchies[] = {HIERARCHIES};
static int cgroup_trees[COUNT(hierarchies)];

static const char *directory_of(size_t hierarchy, const char *cgroup)
{
    static char path[512];
    snprintf(path, sizeof path, "/sys/fs/cgroup/%s%s", hierarchies[hierarchy], cgroup);
    return path;
}

/* The rules that every runtime adds to "deny all": making any node, and using the default devices. */
static void allow_devices(const char *directory)
{
    static const char *const rules[] = {
        "c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm",
        "c 5:0 rwm", "c 5:1 rwm", "c 5:2 rwm", "c 136:* rwm"};
    put(directory, "devices.deny", "a");
    int fd = open_file(directory, "devices.allow");
    for (size_t i = 0; i < COUNT(rules); i++)
        check(write(fd, rules[i], strlen(rules[i])), rules[i]);
    close(fd);
}

/* Returns nothing to clone into: version 1 has no such thing. */
/* Nothing to clone into: version 1 has no such thing. */
static int open_cgroup(const char *cgroup)
{
    (void)cgroup;
    return -1;
}

static int make_cgroups(const char *cgroup, const char *memory)
{
    for (size_t i = 0; i < COUNT(hierarchies); i++)
    {
        const char *directory = directory_of(i, cgroup);
        check(mkdir(directory, 0755), directory);
        if (strstr(hierarchies[i], "cpuset"))
        {
            put(directory, "cpuset.cpus", CPUS);
            put(directory, "cpuset.mems", MEMS);
        }
        if (strstr(hierarchies[i], "devices"))
            allow_devices(directory);
        if (memory && strstr(hierarchies[i], "memory"))
            put(directory, "memory.limit_in_bytes", memory);
    }
    return open_cgroup(cgroup);
}

/*
 * The child moves itself, one thread, through "tasks". The kernel then skips cgroup_threadgroup_rwsem
 * (cgroup_procs_write_start); a write to cgroup.procs, or of another's pid, takes it for writing and
 * may wait for an RCU grace period.
 */
static void join_cgroups(const char *cgroup)
{
    for (size_t i = 0; i < COUNT(hierarchies); i++)
    {
        const char *path = directory_of(i, cgroup);
        put(path, "tasks", "0");
    }
}

/* What the container will see of its cgroups. */
static void open_cgroup_trees(const char *cgroup)
{
    for (size_t i = 0; i < COUNT(hierarchies); i++)
    {
        const char *path = directory_of(i, cgroup);
        cgroup_trees[i] = check(open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), path);
        set_attributes(cgroup_trees[i], 0, SAFE | MOUNT_ATTR_RDONLY);
    }
}

static void remove_cgroups(const char *cgroup)
{
    for (size_t i = 0; i < COUNT(hierarchies); i++)
        check(rmdir(directory_of(i, cgroup)), "rmdir of a cgroup");
}

static void mount_cgroups(void)
{
    int top = make_mount("tmpfs", (const char *const[][2]){{"mode", "755"}, {NULL}}, SAFE);
    attach(top, "/sys/fs/cgroup");
    for (size_t i = 0; i < COUNT(hierarchies); i++)
    {
        check(mkdirat(top, hierarchies[i], 0755), hierarchies[i]);
        check(move_mount(cgroup_trees[i], "", top, hierarchies[i], MOVE_MOUNT_F_EMPTY_PATH), hierarchies[i]);
    }
    set_attributes(top, 0, MOUNT_ATTR_RDONLY);
}

#else

static const char *directory_of(const char *cgroup)
{
    static char path[512];
    snprintf(path, sizeof path, "/sys/fs/cgroup%s", cgroup);
    return path;
}

#define LOAD(to, field) {BPF_LDX | BPF_MEM | BPF_W, to, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, field), 0}
#define COPY(to, from) {BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0}
#define SET(to, value) {BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value}
#define AND(to, value) {BPF_ALU64 | BPF_AND | BPF_K, to, 0, 0, value}
#define SHIFT(to, bits) {BPF_ALU64 | BPF_RSH | BPF_K, to, 0, 0, bits}
#define IF(jump, reg, value, skip) {BPF_JMP | jump | BPF_K, reg, 0, skip, value}
#define RETURN {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}

/* The same rules as on version 1, as a program: 1 allows, 0 denies. */
static void allow_devices(int cgroup)
{
    static const struct bpf_insn rules[] = {
        LOAD(BPF_REG_2, access_type), LOAD(BPF_REG_4, major), LOAD(BPF_REG_5, minor),
        COPY(BPF_REG_3, BPF_REG_2), SHIFT(BPF_REG_3, 16), AND(BPF_REG_2, 0xffff),
        SET(BPF_REG_0, 1),
        IF(BPF_JEQ, BPF_REG_3, BPF_DEVCG_ACC_MKNOD, 12), /* only to make a node: any */
        IF(BPF_JNE, BPF_REG_2, BPF_DEVCG_DEV_CHAR, 10),  /* a block device */
        IF(BPF_JEQ, BPF_REG_4, 136, 10),                 /* 136:* pseudo terminals */
        IF(BPF_JEQ, BPF_REG_4, 1, 2),
        IF(BPF_JEQ, BPF_REG_4, 5, 6),
        IF(BPF_JA, 0, 0, 6),
        IF(BPF_JEQ, BPF_REG_5, 3, 6),                    /* null */
        IF(BPF_JEQ, BPF_REG_5, 5, 5),                    /* zero */
        IF(BPF_JGT, BPF_REG_5, 9, 3),
        IF(BPF_JGE, BPF_REG_5, 7, 3),                    /* full, random, urandom */
        IF(BPF_JA, 0, 0, 1),
        IF(BPF_JLE, BPF_REG_5, 2, 1),                    /* 5: tty, console, ptmx */
        SET(BPF_REG_0, 0),
        RETURN};
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insn_cnt = COUNT(rules),
                           .insns = (uintptr_t)rules, .license = (uintptr_t) "Apache-2.0"};
    int program = check(syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load), "load the device rules");
    union bpf_attr attach = {.target_fd = cgroup, .attach_bpf_fd = program,
                             .attach_type = BPF_CGROUP_DEVICE, .attach_flags = BPF_F_ALLOW_MULTI};
    check(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach), "attach the device rules");
    close(program);
}

static int open_cgroup(const char *cgroup)
{
    const char *directory = directory_of(cgroup);
    return check(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), directory);
}

static int make_cgroups(const char *cgroup, const char *memory)
{
    const char *directory = directory_of(cgroup);
    check(mkdir(directory, 0755), directory);
    if (memory)
        put(directory, "memory.max", memory);
    int fd = open_cgroup(cgroup);
    allow_devices(fd);
    return fd;
}

static void join_cgroups(const char *cgroup)
{
    (void)cgroup; /* CLONE_INTO_CGROUP has done it */
}

static void open_cgroup_trees(const char *cgroup)
{
    (void)cgroup; /* a mount in the cgroup namespace shows it */
}

static void remove_cgroups(const char *cgroup)
{
    check(rmdir(directory_of(cgroup)), "rmdir of the cgroup");
}

static void mount_cgroups(void)
{
    attach(make_mount("cgroup2", NULL, SAFE | MOUNT_ATTR_RDONLY), "/sys/fs/cgroup");
}

#endif

/* Everything that is reached by a path of the host, before that path is gone. */
static void enter_root(const char *rootfs)
{
    struct mount_attr slave = {.propagation = MS_SLAVE};
    check(mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &slave, sizeof slave), "make / a slave");
    int root = check(open_tree(AT_FDCWD, rootfs, OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC), rootfs);
    set_attributes(root, 0, MOUNT_ATTR_RDONLY);
    attach(root, rootfs);
    check(fchdir(root), rootfs);
    check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
    check(umount2(".", MNT_DETACH), "unmount the old root");
    check(chdir("/"), "chdir /");
}

static void make_devices(int dev)
{
    static const struct
    {
        const char *name;
        unsigned major, minor;
    } nodes[] = {{"null", 1, 3}, {"zero", 1, 5}, {"full", 1, 7}, {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};
    static const char *const links[][2] = {{"/proc/self/fd", "fd"}, {"/proc/self/fd/0", "stdin"},
        {"/proc/self/fd/1", "stdout"}, {"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}};
    for (size_t i = 0; i < COUNT(nodes); i++)
        check(mknodat(dev, nodes[i].name, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)), nodes[i].name);
    for (size_t i = 0; i < COUNT(links); i++)
        check(symlinkat(links[i][0], dev, links[i][1]), links[i][1]);
}

static void mount_all(void)
{
    attach(make_mount("proc", NULL, 0), "/proc");
    int dev = make_mount("tmpfs", (const char *const[][2]){{"mode", "755"}, {"size", "65536k"}, {NULL}},
                         MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME);
    attach(dev, "/dev");
    make_devices(dev);
    check(mkdirat(dev, "pts", 0755), "pts");
    check(mkdirat(dev, "shm", 0755), "shm");
    check(mkdirat(dev, "mqueue", 0755), "mqueue");
    attach(make_mount("devpts", (const char *const[][2]){{"newinstance", NULL}, {"ptmxmode", "0666"}, {"mode", "0620"},
                      {"gid", "5"}, {NULL}}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC), "/dev/pts");
    attach(make_mount("tmpfs", (const char *const[][2]){{"mode", "1777"}, {"size", "65536k"}, {NULL}}, SAFE), "/dev/shm");
    attach(make_mount("mqueue", NULL, SAFE), "/dev/mqueue");
    attach(make_mount("sysfs", NULL, SAFE | MOUNT_ATTR_RDONLY), "/sys");
    mount_cgroups();
}

/* Covers each path that exists with a clone of one mount; a clone whose path is missing serves the next. */
static void cover(int first, const char *const paths[], size_t count)
{
    int spare = first;
    for (size_t i = 0; i < count; i++)
    {
        if (spare < 0)
            spare = check(open_tree(first, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH), "clone of a mask");
        if (move_mount(spare, "", AT_FDCWD, paths[i], MOVE_MOUNT_F_EMPTY_PATH) == 0)
            spare = -1;
        else if (errno != ENOENT)
            check(-1, paths[i]);
    }
}

static void mask_paths(void)
{
    static const char *const files[] = {"/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                                        "/proc/timer_stats", "/proc/sched_debug"};
    static const char *const directories[] = {"/proc/acpi", "/proc/asound", "/sys/firmware", "/proc/scsi"};
    static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
    cover(check(open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), "/dev/null"), files, COUNT(files));
    cover(make_mount("tmpfs", NULL, SAFE | MOUNT_ATTR_RDONLY), directories, COUNT(directories));
    for (size_t i = 0; i < COUNT(readonly); i++)
    {
        int tree = open_tree(AT_FDCWD, readonly[i], OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC);
        if (tree < 0 && errno == ENOENT)
            continue;
        set_attributes(check(tree, readonly[i]), AT_RECURSIVE, MOUNT_ATTR_RDONLY);
        attach(tree, readonly[i]);
    }
}

static void raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int fd = check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    check(ioctl(fd, SIOCSIFFLAGS, &request), "lo up");
    close(fd);
}

static void become_the_user(void)
{
    const uint32_t keep = 1u << CAP_AUDIT_WRITE | 1u << CAP_KILL | 1u << CAP_NET_BIND_SERVICE;
    const struct rlimit files = {1024, 1024};
    check(setrlimit(RLIMIT_NOFILE, &files), "setrlimit");
    for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
        if (cap >= 32 || !(keep >> cap & 1))
            check(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "PR_CAPBSET_DROP");
    check(setgroups(0, NULL), "setgroups");
    check(setresgid(0, 0, 0), "setresgid");
    check(setresuid(0, 0, 0), "setresuid");
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2] = {{keep, keep, 0}, {0, 0, 0}};
    check(syscall(SYS_capset, &header, sets), "capset");
    check(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "ambient capabilities");
    check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

static void execute(void)
{
    char *const arguments[] = {"/bin/true", NULL};
    char *const environment[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm", NULL};
    become_the_user();
    check(close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), "close_range");
    check(execve("/bin/true", arguments, environment), "/bin/true");
}

static void enter_session(void)
{
    check(setsid(), "setsid");
    check(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "floor"), "session keyring");
}

static void be_the_container(const char *rootfs, const char *cgroup)
{
    join_cgroups(cgroup);
    open_cgroup_trees(cgroup);
    enter_session();
    umask(0);
    raise_loopback();
    enter_root(rootfs);
    mount_all();
    mask_paths();
    umask(022);
    check(sethostname("bench", 5), "sethostname");
    execute();
}

/* Returns 0 in the child; into is a cgroup of version 2, or -1. */
static int clone_child(uint64_t flags, int into)
{
    struct clone_args clone = {.flags = flags, .exit_signal = SIGCHLD};
    if (into >= 0)
    {
        clone.flags |= CLONE_INTO_CGROUP;
        clone.cgroup = into;
    }
    return check(syscall(SYS_clone3, &clone, sizeof clone), "clone3");
}

static int wait_for(int child)
{
    int status = 0;
    check(waitpid(child, &status, 0), "waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *rootfs, const char *cgroup, const char *memory)
{
    int into = make_cgroups(cgroup, memory);
    /* On version 2 `runc spec` adds a cgroup namespace. */
    int child = clone_child(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS
                            | (into >= 0 ? CLONE_NEWCGROUP : 0), into);
    if (child == 0)
        be_the_container(rootfs, cgroup);
    int status = wait_for(child);
    remove_cgroups(cgroup);
    return status;
}

/* A process can have its children born in another pid namespace: one clone is enough. */
static int exec(const char *cgroup, const char *init)
{
    int container = check(syscall(SYS_pidfd_open, atoi(init), 0), "pidfd_open");
    int into = open_cgroup(cgroup);
    check(setns(container, CLONE_NEWPID), "join the pid namespace");
    int child = clone_child(0, into);
    if (child == 0)
    {
        join_cgroups(cgroup);
        enter_session();
        check(setns(container, CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS
                    | (into >= 0 ? CLONE_NEWCGROUP : 0)), "join the namespaces");
        umask(022);
        execute();
    }
    return wait_for(child);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("floor") < 0;
    if (argc >= 4 && argc <= 5 && strcmp(argv[3], "run") == 0)
        return run(argv[1], argv[2], argv[4]);
    if (argc == 5 && strcmp(argv[3], "exec") == 0)
        return exec(argv[2], argv[4]);
    fputs("usage: floor ROOTFS CGROUP run [MEMORY] | exec PID\n", stderr);
    return 2;
}
