using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>The kernel's constants under their own names, checked against the C headers by tests/Kernel.Tests. This file: fcntl.h, linux/openat2.h,
/// linux/stat.h, linux/memfd.h, linux/close_range.h, sys/file.h, sys/stat.h, unistd.h.</summary>
public static partial class Native
{
    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_ACCMODE = 3;
    public const int O_CREAT = 0x40, O_EXCL = 0x80, O_NOCTTY = 0x100, O_TRUNC = 0x200, O_APPEND = 0x400, O_NONBLOCK = 0x800;
    public const int O_DSYNC = 0x1000, O_NOATIME = 0x40000, O_CLOEXEC = 0x80000, O_PATH = 0x200000;

    // These differ on arm64 (arch/arm64/include/uapi/asm/fcntl.h).
    public static int O_DIRECTORY => IsArm64 ? 0x4000 : 0x10000;
    public static int O_NOFOLLOW => IsArm64 ? 0x8000 : 0x20000;
    public static int O_DIRECT => IsArm64 ? 0x10000 : 0x4000;
    public static int O_TMPFILE => 0x400000 | O_DIRECTORY;

    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100, AT_EACCESS = 0x200, AT_REMOVEDIR = 0x200, AT_SYMLINK_FOLLOW = 0x400;
    public const int AT_NO_AUTOMOUNT = 0x800, AT_EMPTY_PATH = 0x1000, AT_RECURSIVE = 0x8000;
    public const int AT_STATX_SYNC_AS_STAT = 0, AT_STATX_FORCE_SYNC = 0x2000, AT_STATX_DONT_SYNC = 0x4000;

    public const ulong RESOLVE_NO_XDEV = 1, RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8, RESOLVE_IN_ROOT = 0x10;
    public const ulong RESOLVE_CACHED = 0x20; // 5.12

    public const uint S_IFMT = 0xF000, S_IFSOCK = 0xC000, S_IFLNK = 0xA000, S_IFREG = 0x8000, S_IFBLK = 0x6000, S_IFDIR = 0x4000;
    public const uint S_IFCHR = 0x2000, S_IFIFO = 0x1000, S_ISUID = 0x800, S_ISGID = 0x400, S_ISVTX = 0x200;
    public const uint S_IRWXU = 0x1C0, S_IRUSR = 0x100, S_IWUSR = 0x80, S_IXUSR = 0x40;
    public const uint S_IRWXG = 0x38, S_IRGRP = 0x20, S_IWGRP = 0x10, S_IXGRP = 8, S_IRWXO = 7, S_IROTH = 4, S_IWOTH = 2, S_IXOTH = 1;

    public const uint STATX_TYPE = 1, STATX_MODE = 2, STATX_INO = 0x100, STATX_BASIC_STATS = 0x7FF, STATX_BTIME = 0x800;
    public const uint STATX_MNT_ID = 0x1000; // 5.8
    public const uint STATX_MNT_ID_UNIQUE = 0x4000; // 6.8
    public const ulong STATX_ATTR_MOUNT_ROOT = 0x2000; // 5.8

    public const long UTIME_NOW = 0x3FFFFFFF, UTIME_OMIT = 0x3FFFFFFE;

    public const int F_OK = 0, X_OK = 1, W_OK = 2, R_OK = 4;
    public const int SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2;

    public const int F_DUPFD = 0, F_GETFD = 1, F_SETFD = 2, F_GETFL = 3, F_SETFL = 4, F_DUPFD_CLOEXEC = 1030, FD_CLOEXEC = 1;
    public const int F_SETPIPE_SZ = 1031, F_GETPIPE_SZ = 1032, F_ADD_SEALS = 1033, F_GET_SEALS = 1034;
    public const int F_SEAL_SEAL = 1, F_SEAL_SHRINK = 2, F_SEAL_GROW = 4, F_SEAL_WRITE = 8;
    public const int F_SEAL_FUTURE_WRITE = 0x10; // 5.1
    public const int F_SEAL_EXEC = 0x20; // 6.3

    public const uint MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_HUGETLB = 4;
    public const uint MFD_NOEXEC_SEAL = 8, MFD_EXEC = 0x10; // 6.3

    public const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;

    public const uint CLOSE_RANGE_UNSHARE = 2;
    public const uint CLOSE_RANGE_CLOEXEC = 4; // 5.11

    public const uint RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2, RENAME_WHITEOUT = 4;

    public const byte DT_UNKNOWN = 0, DT_FIFO = 1, DT_CHR = 2, DT_DIR = 4, DT_BLK = 6, DT_REG = 8, DT_LNK = 10, DT_SOCK = 12;
}
