using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>System call numbers, a column each for x86_64 (asm/unistd_64.h) and arm64 (asm-generic/unistd.h).
/// The compiler keeps one column: the architecture is a constant in a native program.</summary>
public static class CallNumber
{
    //                                               x86_64  arm64
    public static int close => Pick(3, 57);
    public static int lseek => Pick(8, 62);
    public static int rt_sigaction => Pick(13, 134);
    public static int rt_sigprocmask => Pick(14, 135);
    public static int ioctl => Pick(16, 29);
    public static int pwrite64 => Pick(18, 68);
    public static int nanosleep => Pick(35, 101);
    public static int socket => Pick(41, 198);
    public static int connect => Pick(42, 203);
    public static int sendto => Pick(44, 206);
    public static int recvfrom => Pick(45, 207);
    public static int sendmsg => Pick(46, 211);
    public static int recvmsg => Pick(47, 212);
    public static int shutdown => Pick(48, 210);
    public static int bind => Pick(49, 200);
    public static int setsockopt => Pick(54, 208);
    public static int uname => Pick(63, 160);
    public static int fcntl => Pick(72, 25);
    public static int flock => Pick(73, 32);
    public static int getcwd => Pick(79, 17);
    public static int fchown => Pick(93, 55);
    public static int setuid => Pick(105, 146);
    public static int geteuid => Pick(107, 175);
    public static int getegid => Pick(108, 177);
    public static int getgroups => Pick(115, 158);
    public static int setgroups => Pick(116, 159);
    public static int setresuid => Pick(117, 147);
    public static int setresgid => Pick(119, 149);
    public static int getpgid => Pick(121, 155);
    public static int personality => Pick(135, 92);
    public static int capget => Pick(125, 90);
    public static int capset => Pick(126, 91);
    public static int fstatfs => Pick(138, 44);
    public static int pivot_root => Pick(155, 41);
    public static int prctl => Pick(157, 167);
    public static int mount => Pick(165, 40);
    public static int umount2 => Pick(166, 39);
    public static int setdomainname => Pick(171, 162);
    public static int gettid => Pick(186, 178);
    public static int lsetxattr => Pick(189, 6);
    public static int fsetxattr => Pick(190, 7);
    public static int lgetxattr => Pick(192, 9);
    public static int fgetxattr => Pick(193, 10);
    public static int llistxattr => Pick(195, 12);
    public static int flistxattr => Pick(196, 13);
    public static int lremovexattr => Pick(198, 15);
    public static int fremovexattr => Pick(199, 16);
    public static int sched_setaffinity => Pick(203, 122);
    public static int getdents64 => Pick(217, 61);
    public static int waitid => Pick(247, 95);
    public static int keyctl => Pick(250, 219);
    public static int ioprio_set => Pick(251, 30);
    public static int mknodat => Pick(259, 33);
    public static int unlinkat => Pick(263, 35);
    public static int fchmodat => Pick(268, 53);
    public static int ppoll => Pick(271, 73);
    public static int utimensat => Pick(280, 88);
    public static int signalfd4 => Pick(289, 74);
    public static int eventfd2 => Pick(290, 19);
    public static int dup3 => Pick(292, 24);
    public static int pipe2 => Pick(293, 59);
    public static int prlimit64 => Pick(302, 261);
    public static int syncfs => Pick(306, 267);
    public static int sched_setattr => Pick(314, 274);
    public static int renameat2 => Pick(316, 276);
    public static int seccomp => Pick(317, 277);
    public static int getrandom => Pick(318, 278);
    public static int bpf => Pick(321, 280);
    public static int execveat => Pick(322, 281);
    public static int copy_file_range => Pick(326, 285);
    public static int pidfd_send_signal => Pick(424, 424);
    public static int open_tree => Pick(428, 428);
    public static int move_mount => Pick(429, 429);
    public static int fsopen => Pick(430, 430);
    public static int fsconfig => Pick(431, 431);
    public static int fsmount => Pick(432, 432);
    public static int fspick => Pick(433, 433);
    public static int pidfd_open => Pick(434, 434);
    public static int clone3 => Pick(435, 435);
    public static int close_range => Pick(436, 436);
    public static int openat2 => Pick(437, 437);
    public static int faccessat2 => Pick(439, 439);
    public static int mount_setattr => Pick(442, 442);
    public static int fchmodat2 => Pick(452, 452);

    private static int Pick(int x64, int arm64) => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? arm64 : x64;
}
