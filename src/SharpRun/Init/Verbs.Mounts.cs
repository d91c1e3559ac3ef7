using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    private static Errno BindRootfs(InitContext context, BindRootfs bind)
    {
        var error = OpenHostThings(context);
        if (error != Errno.OK)
        {
            return error;
        }
        var place = OpenRootfs(context, bind);
        if (!place.Ok)
        {
            return place.Error;
        }
        var tree = Sys.OpenTree(place.Value, ""u8, Native.AT_EMPTY_PATH | Native.OPEN_TREE_CLONE | Native.AT_RECURSIVE);
        if (!tree.Ok)
        {
            return context.Failed("open_tree"u8, tree.Error);
        }
        context.Root = tree.Value;
        error = context.Failed("statx"u8, Sys.Stat(tree.Value, ""u8, Native.AT_EMPTY_PATH, out var status));
        context.RootStatus = status;
        if (error == Errno.OK)
        {
            error = context.Failed("move_mount"u8, Sys.MoveMountOnto(tree.Value, place.Value));
        }
        Sys.Close(place.Value);
        return error;
    }

    // After the pivot the host is gone, and the image's /dev and /proc are not to be trusted (R6, CVE-2025-31133).
    private static Errno OpenHostThings(InitContext context)
    {
        var device = Sys.OpenTree(Native.AT_FDCWD, "/dev/null"u8, Native.OPEN_TREE_CLONE | Native.AT_SYMLINK_NOFOLLOW);
        if (!device.Ok)
        {
            return context.Failed("open the host's /dev/null"u8, device.Error);
        }
        var error = Sys.Stat(device.Value, ""u8, Native.AT_EMPTY_PATH, out var status);
        if (error != Errno.OK || Check.HostNullIsNull.Fails(!IsNullDevice(status)))
        {
            return context.Refuse("the host's /dev/null is not the null device"u8);
        }
        context.NullDevice.Tree = device.Value;
        return context.HasMountSetAttr ? Errno.OK : OpenHostProc(context);
    }

    // Mounts by self/fd/N go where this /proc says.
    private static Errno OpenHostProc(InitContext context)
    {
        var proc = OpenProc(context);
        context.HostProc = proc.Ok ? proc.Value : -1;
        return proc.Error;
    }

    private static Result OpenProc(InitContext context)
    {
        var proc = Sys.Open(Native.AT_FDCWD, "/proc"u8, Native.O_PATH | Native.O_DIRECTORY | Native.O_NOFOLLOW);
        if (!proc.Ok)
        {
            return Fail(context, "open the host's /proc"u8, proc.Error);
        }
        var error = Sys.StatFs(proc.Value, out var magic);
        if (error != Errno.OK || Check.HostProcIsProc.Fails(magic != Native.PROC_SUPER_MAGIC))
        {
            return Result.Failed(context.Refuse("the host's /proc is not a proc file system"u8));
        }
        return proc;
    }

    private static Errno MountFilesystem(InitContext context, MountFilesystem mount)
    {
        uint? mode = mount.InheritsMode ? ModeOf(context, mount.Target) : null;
        var target = mount.NeedsPlainDirectory ? PlainDirectory(context, mount.Target) : RootPath.MakeDirectories(context.Root, mount.Target.Value, 0x1ED);
        if (!target.Ok)
        {
            return target.Error;
        }
        var refused = RefusePlace(context, mount.Target, target.Value);
        if (refused != Errno.OK)
        {
            return refused;
        }
        if (mount.LongData is { } data)
        {
            return MountWithLongData(context, mount, target.Value, data);
        }
        var fresh = FreshMount(context, mount.Type, mount.Source, mount.Flags, mode);
        if (mount.HostsOwn is { } hosts && fresh.Error is Errno.EPERM or Errno.EBUSY)
        {
            return BindHostsOwn(context, mount, hosts, target.Value, fresh.Error);
        }
        var error = fresh.Error;
        if (error == Errno.OK && mount.Flags.CopyUp)
        {
            error = CopyUp(context, target.Value, fresh.Value);
        }
        if (error == Errno.OK && mount.TopLabel is { } label)
        {
            error = LabelTop(context, fresh.Value, label);
        }
        return error == Errno.OK ? Attach(context, fresh.Value, target.Value, mount.Flags, isFresh: !mount.Flags.CopyUp) : error;
    }

    /// <summary>The permission bits of a directory that is there; else null.</summary>
    private static uint? ModeOf(InitContext context, RootedPath path)
    {
        var there = RootPath.Open(context.Root, path.Value, Native.O_PATH | Native.O_DIRECTORY);
        if (!there.Ok)
        {
            return null;
        }
        var error = Sys.Stat(there.Value, ""u8, Native.AT_EMPTY_PATH, out var status);
        Sys.Close(there.Value);
        return error == Errno.OK ? status.Mode & 0xFFF /* 07777 */ : null;
    }

    /// <summary>A detached mount with all its options and attributes: nothing of it is visible until it is attached.</summary>
    private static Result FreshMount(InitContext context, CString type, CString source, MountFlags flags, uint? mode)
    {
        var opened = Sys.FsOpen(type);
        if (!opened.Ok)
        {
            return Fail(context, "fsopen"u8, opened.Error);
        }
        var fs = opened.Value;
        var error = Sys.FsConfigString(fs, "source"u8, source);
        foreach (var option in flags.Data)
        {
            if (error != Errno.OK)
            {
                break;
            }
            error = option.Value is { } value ? Sys.FsConfigString(fs, option.Key, value) : Sys.FsConfigFlag(fs, option.Key);
            context.Failed(option.Key, error);
        }
        if (error == Errno.OK && mode is { } bits)
        {
            Span<byte> octal = [(byte)('0' + (bits >> 9)), (byte)('0' + (bits >> 6 & 7)), (byte)('0' + (bits >> 3 & 7)), (byte)('0' + (bits & 7)), 0];
            error = context.Failed("mode"u8, Sys.FsConfigString(fs, "mode"u8, octal));
        }
        if (error == Errno.OK)
        {
            error = context.Failed("fsconfig create"u8, Sys.FsConfigCreate(fs));
        }
        // What is filled first becomes read-only when it is full.
        var attributes = flags.CopyUp ? flags.AttributesSet & ~(uint)Native.MOUNT_ATTR_RDONLY : flags.AttributesSet;
        var mounted = error == Errno.OK ? Sys.FsMount(fs, attributes) : Result.Failed(error);
        Sys.Close(fs);
        return mounted;
    }

    private static Errno BindMount(InitContext context, BindMount bind)
    {
        var source = OpenSource(context, bind);
        if (!source.Ok)
        {
            return source.Error;
        }
        var error = Sys.Stat(source.Value, ""u8, Native.AT_EMPTY_PATH, out var status);
        if (error != Errno.OK)
        {
            return error;
        }
        var target = status.IsDirectory
            ? RootPath.MakeDirectories(context.Root, bind.Target.Value, 0x1ED)
            : FileTarget(context, bind.Target);
        if (!target.Ok)
        {
            return context.Failed("make the mount point"u8, target.Error);
        }
        error = RefusePlace(context, bind.Target, target.Value);
        if (error == Errno.OK && bind.IdMap is not null)
        {
            error = MapIds(context, source.Value);
        }
        return error == Errno.OK ? Attach(context, source.Value, target.Value, bind.Flags, isFresh: false) : error;
    }

    // Attributes are set before the mount can be seen. Before 5.12 only fsmount can do that: a bind is attached first, then remounted.
    private static Errno Attach(InitContext context, int tree, int target, MountFlags flags, bool isFresh)
    {
        var set = isFresh ? 0 : flags.AttributesSet;
        var clear = isFresh ? 0 : flags.AttributesClear | flags.AttributesReset;
        var error = Errno.OK;
        if (context.HasMountSetAttr && (set | clear) != 0)
        {
            error = Sys.MountSetAttr(tree, ""u8, Native.AT_EMPTY_PATH, set, clear, 0);
            if (error == Errno.EPERM && flags.AttributesReset != 0)
            {
                // A user namespace cannot take away what another has locked; what nobody named stays as it is.
                error = Sys.MountSetAttr(tree, ""u8, Native.AT_EMPTY_PATH, set, flags.AttributesClear, 0);
            }
            context.Failed("mount_setattr"u8, error);
        }
        if (error == Errno.OK && flags.HasRecursive)
        {
            error = SetRecursive(context, tree, flags);
        }
        if (error == Errno.OK)
        {
            error = MoveOnto(tree, target);
        }
        if (error == Errno.OK && !context.HasMountSetAttr && (set | clear) != 0)
        {
            error = Remount(context, tree, set, clear);
            if (error == Errno.EPERM && flags.AttributesReset != 0)
            {
                error = Remount(context, tree, set, flags.AttributesClear);
            }
        }
        if (error == Errno.OK)
        {
            error = SetPropagations(context, tree, flags);
        }
        Sys.Close(tree);
        Sys.Close(target);
        return error;
    }

    // When a file and a directory meet, move_mount(2) says EINVAL, where mount(2) says ENOTDIR. docker explains the latter to its user.
    private static Errno MoveOnto(int tree, int target)
    {
        var error = Sys.MoveMountOnto(tree, target);
        return error == Errno.EINVAL && IsDirectory(tree) != IsDirectory(target) ? Errno.ENOTDIR : error;
    }

    private static bool IsDirectory(int fd) => Sys.Stat(fd, ""u8, Native.AT_EMPTY_PATH, out var status) == Errno.OK && status.IsDirectory;

    private static Errno SetPropagation(InitContext context, int tree, ulong propagation, bool recursive)
    {
        if (context.HasMountSetAttr)
        {
            return Sys.MountSetAttr(tree, ""u8, Native.AT_EMPTY_PATH | (recursive ? Native.AT_RECURSIVE : 0u), 0, 0, propagation);
        }
        Span<byte> path = stackalloc byte[ProcPaths.Room];
        var error = EnterHostProc(context, tree, path);
        return error != Errno.OK ? error : Sys.Mount(default, path, default, propagation | (recursive ? Native.MS_REC : 0u), default);
    }

    /// <summary>Kernels 5.10 and 5.11: the flags of an attached mount, by the descriptor of the mount itself.</summary>
    private static Errno Remount(InitContext context, int tree, ulong set, ulong clear)
    {
        Span<byte> path = stackalloc byte[ProcPaths.Room];
        var error = EnterHostProc(context, tree, path);
        if (error != Errno.OK)
        {
            return error;
        }
        error = Sys.MountFlagsOf(tree, out var attributes);
        if (error != Errno.OK)
        {
            return error;
        }
        var flags = Sys.ToMountFlags((attributes & ~clear) | set);
        return context.Failed("remount"u8, Sys.Mount(default, path, default, Native.MS_REMOUNT | Native.MS_BIND | flags, default));
    }

    // mount(2) takes a path; "self/fd/N" below the host's own /proc, held since before the pivot, leads to the very mount (R3).
    private static Errno EnterHostProc(InitContext context, int fd, Span<byte> path)
    {
        var error = context.HostProc < 0 ? OpenHostProc(context) : Errno.OK;
        ProcPaths.SelfFd(path, fd);
        return error == Errno.OK ? Sys.Fchdir(context.HostProc) : error;
    }

    // fsconfig refuses values over 255 bytes (measured on 5.10 and 6.18): such a mount goes by mount(2) onto the checked target (R3).
    private static Errno MountWithLongData(InitContext context, MountFilesystem mount, int target, CString data)
    {
        Span<byte> path = stackalloc byte[ProcPaths.Room];
        var error = EnterHostProc(context, target, path);
        if (error != Errno.OK)
        {
            return error;
        }
        var flags = Sys.ToMountFlags(mount.Flags.AttributesSet);
        error = Sys.Mount(mount.Source, path, mount.Type, flags, data);
        if (error != Errno.OK || mount.Flags.Propagation.Count == 0)
        {
            return error;
        }
        var top = RootPath.Open(context.Root, mount.Target.Value, Native.O_PATH);
        return top.Ok ? SetPropagations(context, top.Value, mount.Flags) : top.Error;
    }

    private static Errno SetPropagations(InitContext context, int tree, MountFlags flags)
    {
        foreach (var propagation in flags.Propagation)
        {
            var error = SetPropagation(context, tree, propagation.Flags, propagation.Recursive);
            if (error != Errno.OK)
            {
                return error;
            }
        }
        return Errno.OK;
    }

    // The tmpfs is written while attached, and made read-only last, as asked.
    private static Errno MountCgroups(InitContext context, MountCgroups mount)
    {
        var target = RootPath.MakeDirectories(context.Root, mount.Target.Value, 0x1ED);
        if (!target.Ok)
        {
            return target.Error;
        }
        var error = RefusePlace(context, mount.Target, target.Value);
        if (error != Errno.OK)
        {
            return error;
        }
        ulong attributes = mount.Flags.AttributesSet;
        var open = Sys.FsOpen("tmpfs"u8);
        error = open.Ok ? Sys.FsConfigString(open.Value, "mode"u8, "755"u8) : open.Error;
        error = error == Errno.OK && mount.Label is { } label ? Sys.FsConfigString(open.Value, "context"u8, label) : error;
        error = error == Errno.OK ? Sys.FsConfigCreate(open.Value) : error;
        var tmpfs = error == Errno.OK ? Sys.FsMount(open.Value, (uint)(attributes & ~Native.MOUNT_ATTR_RDONLY)) : Result.Failed(error);
        if (!tmpfs.Ok)
        {
            return context.Failed("tmpfs"u8, tmpfs.Error);
        }
        Sys.Close(open.Value);
        error = Sys.MoveMountOnto(tmpfs.Value, target.Value);
        foreach (var bind in mount.Binds)
        {
            error = error == Errno.OK ? BindCgroup(context, mount, tmpfs.Value, bind) : error;
        }
        if (error == Errno.OK && (attributes & Native.MOUNT_ATTR_RDONLY) != 0)
        {
            error = SetAttributes(context, tmpfs.Value, Native.MOUNT_ATTR_RDONLY, recursive: false);
        }
        Sys.Close(tmpfs.Value);
        Sys.Close(target.Value);
        return error;
    }

    private static Errno BindCgroup(InitContext context, MountCgroups mount, int tmpfs, CgroupBind bind)
    {
        ulong attributes = mount.Flags.AttributesSet;
        var error = Sys.MkdirAt(tmpfs, bind.Name, 0x1ED);
        var place = error == Errno.OK ? Sys.Open(tmpfs, bind.Name, Native.O_PATH | Native.O_DIRECTORY | Native.O_NOFOLLOW) : Result.Failed(error);
        var tree = place.Ok ? Sys.OpenTree(Native.AT_FDCWD, bind.Source, Native.OPEN_TREE_CLONE) : place;
        if (!tree.Ok)
        {
            return context.Failed(bind.Source, tree.Error);
        }
        error = Sys.MoveMountOnto(tree.Value, place.Value);
        if (error == Errno.OK && attributes != 0)
        {
            error = SetAttributes(context, tree.Value, attributes, recursive: false);
        }
        if (error == Errno.OK && mount.HostHasPeers && !Mutant.Skips("MountCgroups.Isolate"))
        {
            error = SetPropagation(context, tree.Value, Native.MS_PRIVATE, recursive: false);
        }
        foreach (var link in bind.Links)
        {
            error = error == Errno.OK ? Sys.SymlinkAt(bind.Name, tmpfs, link) : error;
        }
        Sys.Close(tree.Value);
        Sys.Close(place.Value);
        return context.Failed(bind.Source, error);
    }

    /// <summary>Adds attributes to a mount that is attached already, or is still detached on a kernel from 5.12 on.</summary>
    private static Errno SetAttributes(InitContext context, int tree, ulong attributes, bool recursive) => context.HasMountSetAttr
        ? context.Failed("mount_setattr"u8, Sys.MountSetAttr(tree, ""u8, Native.AT_EMPTY_PATH | (recursive ? Native.AT_RECURSIVE : 0u), attributes, 0, 0))
        : Remount(context, tree, attributes, 0);

    private static Result Fail(InitContext context, ReadOnlySpan<byte> detail, Errno error) => Result.Failed(context.Failed(detail, error));
}
