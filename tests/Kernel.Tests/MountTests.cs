using System;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

static class MountTests
{
    private const int Here = Native.CLONE_NEWNS;

    public static readonly Test[] All =
    [
        new("a tmpfs with attributes, attached to a descriptor", Tmpfs, Here),
        new("the kernel explains a refused option", RefusedOption, Here),
        new("fsconfig refuses values over 255 bytes", LongValue, Here),
        new("a clone becomes read-only before it is attached", ReadOnlyClone, Here),
        new("mount_setattr reaches the mounts below", Recursive, Here),
        new("mount_setattr changes propagation", Propagation, Here),
        new("mount flags of old kernels: read, changed, set again", OldFlags, Here),
        new("a file system is reconfigured read-only", Reconfigure, Here),
        new("mount(2) and umount(2)", OldCalls, Here),
        new("pivot_root onto itself", PivotRoot, Here),
        new("move_mount within a tree", Move, Here),
        new("file system magic numbers", Magic, Here | Native.CLONE_NEWPID),
        new("an id-mapped mount shows other owners", IdMapped, Here),
    ];

    private static int NewTmpfs(uint attributes)
    {
        var fs = Check.Value(Sys.FsOpen("tmpfs"u8));
        Check.Ok(Sys.FsConfigString(fs, "size"u8, "64k"u8));
        Check.Ok(Sys.FsConfigString(fs, "mode"u8, "1750"u8));
        Check.Ok(Sys.FsConfigString(fs, "source"u8, "named-source"u8));
        Check.Ok(Sys.FsConfigCreate(fs));
        var mount = Check.Value(Sys.FsMount(fs, attributes));
        Sys.Close(fs);
        return mount;
    }

    private static string MountLine(string directory)
    {
        foreach (var line in Scratch.ReadFile("/proc/self/mountinfo").Split('\n'))
        {
            if (line.Contains($" {directory} ", StringComparison.Ordinal))
            {
                return line;
            }
        }
        throw new Failure($"{directory} is not a mount");
    }

    private static void NeedSetAttr()
    {
        if (Sys.MountSetAttr(-1, "x"u8, 0, 0, 0, 0) == Errno.ENOSYS)
        {
            throw new Skip("mount_setattr (kernel 5.12)");
        }
    }

    private static void Tmpfs()
    {
        var target = Scratch.MakeDirectory("target");
        var mount = NewTmpfs(Native.MOUNT_ATTR_NOSUID | Native.MOUNT_ATTR_NODEV | Native.MOUNT_ATTR_NOEXEC | Native.MOUNT_ATTR_NOATIME);
        Check.Ok(Sys.MoveMountOnto(mount, target));
        var line = MountLine($"{Scratch.Path}/target");
        Check.Contains(" rw,nosuid,nodev,noexec,noatime ", line);
        Check.Contains(" - tmpfs named-source rw,size=64k,mode=1750", line);
        Scratch.WriteFile(mount, "file", "x");
        Check.Equal("x", Scratch.ReadFile($"{Scratch.Path}/target/file"));
        Check.Fails(Errno.EBADF, Sys.MoveMountOnto(999, target));
    }

    private static void RefusedOption()
    {
        var fs = Check.Value(Sys.FsOpen("tmpfs"u8));
        Check.Fails(Errno.EINVAL, Sys.FsConfigString(fs, "nonsense"u8, "1"u8));
        var text = new byte[256];
        var length = Check.Value(Sys.Read(fs, text));
        Check.Contains("nonsense", Of(text.AsSpan(0, length)));
        Check.Fails(Errno.EINVAL, Sys.FsConfigFlag(fs, "size"u8));
        Check.Ok(Sys.FsConfigFlag(fs, "ro"u8));
        Check.Fails(Errno.ENODEV, Sys.FsOpen("no-such-type"u8));
    }

    private static void LongValue()
    {
        var fs = Check.Value(Sys.FsOpen("tmpfs"u8));
        Check.Ok(Sys.FsConfigString(fs, "source"u8, Z(new string('s', 255))));
        Check.Fails(Errno.EINVAL, Sys.FsConfigString(fs, "source"u8, Z(new string('s', 256))));
    }

    private static void ReadOnlyClone()
    {
        NeedSetAttr();
        var source = Scratch.MakeDirectory("source");
        var target = Scratch.MakeDirectory("target");
        Scratch.WriteFile(source, "file", "there");
        var tree = Check.Value(Sys.OpenTree(source, default, Native.AT_EMPTY_PATH | Native.OPEN_TREE_CLONE | Native.AT_RECURSIVE));
        Check.Ok(Sys.MountSetAttr(tree, ""u8, Native.AT_EMPTY_PATH, Native.MOUNT_ATTR_RDONLY | Native.MOUNT_ATTR_NOEXEC, 0, 0));
        Check.Ok(Sys.MoveMountOnto(tree, target));
        Check.Equal("there", Scratch.ReadFile($"{Scratch.Path}/target/file"));
        var path = Z($"{Scratch.Path}/target/file");
        Check.Fails(Errno.EROFS, Sys.Open(Native.AT_FDCWD, path, Native.O_WRONLY));
        Check.Value(Sys.Open(source, "file"u8, Native.O_WRONLY));
        Check.Contains(" ro,noexec,relatime ", MountLine($"{Scratch.Path}/target"));
        Check.Ok(Sys.MountSetAttr(Native.AT_FDCWD, Z($"{Scratch.Path}/target"), 0, 0, Native.MOUNT_ATTR_RDONLY, 0));
        Check.Value(Sys.Open(Native.AT_FDCWD, path, Native.O_WRONLY));
    }

    private static void Recursive()
    {
        NeedSetAttr();
        var source = Scratch.MakeDirectory("source");
        Check.Ok(Sys.MkdirAt(source, "below"u8, 0x1ED));
        Check.Ok(Sys.Mount("below"u8, Z($"{Scratch.Path}/source/below"), "tmpfs"u8, 0, default));
        var target = Scratch.MakeDirectory("target");
        var tree = Check.Value(Sys.OpenTree(source, default, Native.AT_EMPTY_PATH | Native.OPEN_TREE_CLONE | Native.AT_RECURSIVE));
        Check.Ok(Sys.MountSetAttr(tree, default, Native.AT_EMPTY_PATH | Native.AT_RECURSIVE, Native.MOUNT_ATTR_RDONLY, 0, 0));
        Check.Ok(Sys.MoveMountOnto(tree, target));
        Check.Contains(" ro,relatime ", MountLine($"{Scratch.Path}/target/below"));
        Check.Contains(" rw,relatime ", MountLine($"{Scratch.Path}/source/below"));
        var alone = Check.Value(Sys.OpenTree(source, default, Native.AT_EMPTY_PATH | Native.OPEN_TREE_CLONE));
        Check.Ok(Sys.MoveMountOnto(alone, Scratch.MakeDirectory("alone")));
        Check.True(!Scratch.ReadFile("/proc/self/mountinfo").Contains("/alone/below", StringComparison.Ordinal));
    }

    private static void Propagation()
    {
        NeedSetAttr();
        var path = Z(Scratch.Path);
        Check.True(!MountLine(Scratch.Path).Contains("shared:", StringComparison.Ordinal));
        Check.Ok(Sys.MountSetAttr(Native.AT_FDCWD, path, 0, 0, 0, Native.MS_SHARED));
        Check.Contains(" shared:", MountLine(Scratch.Path));
        // Held, so that the group keeps a member to be a slave of.
        var former = Check.Value(Sys.Open(Native.AT_FDCWD, "/proc/self/ns/mnt"u8, Native.O_RDONLY));
        Check.Ok(Sys.Unshare(Native.CLONE_NEWNS));
        Check.Ok(Sys.MountSetAttr(Native.AT_FDCWD, path, 0, 0, 0, Native.MS_SLAVE));
        Check.Contains(" master:", MountLine(Scratch.Path));
        Check.Ok(Sys.MountSetAttr(Native.AT_FDCWD, path, 0, 0, 0, Native.MS_UNBINDABLE));
        Check.Contains(" unbindable ", MountLine(Scratch.Path));
        Sys.Close(former);
        Check.Fails(Errno.EINVAL, Sys.MountSetAttr(Native.AT_FDCWD, path, 0, 0, 0, Native.MS_SHARED | Native.MS_SLAVE));
    }

    private static void OldFlags()
    {
        (uint Attributes, string Text)[] cases =
        [
            (Native.MOUNT_ATTR_RDONLY | Native.MOUNT_ATTR_NOSUID, " ro,nosuid,relatime "),
            (Native.MOUNT_ATTR_NODEV | Native.MOUNT_ATTR_NOEXEC | Native.MOUNT_ATTR_NOATIME, " rw,nodev,noexec,noatime "),
            (Native.MOUNT_ATTR_STRICTATIME | Native.MOUNT_ATTR_NODIRATIME, " rw,nodiratime "),
            (0, " rw,relatime "),
        ];
        var target = Scratch.MakeDirectory("target");
        var path = Z($"{Scratch.Path}/target");
        foreach (var (attributes, text) in cases)
        {
            var mount = NewTmpfs(attributes);
            Check.Ok(Sys.MoveMountOnto(mount, target));
            Check.Contains(text, MountLine($"{Scratch.Path}/target"));
            Check.Ok(Sys.MountFlagsOf(mount, out var read));
            Check.Equal((ulong)attributes, read, "the attributes");
            // Everything again, and one more.
            var flags = Sys.ToMountFlags(read | Native.MOUNT_ATTR_NOSUID) | Native.MS_REMOUNT | Native.MS_BIND;
            Check.Ok(Sys.Mount(default, path, default, flags, default));
            Check.Ok(Sys.MountFlagsOf(mount, out read));
            Check.Equal((ulong)(attributes | Native.MOUNT_ATTR_NOSUID), read, "the attributes after the remount");
            Check.Ok(Sys.Umount(path, Native.MNT_DETACH));
            Sys.Close(mount);
        }
        Check.Equal(Native.MS_NOSYMFOLLOW | Native.MS_RELATIME, Sys.ToMountFlags(Native.MOUNT_ATTR_NOSYMFOLLOW));
    }

    private static void Reconfigure()
    {
        var target = Scratch.MakeDirectory("target");
        Check.Ok(Sys.MoveMountOnto(NewTmpfs(0), target));
        var path = Z($"{Scratch.Path}/target");
        var fs = Check.Value(Sys.FsPick(Native.AT_FDCWD, path, 0));
        Check.Ok(Sys.FsConfigFlag(fs, "ro"u8));
        Check.Ok(Sys.FsConfigReconfigure(fs));
        Check.Fails(Errno.EROFS, Sys.MkdirAt(Native.AT_FDCWD, Z($"{Scratch.Path}/target/x"), 0x1ED));
    }

    private static void OldCalls()
    {
        Scratch.MakeDirectory("target");
        var path = Z($"{Scratch.Path}/target");
        Check.Ok(Sys.Mount("src"u8, path, "tmpfs"u8, Native.MS_NODEV, "size=4k,mode=700"u8));
        Check.Contains(" rw,nodev,relatime - tmpfs src rw,size=4k,mode=700", MountLine($"{Scratch.Path}/target"));
        var inside = Check.Value(Sys.Open(Native.AT_FDCWD, path, Native.O_RDONLY | Native.O_DIRECTORY));
        Check.Fails(Errno.EBUSY, Sys.Umount(path, 0));
        Check.Ok(Sys.Umount(path, Native.MNT_DETACH));
        Sys.Close(inside);
        Check.Fails(Errno.EINVAL, Sys.Umount(path, 0));
        Check.Fails(Errno.ENODEV, Sys.Mount(default, path, "no-such-type"u8, 0, default));
    }

    private static void PivotRoot()
    {
        var root = Scratch.MakeDirectory("root");
        Check.Ok(Sys.MoveMountOnto(NewTmpfs(0), root));
        root = Check.Value(Sys.Open(Native.AT_FDCWD, Z($"{Scratch.Path}/root"), Native.O_RDONLY | Native.O_DIRECTORY));
        Scratch.WriteFile(root, "marker", "new root");
        Check.Ok(Sys.Fchdir(root));
        Check.Ok(Sys.PivotRoot("."u8, "."u8));
        Check.Ok(Sys.Umount("."u8, Native.MNT_DETACH));
        Check.Ok(Sys.Chdir("/"u8));
        Check.Equal("new root", Scratch.ReadFile("/marker"));
        Check.Fails(Errno.ENOENT, Sys.Open(Native.AT_FDCWD, "/etc"u8, Native.O_PATH));
    }

    private static void Move()
    {
        var from = Scratch.MakeDirectory("from");
        Scratch.MakeDirectory("to");
        Check.Ok(Sys.MoveMountOnto(NewTmpfs(0), from));
        var (old, young) = (Z($"{Scratch.Path}/from"), Z($"{Scratch.Path}/to"));
        Check.Ok(Sys.MoveMount(Native.AT_FDCWD, old, Native.AT_FDCWD, young, 0));
        Check.Contains(" - tmpfs named-source ", MountLine($"{Scratch.Path}/to"));
        Check.Fails(Errno.EINVAL, Sys.MoveMount(Native.AT_FDCWD, old, Native.AT_FDCWD, young, 0));
    }

    private static void Magic()
    {
        Check.Equal(1, Sys.GetPid());
        var proc = Scratch.MakeDirectory("proc");
        var fs = Check.Value(Sys.FsOpen("proc"u8));
        Check.Ok(Sys.FsConfigCreate(fs));
        Check.Ok(Sys.MoveMountOnto(Check.Value(Sys.FsMount(fs, 0)), proc));
        (string Path, long Magic)[] places =
        [
            ($"{Scratch.Path}/proc", Native.PROC_SUPER_MAGIC), (Scratch.Path, Native.TMPFS_MAGIC),
            ($"{Scratch.Path}/proc/self/ns/mnt", Native.NSFS_MAGIC), ("/sys", Native.SYSFS_MAGIC),
        ];
        foreach (var (path, expected) in places)
        {
            var fd = Check.Value(Sys.Open(Native.AT_FDCWD, Z(path), Native.O_RDONLY | Native.O_NONBLOCK), path);
            Check.Ok(Sys.StatFs(fd, out var magic));
            Check.Equal(expected, magic, path);
        }
        var pts = Scratch.MakeDirectory("pts");
        Check.Ok(Sys.Mount("devpts"u8, Z($"{Scratch.Path}/pts"), "devpts"u8, 0, "newinstance"u8));
        Sys.Close(pts);
        pts = Check.Value(Sys.Open(Native.AT_FDCWD, Z($"{Scratch.Path}/pts"), Native.O_PATH | Native.O_DIRECTORY));
        Check.Ok(Sys.StatFs(pts, out var devpts));
        Check.Equal(Native.DEVPTS_SUPER_MAGIC, devpts);
    }

    private static void IdMapped()
    {
        NeedSetAttr();
        var source = Scratch.MakeDirectory("source");
        Scratch.WriteFile(source, "file", "");
        Check.Ok(Sys.FchownAt(source, "file"u8, 10, 20, 0));
        var owner = Check.Value(Sys.Clone(Native.CLONE_NEWUSER, out var pidFd));
        if (owner == 0)
        {
            Sys.Nanosleep(60_000_000_000);
            Sys.Exit(0);
        }
        foreach (var file in new[] { "uid_map", "gid_map" })
        {
            var map = Check.Value(Sys.Open(Native.AT_FDCWD, Z($"/proc/{owner}/{file}"), Native.O_WRONLY));
            Check.Ok(Sys.WriteAll(map, "0 100000 1000"u8));
        }
        var user = Check.Value(Sys.Open(Native.AT_FDCWD, Z($"/proc/{owner}/ns/user"), Native.O_RDONLY));
        var tree = Check.Value(Sys.OpenTree(source, default, Native.AT_EMPTY_PATH | Native.OPEN_TREE_CLONE));
        var error = Sys.MountSetAttr(tree, default, Native.AT_EMPTY_PATH, Native.MOUNT_ATTR_IDMAP, 0, 0, user);
        Sys.PidfdSendSignal(pidFd, Native.SIGKILL);
        Check.Needs(error, "id-mapped tmpfs (kernel 6.3)");
        Check.Ok(error);
        Check.Ok(Sys.Stat(tree, "file"u8, 0, out var status));
        Check.Equal((100010u, 100020u), (status.Uid, status.Gid));
    }
}
