using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

static partial class Verbs
{
    // A link of the image at /proc would let a mount, and what the runtime writes through it, land elsewhere (R4, CVE-2023-27561).
    private static Result PlainDirectory(InitContext context, RootedPath path)
    {
        const ulong resolve = Native.RESOLVE_IN_ROOT | Native.RESOLVE_NO_MAGICLINKS;
        var noLinks = Check.ProcIsPlainDirectory.Fails(true) ? Native.RESOLVE_NO_SYMLINKS : 0;
        var opened = Sys.OpenAt2(context.Root, path.Value, Native.O_PATH | Native.O_DIRECTORY, 0, resolve | noLinks);
        if (opened.Error == Errno.ENOENT)
        {
            var made = RootPath.MakeDirectories(context.Root, path.Value, 0x1ED);
            if (!made.Ok)
            {
                return made;
            }
            Sys.Close(made.Value);
            opened = Sys.OpenAt2(context.Root, path.Value, Native.O_PATH | Native.O_DIRECTORY, 0, resolve | noLinks);
        }
        return opened.Error is Errno.ELOOP or Errno.ENOTDIR
            ? Result.Failed(context.Refuse("must be mounted on ordinary directory"u8))
            : opened;
    }

    // SpecRules has judged the path as text. A link of the image may still lead below /proc, where a mount would hide what the runtime and the
    // kernel's security modules read there (R4, CVE-2019-16884), or to the root, where it would be below what everybody sees.
    private static Errno RefusePlace(InitContext context, RootedPath path, int target)
    {
        if (path.IsBelowProc)
        {
            return Errno.OK;
        }
        var error = Sys.StatFs(target, out var magic);
        if (error != Errno.OK)
        {
            return error;
        }
        if (Check.MountStaysOutOfProc.Fails(magic == Native.PROC_SUPER_MAGIC))
        {
            return context.Refuse("it is inside /proc by way of a link"u8);
        }
        error = Sys.Stat(target, ""u8, Native.AT_EMPTY_PATH, out var place);
        var isRoot = place.MountId == context.RootStatus.MountId && place.IsSameFile(context.RootStatus);
        return error == Errno.OK && Check.MountIsBelowTheRoot.Fails(isRoot) ? context.Refuse("it is the root itself by way of a link"u8) : error;
    }

    private static Result FileTarget(InitContext context, RootedPath path)
    {
        var there = RootPath.Open(context.Root, path.Value, Native.O_PATH);
        return there.Error == Errno.ENOENT ? RootPath.MakeFile(context.Root, path.Value, 0x1A4 /* 0644 */) : there;
    }

    /// <summary>What has this name in an open directory, be it a link, as O_PATH; made as an empty file when nothing has.</summary>
    private static Result MadeFile(int directory, ReadOnlySpan<byte> name, uint mode)
    {
        var made = Sys.Open(directory, name, Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, mode);
        if (made.Ok)
        {
            Sys.Close(made.Value);
        }
        return made.Ok || made.Error == Errno.EEXIST ? Sys.Open(directory, name, Native.O_PATH | Native.O_NOFOLLOW) : made;
    }

    private static Errno MakeMountReadonly(InitContext context, MakeMountReadonly make)
    {
        var target = RootPath.Open(context.Root, make.Target.Value, Native.O_PATH | Native.O_DIRECTORY);
        if (!target.Ok)
        {
            return target.Error;
        }
        var error = SetAttributes(context, target.Value, Native.MOUNT_ATTR_RDONLY, recursive: false);
        Sys.Close(target.Value);
        return error;
    }

    private static Errno MakeWorkingDirectory(InitContext context, MakeWorkingDirectory make)
    {
        var directory = RootPath.MakeDirectories(context.Root, make.Path.Value, 0x1ED);
        if (directory.Ok)
        {
            Sys.Close(directory.Value);
        }
        return directory.Error;
    }

    // pivot_root(".", ".") stacks the old root on the new one at the same place, so that no directory for it is needed (pivot_root(2)).
    private static Errno PivotRoot(InitContext context, PivotRoot pivot)
    {
        var old = pivot.OldRootHasPeers ? Sys.Open(Native.AT_FDCWD, "/"u8, Native.O_PATH | Native.O_DIRECTORY) : Result.Of(0);
        var error = old.Ok ? Sys.Fchdir(context.Root) : old.Error;
        if (error == Errno.OK)
        {
            error = Sys.PivotRoot("."u8, "."u8);
        }
        if (error != Errno.OK)
        {
            return error;
        }
        if (pivot.OldRootHasPeers)
        {
            // By its own descriptor: from the new root, "." is the new one, and its volumes would lose their peers.
            error = MakeSlave(old.Value);
            Sys.Close(old.Value);
        }
        if (error == Errno.OK)
        {
            error = Sys.Umount("."u8, Native.MNT_DETACH);
        }
        return context.Failed("detach the old root"u8, error == Errno.OK ? Sys.Chdir("/"u8) : error);
    }

    // Unmounting would travel to the host.
    private static Errno MakeSlave(int oldRoot)
    {
        var error = Sys.Fchdir(oldRoot);
        return error == Errno.OK && !Mutant.Skips("PivotRoot.MakeSlave")
            ? Sys.Mount(default, "."u8, default, Native.MS_SLAVE | Native.MS_REC, default)
            : error;
    }

    private static Errno RootReadonly(InitContext context) => SetAttributes(context, context.Root, Native.MOUNT_ATTR_RDONLY, recursive: false);

    private static Errno ReadonlyPath(InitContext context, ReadonlyPath step)
    {
        var target = RootPath.Open(context.Root, step.Path.Value, Native.O_PATH);
        if (!target.Ok)
        {
            return IsAbsent(target.Error) ? Errno.OK : target.Error;
        }
        var tree = Sys.OpenTree(target.Value, ""u8, Native.AT_EMPTY_PATH | Native.OPEN_TREE_CLONE | Native.AT_RECURSIVE);
        if (!tree.Ok)
        {
            return context.Failed("open_tree"u8, tree.Error);
        }
        var error = context.HasMountSetAttr ? SetAttributes(context, tree.Value, Native.MOUNT_ATTR_RDONLY, recursive: true) : Errno.OK;
        if (error == Errno.OK)
        {
            error = Sys.MoveMountOnto(tree.Value, target.Value);
        }
        if (error == Errno.OK && !context.HasMountSetAttr)
        {
            error = Remount(context, tree.Value, Native.MOUNT_ATTR_RDONLY, 0);
        }
        Sys.Close(tree.Value);
        Sys.Close(target.Value);
        return error;
    }

    private static Errno MaskPath(InitContext context, MaskPath step)
    {
        var target = RootPath.Open(context.Root, step.Path.Value, Native.O_PATH);
        if (!target.Ok)
        {
            return IsAbsent(target.Error) ? Errno.OK : target.Error;
        }
        var error = Sys.Stat(target.Value, ""u8, Native.AT_EMPTY_PATH, out var status);
        if (error == Errno.OK && status.IsDirectory)
        {
            error = EmptyDirectory(context, step.Label);
        }
        if (error == Errno.OK)
        {
            error = (status.IsDirectory ? context.EmptyDirectory : context.NullDevice).AttachTo(target.Value);
        }
        if (error == Errno.OK && !status.IsDirectory && step.HostHasPeers && !Mutant.Skips("MaskPath.Isolate"))
        {
            // The first one that was attached; the others are its copies, and private like it.
            error = SetPropagation(context, context.NullDevice.Tree, Native.MS_PRIVATE, recursive: false);
        }
        Sys.Close(target.Value);
        return error;
    }

    // One read-only tmpfs covers every masked directory: one each makes tear-down slow on big hosts (kubernetes#138512).
    private static Errno EmptyDirectory(InitContext context, CString? label)
    {
        if (context.EmptyDirectory.Tree >= 0)
        {
            return Errno.OK;
        }
        var open = Sys.FsOpen("tmpfs"u8);
        if (!open.Ok)
        {
            return context.Failed("tmpfs"u8, open.Error);
        }
        var error = Sys.FsConfigString(open.Value, "mode"u8, "755"u8);
        error = error == Errno.OK ? Sys.FsConfigString(open.Value, "nr_blocks"u8, "1"u8) : error;
        error = error == Errno.OK && label is not null ? Sys.FsConfigString(open.Value, "context"u8, label) : error;
        error = error == Errno.OK ? Sys.FsConfigCreate(open.Value) : error;
        const uint attributes = (uint)(Native.MOUNT_ATTR_RDONLY | Native.MOUNT_ATTR_NOSUID | Native.MOUNT_ATTR_NODEV | Native.MOUNT_ATTR_NOEXEC);
        var tmpfs = error == Errno.OK ? Sys.FsMount(open.Value, attributes) : Result.Failed(error);
        Sys.Close(open.Value);
        context.EmptyDirectory.Tree = tmpfs.Ok ? tmpfs.Value : -1;
        return context.Failed("tmpfs"u8, tmpfs.Error);
    }

    private static bool IsAbsent(Errno error) => error is Errno.ENOENT or Errno.ENOTDIR;
}

/// <summary>The text "self/fd/N" in a caller's buffer, for mount(2) below an open /proc.</summary>
static class ProcPaths
{
    public const int Room = 24;

    public static void SelfFd(Span<byte> path, int fd)
    {
        var prefix = "self/fd/"u8;
        path.Clear();
        prefix.CopyTo(path);
        fd.TryFormat(path[prefix.Length..], out _);
    }
}
