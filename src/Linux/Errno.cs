using System;

namespace SharpRun.Linux;

/// <summary>Error numbers of the kernel, include/uapi/asm-generic/errno*.h; the same on x86_64 and arm64.</summary>
public enum Errno
{
    OK = 0, EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6, E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10,
    EAGAIN = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14, ENOTBLK = 15, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19, ENOTDIR = 20,
    EISDIR = 21, EINVAL = 22, ENFILE = 23, EMFILE = 24, ENOTTY = 25, ETXTBSY = 26, EFBIG = 27, ENOSPC = 28, ESPIPE = 29, EROFS = 30,
    EMLINK = 31, EPIPE = 32, EDOM = 33, ERANGE = 34, EDEADLK = 35, ENAMETOOLONG = 36, ENOLCK = 37, ENOSYS = 38, ENOTEMPTY = 39,
    ELOOP = 40, ENODATA = 61, ETIME = 62, EPROTO = 71, EBADMSG = 74, EOVERFLOW = 75, EUSERS = 87, ENOTSOCK = 88, EMSGSIZE = 90,
    EOPNOTSUPP = 95, EADDRINUSE = 98, ENETDOWN = 100, ECONNRESET = 104, ENOBUFS = 105, ETIMEDOUT = 110, ECONNREFUSED = 111,
    EALREADY = 114, ESTALE = 116, EDQUOT = 122, ECANCELED = 125, ENOKEY = 126, EKEYEXPIRED = 127,
}

public static class ErrnoText
{
    /// <summary>The errno's sentence in the spelling that runc's users and managers match (lower case).</summary>
    public static string Text(this Errno error) => error switch
    {
        Errno.OK => "no error",
        Errno.EPERM => "operation not permitted",
        Errno.ENOENT => "no such file or directory",
        Errno.ESRCH => "no such process",
        Errno.EINTR => "interrupted system call",
        Errno.EIO => "input/output error",
        Errno.ENXIO => "no such device or address",
        Errno.E2BIG => "argument list too long",
        Errno.ENOEXEC => "exec format error",
        Errno.EBADF => "bad file descriptor",
        Errno.ECHILD => "no child processes",
        Errno.EAGAIN => "resource temporarily unavailable",
        Errno.ENOMEM => "cannot allocate memory",
        Errno.EACCES => "permission denied",
        Errno.EFAULT => "bad address",
        Errno.EBUSY => "device or resource busy",
        Errno.EEXIST => "file exists",
        Errno.EXDEV => "invalid cross-device link",
        Errno.ENODEV => "no such device",
        Errno.ENOTDIR => "not a directory",
        Errno.EISDIR => "is a directory",
        Errno.EINVAL => "invalid argument",
        Errno.ENFILE => "too many open files in system",
        Errno.EMFILE => "too many open files",
        Errno.ENOTTY => "inappropriate ioctl for device",
        Errno.ETXTBSY => "text file busy",
        Errno.EFBIG => "file too large",
        Errno.ENOSPC => "no space left on device",
        Errno.EROFS => "read-only file system",
        Errno.EMLINK => "too many links",
        Errno.EPIPE => "broken pipe",
        Errno.ERANGE => "numerical result out of range",
        Errno.ENAMETOOLONG => "file name too long",
        Errno.ENOSYS => "function not implemented",
        Errno.ENOTEMPTY => "directory not empty",
        Errno.ELOOP => "too many levels of symbolic links",
        Errno.EOVERFLOW => "value too large for defined data type",
        Errno.EMSGSIZE => "message too long",
        Errno.EOPNOTSUPP => "operation not supported",
        Errno.ECONNRESET => "connection reset by peer",
        Errno.ETIMEDOUT => "connection timed out",
        Errno.ECONNREFUSED => "connection refused",
        Errno.EDQUOT => "disk quota exceeded",
        _ => "error " + ((int)error).ToString(),
    };

    /// <summary>"operation not permitted (EPERM)".</summary>
    public static string Sentence(this Errno error) => $"{error.Text()} ({error})";
}
