using System;
using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace SharpRun.Linux;

public static unsafe partial class Sys
{
    [StructLayout(LayoutKind.Sequential)]
    internal struct MountAttr
    {
        public ulong Set, Clear, Propagation, UserNamespaceFd;
    }

    public static Result FsOpen(ReadOnlySpan<byte> type)
    {
        fixed (byte* name = Text(type))
        {
            return Call(CallNumber.fsopen, (nint)name, (nint)Native.FSOPEN_CLOEXEC);
        }
    }

    /// <summary>The configuration of a file system that is mounted already, for FsConfigReconfigure.</summary>
    public static Result FsPick(int dirfd, ReadOnlySpan<byte> path, uint flags)
    {
        fixed (byte* name = Text(path))
        {
            return Call(CallNumber.fspick, dirfd, (nint)name, (nint)(flags | Native.FSPICK_CLOEXEC));
        }
    }

    public static Errno FsConfigString(int fs, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        fixed (byte* name = Text(key), text = Text(value))
        {
            return Call(CallNumber.fsconfig, fs, Native.FSCONFIG_SET_STRING, (nint)name, (nint)text).Error;
        }
    }

    public static Errno FsConfigFlag(int fs, ReadOnlySpan<byte> key)
    {
        fixed (byte* name = Text(key))
        {
            return Call(CallNumber.fsconfig, fs, Native.FSCONFIG_SET_FLAG, (nint)name).Error;
        }
    }

    public static Errno FsConfigFd(int fs, ReadOnlySpan<byte> key, int fd)
    {
        fixed (byte* name = Text(key))
        {
            return Call(CallNumber.fsconfig, fs, Native.FSCONFIG_SET_FD, (nint)name, 0, fd).Error;
        }
    }

    public static Errno FsConfigCreate(int fs) => Call(CallNumber.fsconfig, fs, Native.FSCONFIG_CMD_CREATE).Error;

    public static Errno FsConfigReconfigure(int fs) => Call(CallNumber.fsconfig, fs, Native.FSCONFIG_CMD_RECONFIGURE).Error;

    /// <summary>The detached mount of a created file system.</summary>
    public static Result FsMount(int fs, uint attributes) =>
        Call(CallNumber.fsmount, fs, (nint)Native.FSMOUNT_CLOEXEC, (nint)attributes);

    /// <summary>open_tree(2), always with OPEN_TREE_CLOEXEC.</summary>
    public static Result OpenTree(int dirfd, ReadOnlySpan<byte> path, uint flags)
    {
        fixed (byte* name = Text(path))
        {
            return Call(CallNumber.open_tree, dirfd, (nint)name, (nint)(flags | Native.OPEN_TREE_CLOEXEC));
        }
    }

    public static Errno MoveMount(int fromFd, ReadOnlySpan<byte> from, int toFd, ReadOnlySpan<byte> to, uint flags)
    {
        fixed (byte* source = Text(from), target = Text(to))
        {
            return Call(CallNumber.move_mount, fromFd, (nint)source, toFd, (nint)target, (nint)flags).Error;
        }
    }

    /// <summary>Attaches a mount onto the very file or directory of a descriptor.</summary>
    public static Errno MoveMountOnto(int mountFd, int targetFd) =>
        MoveMount(mountFd, default, targetFd, default, Native.MOVE_MOUNT_F_EMPTY_PATH | Native.MOVE_MOUNT_T_EMPTY_PATH);

    /// <summary>mount_setattr(2) (kernel 5.12).</summary>
    public static Errno MountSetAttr(int fd, ReadOnlySpan<byte> path, uint atFlags, ulong set, ulong clear, ulong propagation, int userNamespaceFd = 0)
    {
        var attributes = new MountAttr { Set = set, Clear = clear, Propagation = propagation, UserNamespaceFd = (ulong)userNamespaceFd };
        fixed (byte* name = Text(path))
        {
            return Call(CallNumber.mount_setattr, fd, (nint)name, (nint)atFlags, (nint)(&attributes), sizeof(MountAttr)).Error;
        }
    }

    /// <summary>mount(2); an empty text is a null pointer.</summary>
    public static Errno Mount(ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, ReadOnlySpan<byte> type, ulong flags, ReadOnlySpan<byte> data)
    {
        fixed (byte* from = source, to = target, kind = type, text = data)
        {
            return ErrorOf(mount(from, to, kind, (ulong_t)flags, text));
        }
    }

    public static Errno Umount(ReadOnlySpan<byte> path, int flags)
    {
        fixed (byte* name = Text(path))
        {
            return ErrorOf(umount2(name, flags));
        }
    }

    public static Errno PivotRoot(ReadOnlySpan<byte> newRoot, ReadOnlySpan<byte> putOld)
    {
        fixed (byte* root = Text(newRoot), old = Text(putOld))
        {
            return Call(CallNumber.pivot_root, (nint)root, (nint)old).Error;
        }
    }

    /// <summary>A mount's flags as MOUNT_ATTR_*, for kernels without mount_setattr. A read-only file system counts as a read-only mount.</summary>
    public static Errno MountFlagsOf(int fd, out ulong attributes)
    {
        StatFsBuffer buffer;
        attributes = 0;
        var error = Call(CallNumber.fstatfs, fd, (nint)(&buffer)).Error;
        if (error != Errno.OK)
        {
            return error;
        }
        // ST_RDONLY, ST_NOSUID, ST_NODEV and ST_NOEXEC have the same values.
        attributes = (ulong)buffer.Flags & 0xF;
        attributes |= (buffer.Flags & Native.ST_NOSYMFOLLOW) != 0 ? Native.MOUNT_ATTR_NOSYMFOLLOW : 0u;
        attributes |= (buffer.Flags & Native.ST_NODIRATIME) != 0 ? Native.MOUNT_ATTR_NODIRATIME : 0u;
        attributes |= (buffer.Flags & Native.ST_NOATIME) != 0 ? Native.MOUNT_ATTR_NOATIME
            : (buffer.Flags & Native.ST_RELATIME) != 0 ? Native.MOUNT_ATTR_RELATIME : Native.MOUNT_ATTR_STRICTATIME;
        return Errno.OK;
    }

    /// <summary>MOUNT_ATTR_* as the MS_* of mount(2), which has no word for "no access times": MOUNT_ATTR_RELATIME is zero.</summary>
    public static ulong ToMountFlags(ulong attributes)
    {
        // The first four have the same values.
        var flags = attributes & 0xF;
        flags |= (attributes & Native.MOUNT_ATTR_NOSYMFOLLOW) != 0 ? Native.MS_NOSYMFOLLOW : 0;
        flags |= (attributes & Native.MOUNT_ATTR_NODIRATIME) != 0 ? Native.MS_NODIRATIME : 0;
        return flags | (attributes & Native.MOUNT_ATTR__ATIME) switch
        {
            Native.MOUNT_ATTR_NOATIME => Native.MS_NOATIME,
            Native.MOUNT_ATTR_STRICTATIME => Native.MS_STRICTATIME,
            _ => Native.MS_RELATIME,
        };
    }
}
