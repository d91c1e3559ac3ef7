using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    private const int MountTableLimit = 64 << 20;

    // What we mount on the rootfs would show up in every peer of the mount that holds it, and pivot_root refuses a shared one (pivot_root(2)).
    // Only the root of a mount can be told; which directory that is, the kernel says by refusing the others.
    private static Errno IsolateRootfs(IsolateRootfs isolate)
    {
        Span<byte> path = stackalloc byte[isolate.Path.Bytes.Length + 1];
        isolate.Path.Text.CopyTo(path);
        var length = isolate.Path.Text.Length;
        while (true)
        {
            path[length] = 0;
            var error = Sys.Mount(default, path[..(length + 1)], default, Native.MS_PRIVATE, default);
            if (error != Errno.EINVAL || (length == 1 && path[0] == (byte)'/'))
            {
                return error;
            }
            length = Math.Max(path[..length].LastIndexOf((byte)'/'), 1);
        }
    }

    private static Errno PropagateRootfs(InitContext context, PropagateRootfs propagate)
    {
        // mount_setattr(2) takes one kind of propagation and its own flag for recursion; before 5.12 it is mount(2).
        if (context.HasMountSetAttr)
        {
            return SetPropagation(context, context.Root, propagate.Flags, propagate.Recursive);
        }
        return Sys.Mount(default, "/"u8, default, propagate.Flags | (propagate.Recursive ? Native.MS_REC : 0), default);
    }

    private static Errno Remount(InitContext context, Remount remount)
    {
        var target = RootPath.Open(context.Root, remount.Target.Value, Native.O_PATH);
        if (!target.Ok)
        {
            return target.Error;
        }
        Span<byte> path = stackalloc byte[ProcPaths.Room];
        var error = EnterHostProc(context, target.Value, path);
        var flags = Native.MS_REMOUNT | Sys.ToMountFlags(remount.Flags.AttributesSet) | (remount.Flags.Bind ? Native.MS_BIND : 0);
        const uint Atime = Native.MOUNT_ATTR__ATIME | Native.MOUNT_ATTR_NODIRATIME;
        if (((remount.Flags.AttributesSet | remount.Flags.AttributesClear) & Atime) == 0)
        {
            // mount(2) keeps them when none is named, and "relatime" is one.
            flags &= ~Native.MS_RELATIME;
        }
        error = error == Errno.OK ? Sys.Mount(default, path, default, flags, remount.Data) : error;
        if (error == Errno.EPERM && remount.Flags.Bind)
        {
            // As for a bind mount: what another user namespace has locked, and nobody named, stays.
            error = Remount(context, target.Value, remount.Flags.AttributesSet, remount.Flags.AttributesClear);
        }
        if (error == Errno.OK && remount.Flags.HasRecursive)
        {
            error = SetRecursive(context, target.Value, remount.Flags);
        }
        if (error == Errno.OK)
        {
            error = SetPropagations(context, target.Value, remount.Flags);
        }
        Sys.Close(target.Value);
        return error;
    }

    private static Errno SetRecursive(InitContext context, int tree, MountFlags flags) => context.Failed(
        "recursive mount_setattr"u8,
        Sys.MountSetAttr(tree, ""u8, Native.AT_EMPTY_PATH | Native.AT_RECURSIVE, flags.RecursiveSet, flags.RecursiveClear, 0));

    private static Errno MoveRoot(InitContext context)
    {
        var error = Sys.Fchdir(context.Root);
        if (error == Errno.OK)
        {
            error = Mutant.Skips("MoveRoot.DetachHostProcs")
                ? Errno.OK
                : context.Failed("take the host's proc and sysfs away"u8, DetachHostProcs());
        }
        if (error == Errno.OK)
        {
            error = context.Failed("move_mount"u8, Sys.MoveMount(context.Root, default, Native.AT_FDCWD, "/"u8, Native.MOVE_MOUNT_F_EMPTY_PATH));
        }
        if (error == Errno.OK)
        {
            error = context.Failed("chroot"u8, Sys.Chroot("."u8));
        }
        return error == Errno.OK ? Sys.Chdir("/"u8) : error;
    }

    // Whoever mounts proc or sysfs in a user namespace may do so only if a whole one is in sight (mount_too_revealing in the kernel's
    // fs/namespace.c). The host's would be in sight here, below the new root, however much of the container's own one is masked.
    private static Errno DetachHostProcs()
    {
        Span<byte> own = stackalloc byte[4096];
        var cwd = Sys.GetCwd(own);
        if (!cwd.Ok)
        {
            return cwd.Error;
        }
        var rootfs = own[..(cwd.Value - 1)];
        var error = ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/self/mountinfo"u8, MountTableLimit, out var table);
        // The last mount first: what lies on top of another one goes before it.
        for (var end = table.Length; error == Errno.OK && end > 0;)
        {
            var start = table.AsSpan(0, end - 1).LastIndexOf((byte)'\n') + 1;
            error = DetachIfWhole(table.AsSpan(start, end - start), rootfs);
            end = start;
        }
        return error;
    }

    // "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw" (proc_pid_mountinfo(5)): root and mount point are fields 4 and 5,
    // the type stands behind the dash.
    private static Errno DetachIfWhole(ReadOnlySpan<byte> line, ReadOnlySpan<byte> rootfs)
    {
        var dash = line.IndexOf(" - "u8);
        var type = dash < 0 ? default : line[(dash + 3)..];
        if (!type.StartsWith("proc "u8) && !type.StartsWith("sysfs "u8))
        {
            return Errno.OK;
        }
        Span<Range> fields = stackalloc Range[6];
        var count = 0;
        foreach (var range in line.Split((byte)' '))
        {
            fields[count] = range;
            if (++count == fields.Length)
            {
                break;
            }
        }
        var point = line[fields[4]];
        var isContainers = point.StartsWith(rootfs) && (point.Length == rootfs.Length || point[rootfs.Length] == (byte)'/');
        if (!line[fields[3]].SequenceEqual("/"u8) || isContainers)
        {
            return Errno.OK;
        }
        Span<byte> path = stackalloc byte[point.Length + 1];
        Unescape(point, path);
        var error = Sys.Umount(path, Native.MNT_DETACH);
        // Gone with another one already, or covered by a mount that is not to be undone here.
        return error is Errno.EINVAL or Errno.ENOENT ? Errno.OK : error;
    }

    // Blank, tab, newline and backslash are written as three octal digits.
    private static void Unescape(ReadOnlySpan<byte> text, Span<byte> path)
    {
        path.Clear();
        var at = 0;
        while (text.Length > 0)
        {
            if (text[0] == (byte)'\\' && text.Length >= 4)
            {
                path[at++] = (byte)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
                text = text[4..];
            }
            else
            {
                path[at++] = text[0];
                text = text[1..];
            }
        }
    }
}
