using System;
using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace SharpRun.Linux;

/// <summary>What statx(2) tells. MountId needs a kernel from 5.8 (zero before).</summary>
public readonly struct FileStatus
{
    public uint Mode { get; init; }
    public uint Uid { get; init; }
    public uint Gid { get; init; }
    public uint RdevMajor { get; init; }
    public uint RdevMinor { get; init; }
    public uint DevMajor { get; init; }
    public uint DevMinor { get; init; }
    public ulong Ino { get; init; }
    public ulong Size { get; init; }
    public ulong MountId { get; init; }
    public ulong Nlink { get; init; }
    public TimeSpec ModifiedAt { get; init; }

    public bool IsDirectory => (Mode & Native.S_IFMT) == Native.S_IFDIR;
    public bool IsRegular => (Mode & Native.S_IFMT) == Native.S_IFREG;
    public bool IsSymlink => (Mode & Native.S_IFMT) == Native.S_IFLNK;
    public bool IsCharDevice => (Mode & Native.S_IFMT) == Native.S_IFCHR;
    public bool IsBlockDevice => (Mode & Native.S_IFMT) == Native.S_IFBLK;
    public bool IsFifo => (Mode & Native.S_IFMT) == Native.S_IFIFO;
    public bool IsSocket => (Mode & Native.S_IFMT) == Native.S_IFSOCK;

    /// <summary>Both are of one inode.</summary>
    public bool IsSameFile(in FileStatus other) => (Ino, DevMajor, DevMinor) == (other.Ino, other.DevMajor, other.DevMinor);
}

public static unsafe partial class Sys
{
    /// <summary>struct statx of linux/stat.h, the fields that we read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct StatxBuffer
    {
        [FieldOffset(0)] public uint Mask;
        [FieldOffset(16)] public uint Nlink;
        [FieldOffset(20)] public uint Uid;
        [FieldOffset(24)] public uint Gid;
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Ino;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(112)] public long ModifiedSeconds;
        [FieldOffset(120)] public uint ModifiedNanoseconds;
        [FieldOffset(128)] public uint RdevMajor;
        [FieldOffset(132)] public uint RdevMinor;
        [FieldOffset(136)] public uint DevMajor;
        [FieldOffset(140)] public uint DevMinor;
        [FieldOffset(144)] public ulong MountId;
    }

    /// <summary>struct statfs of asm-generic/statfs.h on 64-bit machines.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct StatFsBuffer
    {
        [FieldOffset(0)] public long Type;
        [FieldOffset(80)] public long Flags;
    }

    public static Errno Stat(int dirfd, ReadOnlySpan<byte> path, int atFlags, out FileStatus status)
    {
        StatxBuffer buffer;
        fixed (byte* name = Text(path))
        {
            const uint mask = Native.STATX_BASIC_STATS | Native.STATX_MNT_ID;
            if (statx(dirfd, name, atFlags, mask, (statx*)&buffer) < 0)
            {
                status = default;
                return LastError;
            }
        }
        status = new FileStatus
        {
            Mode = buffer.Mode,
            Uid = buffer.Uid,
            Gid = buffer.Gid,
            RdevMajor = buffer.RdevMajor,
            RdevMinor = buffer.RdevMinor,
            DevMajor = buffer.DevMajor,
            DevMinor = buffer.DevMinor,
            Ino = buffer.Ino,
            Size = buffer.Size,
            Nlink = buffer.Nlink,
            ModifiedAt = new TimeSpec(buffer.ModifiedSeconds, buffer.ModifiedNanoseconds),
            MountId = (buffer.Mask & Native.STATX_MNT_ID) != 0 ? buffer.MountId : 0,
        };
        return Errno.OK;
    }

    /// <summary>fstatfs(2): the file system's magic number.</summary>
    public static Errno StatFs(int fd, out long magic)
    {
        StatFsBuffer buffer;
        var error = Call(CallNumber.fstatfs, fd, (nint)(&buffer)).Error;
        magic = error == Errno.OK ? buffer.Type : 0;
        return error;
    }

    public static Errno MkdirAt(int dirfd, ReadOnlySpan<byte> path, uint mode)
    {
        fixed (byte* name = Text(path))
        {
            return ErrorOf(mkdirat(dirfd, name, (mode_t)mode));
        }
    }

    /// <summary>mknodat(2): mode holds the type (S_IFCHR, S_IFIFO ...) and the permissions.</summary>
    public static Errno MknodAt(int dirfd, ReadOnlySpan<byte> path, uint mode, uint major, uint minor)
    {
        // The kernel's new_encode_dev: 12 bits of major in the middle of 20 bits of minor.
        var device = (major & 0xFFFu) << 8 | (minor & 0xFFu) | (minor & 0xFFF00u) << 12;
        fixed (byte* name = Text(path))
        {
            return Call(CallNumber.mknodat, dirfd, (nint)name, (nint)mode, (nint)device).Error;
        }
    }

    public static Errno SymlinkAt(ReadOnlySpan<byte> target, int dirfd, ReadOnlySpan<byte> path)
    {
        fixed (byte* to = Text(target), name = Text(path))
        {
            return ErrorOf(symlinkat(to, dirfd, name));
        }
    }

    public static Errno LinkAt(int oldDir, ReadOnlySpan<byte> oldPath, int newDir, ReadOnlySpan<byte> newPath, int flags)
    {
        fixed (byte* from = Text(oldPath), to = Text(newPath))
        {
            return ErrorOf(linkat(oldDir, from, newDir, to, flags));
        }
    }

    public static Errno UnlinkAt(int dirfd, ReadOnlySpan<byte> path, int flags)
    {
        fixed (byte* name = Text(path))
        {
            return ErrorOf(unlinkat(dirfd, name, flags));
        }
    }

    public static Errno RenameAt(int oldDir, ReadOnlySpan<byte> oldPath, int newDir, ReadOnlySpan<byte> newPath, uint flags = 0)
    {
        fixed (byte* from = Text(oldPath), to = Text(newPath))
        {
            return Call(CallNumber.renameat2, oldDir, (nint)from, newDir, (nint)to, (nint)flags).Error;
        }
    }

    public static Result ReadLinkAt(int dirfd, ReadOnlySpan<byte> path, Span<byte> target)
    {
        fixed (byte* name = Text(path), start = target)
        {
            return ResultOf(readlinkat(dirfd, name, start, target.Length));
        }
    }

    /// <summary>fchownat(2); uint.MaxValue leaves an id as it is.</summary>
    public static Errno FchownAt(int dirfd, ReadOnlySpan<byte> path, uint uid, uint gid, int flags)
    {
        fixed (byte* name = Text(path))
        {
            return ErrorOf(fchownat(dirfd, name, uid, gid, flags));
        }
    }

    public static Errno Fchmod(int fd, uint mode) => ErrorOf(fchmod(fd, (mode_t)mode));

    /// <summary>fchmodat(2); flags need fchmodat2 (kernel 6.6) and give ENOSYS before: glibc's detour over /proc is not taken.</summary>
    public static Errno FchmodAt(int dirfd, ReadOnlySpan<byte> path, uint mode, int flags)
    {
        fixed (byte* name = Text(path))
        {
            return flags == 0
                ? Call(CallNumber.fchmodat, dirfd, (nint)name, (nint)mode).Error
                : Call(CallNumber.fchmodat2, dirfd, (nint)name, (nint)mode, flags).Error;
        }
    }

    /// <summary>faccessat2(2) (kernel 5.8): AT_EACCESS asks with the effective ids and capabilities.</summary>
    public static Errno FaccessAt(int dirfd, ReadOnlySpan<byte> path, int mode, int flags)
    {
        fixed (byte* name = Text(path))
        {
            return Call(CallNumber.faccessat2, dirfd, (nint)name, mode, flags).Error;
        }
    }
}
