using System;
using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>struct timespec: seconds since 1970, possibly before it; nanoseconds, or UTIME_NOW or UTIME_OMIT.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct TimeSpec(long Seconds, long Nanoseconds)
{
    /// <summary>Leaves a time as it is.</summary>
    public static TimeSpec Omit => new(0, Native.UTIME_OMIT);
}

/// <summary>Trees of files as they are unpacked and packed: times, extended attributes of what cannot be opened, whole file systems.</summary>
public static unsafe partial class Sys
{
    /// <summary>"/proc/self/fd/", eleven digits at most, a slash, NAME_MAX and a final zero.</summary>
    private const int ProcNameRoom = 14 + 11 + 1 + 256;

    /// <summary>utimensat(2). An empty path is the descriptor itself, which then must not be O_PATH.</summary>
    public static Errno UtimensAt(int dirfd, ReadOnlySpan<byte> path, TimeSpec accessedAt, TimeSpec modifiedAt, int atFlags)
    {
        var times = stackalloc TimeSpec[2] { accessedAt, modifiedAt };
        fixed (byte* name = path)
        {
            // As futimens(3): AT_EMPTY_PATH is understood from kernel 5.8 on only, no path at all by every one.
            return Call(CallNumber.utimensat, dirfd, (nint)name, (nint)times, path.IsEmpty ? 0 : atFlags).Error;
        }
    }

    /// <summary>fchown(2); uint.MaxValue leaves an id as it is.</summary>
    public static Errno Fchown(int fd, uint uid, uint gid) => Call(CallNumber.fchown, fd, (nint)uid, (nint)gid).Error;

    /// <summary>pwrite64(2), until all is written.</summary>
    public static Errno PWriteAll(int fd, ReadOnlySpan<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            Result written;
            fixed (byte* start = bytes)
            {
                written = Call(CallNumber.pwrite64, fd, (nint)start, bytes.Length, (nint)offset);
            }
            if (!written.Ok && written.Error != Errno.EINTR)
            {
                return written.Error;
            }
            var length = written.Ok ? written.Value : 0;
            bytes = bytes[length..];
            offset += length;
        }
        return Errno.OK;
    }

    /// <summary>syncfs(2): all of the file system that the descriptor lies on reaches the disk. Tells of lost writes from kernel 5.8 on.
    /// EBADF for an O_PATH descriptor.</summary>
    public static Errno SyncFs(int fd) => Call(CallNumber.syncfs, fd).Error;

    /// <summary>copy_file_range(2) from where both descriptors stand; EXDEV before kernel 5.3 between file systems. 0 at the end.</summary>
    public static Result CopyFileRange(int from, int into, long length) =>
        Call(CallNumber.copy_file_range, from, 0, into, 0, (nint)length);

    /// <summary>ioctl(FICLONE): into becomes a file of the same blocks; EOPNOTSUPP where the file system cannot, EXDEV between two.</summary>
    public static Errno ShareContent(int from, int into) => Call(CallNumber.ioctl, into, (nint)Native.FICLONE, from).Error;

    /// <summary>fremovexattr(2); ENODATA when there is none.</summary>
    public static Errno RemoveAttribute(int fd, ReadOnlySpan<byte> attribute)
    {
        fixed (byte* name = Text(attribute))
        {
            return Call(CallNumber.fremovexattr, fd, (nint)name).Error;
        }
    }

    /// <summary>lsetxattr(2) of one name in a directory, whose descriptor may be O_PATH. A link is not followed. Goes through the host's /proc:
    /// setxattrat(2) is of kernel 6.13, and links, devices and fifos cannot be opened without harm.</summary>
    public static Errno SetAttributeAt(int dirfd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        var path = stackalloc byte[ProcNameRoom];
        if (!ProcName(dirfd, name, new Span<byte>(path, ProcNameRoom)))
        {
            return Errno.ENAMETOOLONG;
        }
        fixed (byte* what = Text(attribute), start = value)
        {
            return Call(CallNumber.lsetxattr, (nint)path, (nint)what, (nint)start, value.Length).Error;
        }
    }

    /// <summary>lgetxattr(2), as <see cref="SetAttributeAt"/>; an empty buffer asks for the length.</summary>
    public static Result GetAttributeAt(int dirfd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, Span<byte> value)
    {
        var path = stackalloc byte[ProcNameRoom];
        if (!ProcName(dirfd, name, new Span<byte>(path, ProcNameRoom)))
        {
            return Result.Failed(Errno.ENAMETOOLONG);
        }
        fixed (byte* what = Text(attribute), start = value)
        {
            return Call(CallNumber.lgetxattr, (nint)path, (nint)what, (nint)start, value.Length);
        }
    }

    /// <summary>lremovexattr(2), as <see cref="SetAttributeAt"/>; ENODATA when there is none.</summary>
    public static Errno RemoveAttributeAt(int dirfd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute)
    {
        var path = stackalloc byte[ProcNameRoom];
        if (!ProcName(dirfd, name, new Span<byte>(path, ProcNameRoom)))
        {
            return Errno.ENAMETOOLONG;
        }
        fixed (byte* what = Text(attribute))
        {
            return Call(CallNumber.lremovexattr, (nint)path, (nint)what).Error;
        }
    }

    /// <summary>llistxattr(2), as <see cref="SetAttributeAt"/>: the names, each with a final zero.</summary>
    public static Result ListAttributesAt(int dirfd, ReadOnlySpan<byte> name, Span<byte> names)
    {
        var path = stackalloc byte[ProcNameRoom];
        if (!ProcName(dirfd, name, new Span<byte>(path, ProcNameRoom)))
        {
            return Result.Failed(Errno.ENAMETOOLONG);
        }
        fixed (byte* start = names)
        {
            return Call(CallNumber.llistxattr, (nint)path, (nint)start, names.Length);
        }
    }

    // "/proc/self/fd/7/name": the descriptor is followed, the last component is not (the calls that begin with l).
    private static bool ProcName(int dirfd, ReadOnlySpan<byte> name, Span<byte> path)
    {
        var end = name.IndexOf((byte)0);
        name = end < 0 ? name : name[..end];
        var prefix = "/proc/self/fd/"u8;
        prefix.CopyTo(path);
        if (!Utf8Formatter.TryFormat(dirfd, path[prefix.Length..], out var digits) || name.Length >= 256 || name.Contains((byte)'/'))
        {
            return false;
        }
        var at = prefix.Length + digits;
        path[at++] = (byte)'/';
        name.CopyTo(path[at..]);
        path[at + name.Length] = 0;
        return true;
    }
}
