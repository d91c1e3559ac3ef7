using System;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

/// <summary>Paths of a hostile image. "root" is the image; whatever appears beside it has escaped.</summary>
static class RootPathTests
{
    public static readonly Test[] All =
    [
        new("open stays inside the root", OpenStays, Native.CLONE_NEWNS),
        new("open refuses magic links", OpenRefusesMagicLinks, Native.CLONE_NEWNS),
        new("make directories", MakeDirectories, Native.CLONE_NEWNS),
        new("make directories through links that lead somewhere", LinksThatLead, Native.CLONE_NEWNS),
        new("make directories through links that lead nowhere", DanglingLinks, Native.CLONE_NEWNS),
        new("make directories refuses what cannot be one", Refusals, Native.CLONE_NEWNS),
        new("make directories never leaves the root in a race", Race, Native.CLONE_NEWNS),
        new("make files", MakeFiles, Native.CLONE_NEWNS),
        new("make files through links", MakeFilesThroughLinks, Native.CLONE_NEWNS),
        new("open the parent of a path", OpenParent, Native.CLONE_NEWNS),
    ];

    private static int s_root;

    private static void Link(string target, string name) => Check.Ok(Sys.SymlinkAt(Z(target), s_root, Z(name)));

    private static void MakeRoot()
    {
        s_root = Scratch.MakeDirectory("root");
        Scratch.MakeDirectory("outside");
    }

    // What was made must be at this place of the image, and nothing outside of it.
    private static void Made(string path, string place, uint mode = 0x1ED)
    {
        var fd = Check.Value(RootPath.MakeDirectories(s_root, Z(path), mode), path);
        Same(fd, place, path);
        Sys.Close(fd);
    }

    private static void Same(int fd, string place, string path)
    {
        Check.Ok(Sys.Stat(fd, default, Native.AT_EMPTY_PATH, out var made));
        Check.Ok(Sys.Stat(Native.AT_FDCWD, Z($"{Scratch.Path}/root{place}"), Native.AT_SYMLINK_NOFOLLOW, out var expected), $"{path}: {place}");
        Check.Equal(expected.Ino, made.Ino, $"{path}: the inode");
        NothingEscaped();
    }

    private static void NothingEscaped()
    {
        Check.Equal(0, Entries(Scratch.Path + "/outside"), "entries outside of the root");
        Check.Equal(2, Entries(Scratch.Path), "entries beside the root");
    }

    private static int Entries(string path)
    {
        var fd = Check.Value(Sys.Open(Native.AT_FDCWD, Z(path), Native.O_RDONLY | Native.O_DIRECTORY));
        var buffer = new byte[32768];
        var count = 0;
        foreach (var _ in new DirectoryRecords(buffer.AsSpan(0, Check.Value(Sys.GetDents(fd, buffer)))))
        {
            count++;
        }
        Sys.Close(fd);
        return count;
    }

    private static void OpenStays()
    {
        MakeRoot();
        Check.Ok(Sys.MkdirAt(s_root, "etc"u8, 0x1ED));
        Scratch.WriteFile(s_root, "etc/passwd", "inside");
        Link("/etc/passwd", "absolute");
        Link("../../../../etc/passwd", "climbing");
        Link("/", "slash");
        foreach (var path in new[] { "/etc/passwd", "etc/passwd", "/absolute", "/climbing", "/../../etc/passwd", "/slash/slash/absolute", "/slash/../climbing" })
        {
            var fd = Check.Value(RootPath.Open(s_root, Z(path), Native.O_RDONLY), path);
            Check.Ok(ProcFiles.ReadWhole(fd, 100, out var bytes));
            Check.Equal("inside", Of(bytes));
            Sys.Close(fd);
        }
        Check.Fails(Errno.ENOENT, RootPath.Open(s_root, Z("/../outside"), Native.O_PATH));
        Check.Fails(Errno.ENOENT, RootPath.Open(s_root, Z("/proc/self"), Native.O_PATH));
        Check.Fails(Errno.ELOOP, Sys.OpenAt2(s_root, Z("absolute"), Native.O_RDONLY, 0, Native.RESOLVE_NO_SYMLINKS));
        Check.Fails(Errno.EXDEV, Sys.OpenAt2(s_root, Z("../outside"), Native.O_PATH, 0, Native.RESOLVE_BENEATH));
        var root = Check.Value(RootPath.Open(s_root, "/.."u8, Native.O_PATH | Native.O_DIRECTORY));
        Same(root, "", "/..");
        Check.Equal(Native.FD_CLOEXEC, Check.Value(Sys.Fcntl(root, Native.F_GETFD)));
    }

    private static void OpenRefusesMagicLinks()
    {
        var root = Check.Value(Sys.Open(Native.AT_FDCWD, "/"u8, Native.O_PATH | Native.O_DIRECTORY));
        Check.Fails(Errno.ELOOP, RootPath.Open(root, "/proc/self/exe"u8, Native.O_RDONLY));
        Check.Fails(Errno.ELOOP, RootPath.Open(root, "/proc/self/root/etc"u8, Native.O_PATH));
        Check.Fails(Errno.ELOOP, RootPath.MakeDirectories(root, "/proc/self/cwd/made"u8, 0x1ED));
    }

    private static void MakeDirectories()
    {
        MakeRoot();
        Sys.Umask(0);
        Made("/", "");
        Made("/a", "/a");
        Made("/a/b/c/d", "/a/b/c/d", 0x1C0);
        Check.Ok(Sys.Stat(s_root, "a/b/c"u8, 0, out var status));
        Check.Equal(Native.S_IFDIR | 0x1C0, status.Mode, "the mode of what was made");
        Check.Ok(Sys.Stat(s_root, "a"u8, 0, out status));
        Check.Equal(Native.S_IFDIR | 0x1ED, status.Mode, "the mode of what was there");
        Made("relative/path", "/relative/path");
        Made("//x///y//", "/x/y");
        Made("/x/./z/.", "/x/z");
        Made("/../../up", "/up");
        Made("/x/new/../beside", "/x/beside");
        // The bytes behind the zero are not the path's.
        var longer = Z("/zero\0/behind");
        Sys.Close(Check.Value(RootPath.MakeDirectories(s_root, longer, 0x1ED)));
        Check.Fails(Errno.ENOENT, Sys.Stat(s_root, "zero/behind"u8, 0, out _));
    }

    private static void LinksThatLead()
    {
        MakeRoot();
        Made("/real/deep", "/real/deep");
        Link("/real", "absolute");
        Link("real/deep", "relative");
        Link("../../../../real", "climbing");
        Made("/absolute/x", "/real/x");
        Made("/relative/y/z", "/real/deep/y/z");
        Made("/climbing/w", "/real/w");
        Made("/relative/../v", "/real/v");
        Link("../outside", "out");
        Made("/out/u", "/outside/u");
    }

    private static void DanglingLinks()
    {
        MakeRoot();
        Link("/var/run", "absolute");
        Made("/absolute", "/var/run");
        Link("/var/lock/sub", "deep");
        Made("/deep/x/y", "/var/lock/sub/x/y");
        Link("some/where", "relative");
        Made("/relative/x", "/some/where/x");
        Link("../../../../outside", "climbing");
        Made("/climbing/x", "/outside/x");
        Link("/../../../climbed", "absolute-climbing");
        Made("/absolute-climbing/x", "/climbed/x");
        Link("chain2", "chain1");
        Link("/chain3", "chain2");
        Link("./end", "chain3");
        Made("/chain1/x", "/end/x");
        Made("/d1/d2", "/d1/d2");
        Check.Ok(Sys.SymlinkAt("../sibling/x"u8, s_root, "d1/d2/link"u8));
        Made("/d1/d2/link/y", "/d1/sibling/x/y");
        // Below a link that leads somewhere, ".." is that of the target.
        Link("/d1/d2", "to-d2");
        Check.Ok(Sys.SymlinkAt("../../fresh"u8, s_root, "d1/d2/up"u8));
        Made("/to-d2/up/z", "/fresh/z");
        Link("/missing/../other", "dots");
        Made("/dots/x", "/other/x");
    }

    private static void Refusals()
    {
        MakeRoot();
        Scratch.WriteFile(s_root, "file", "");
        Link("file", "to-file");
        Link("loop", "loop");
        Link("ping", "pong");
        Link("pong", "ping");
        Link("grow/x", "grow");
        Check.Fails(Errno.ENOTDIR, RootPath.MakeDirectories(s_root, "/file"u8, 0x1ED));
        Check.Fails(Errno.ENOTDIR, RootPath.MakeDirectories(s_root, "/file/x"u8, 0x1ED));
        Check.Fails(Errno.ENOTDIR, RootPath.MakeDirectories(s_root, "/to-file/x"u8, 0x1ED));
        Check.Fails(Errno.ELOOP, RootPath.MakeDirectories(s_root, "/loop/x"u8, 0x1ED));
        Check.Fails(Errno.ELOOP, RootPath.MakeDirectories(s_root, "/ping/x"u8, 0x1ED));
        Check.Fails(Errno.ELOOP, RootPath.MakeDirectories(s_root, "/grow"u8, 0x1ED));
        Check.Fails(Errno.ENOENT, RootPath.MakeDirectories(s_root, ""u8, 0x1ED));
        Check.Fails(Errno.ENAMETOOLONG, RootPath.MakeDirectories(s_root, Z("/" + new string('n', 256)), 0x1ED));
        Check.Fails(Errno.ENAMETOOLONG, RootPath.MakeDirectories(s_root, Z(string.Concat(System.Linq.Enumerable.Repeat("/abcdefg", 600))), 0x1ED));
        // 41 links, each of which leads to the next one and the last nowhere: as many as the kernel follows, and one more.
        for (var i = 0; i < 41; i++)
        {
            Link($"many{i + 1}", $"many{i}");
        }
        Check.Fails(Errno.ELOOP, RootPath.MakeDirectories(s_root, "/many0"u8, 0x1ED));
        Made("/many1", "/many41");
        // A descriptor of a directory that is gone.
        Check.Ok(Sys.MkdirAt(s_root, "gone"u8, 0x1ED));
        var gone = Check.Value(Sys.Open(s_root, "gone"u8, Native.O_PATH | Native.O_DIRECTORY));
        Check.Ok(Sys.UnlinkAt(s_root, "gone"u8, Native.AT_REMOVEDIR));
        Check.Fails(Errno.ENOENT, RootPath.MakeDirectories(gone, "/x"u8, 0x1ED));
        NothingEscaped();
    }

    // Another process exchanges a directory and a link that leads out, again and again (CVE-2019-16884, CVE-2021-30465).
    private static void Race()
    {
        MakeRoot();
        Check.Ok(Sys.MkdirAt(s_root, "dir"u8, 0x1ED));
        Link("../outside", "swap");
        Check.Ok(Sys.MkdirAt(s_root, "outside"u8, 0x1ED));
        var attacker = Check.Value(Sys.Clone(0, out var pidFd));
        if (attacker == 0)
        {
            while (Sys.RenameAt(s_root, "dir"u8, s_root, "swap"u8, Native.RENAME_EXCHANGE) == Errno.OK)
            {
            }
            Sys.Exit(0);
        }
        var until = Sys.MonotonicNanoseconds() + 1_500_000_000;
        var made = 0;
        for (var i = 0; Sys.MonotonicNanoseconds() < until; i++)
        {
            var fd = RootPath.MakeDirectories(s_root, Z($"/dir/n{i}/m"), 0x1ED);
            var file = RootPath.MakeFile(s_root, Z($"/dir/f{i}/file"), 0x1A4);
            made += fd.Ok ? 1 : 0;
            Sys.Close(fd.Ok ? fd.Value : -1);
            Sys.Close(file.Ok ? file.Value : -1);
        }
        Sys.PidfdSendSignal(pidFd, Native.SIGKILL);
        Check.Value(Sys.WaitId(pidFd, Native.WEXITED, out var status));
        Check.True(status.IsSignal, "the other process ended by itself");
        Check.True(made > 100, $"only {made} directories were made");
        Check.True(Entries(Scratch.Path + "/root/outside") > 0, "the link was never there in time");
        NothingEscaped();
    }

    private static void MakeFiles()
    {
        MakeRoot();
        Sys.Umask(0);
        var fd = Check.Value(RootPath.MakeFile(s_root, "/etc/resolv.conf"u8, 0x1A4));
        Same(fd, "/etc/resolv.conf", "resolv.conf");
        Check.Ok(Sys.Stat(fd, default, Native.AT_EMPTY_PATH, out var status));
        Check.Equal(Native.S_IFREG | 0x1A4, status.Mode);
        Same(Check.Value(RootPath.MakeFile(s_root, "/etc/resolv.conf"u8, 0x1A4)), "/etc/resolv.conf", "again");
        Same(Check.Value(RootPath.MakeFile(s_root, "top"u8, 0x1A4)), "/top", "top");
        Same(Check.Value(RootPath.MakeFile(s_root, "/etc"u8, 0x1A4)), "/etc", "a directory that is there");
        Check.Fails(Errno.EISDIR, RootPath.MakeFile(s_root, "/"u8, 0x1A4));
        Check.Fails(Errno.EISDIR, RootPath.MakeFile(s_root, "/new/"u8, 0x1A4));
        Check.Fails(Errno.EISDIR, RootPath.MakeFile(s_root, "/etc/.."u8, 0x1A4));
        Check.Fails(Errno.ENOTDIR, RootPath.MakeFile(s_root, "/top/x"u8, 0x1A4));
    }

    private static void MakeFilesThroughLinks()
    {
        MakeRoot();
        Link("/run/systemd/resolve/stub", "resolv");
        Same(Check.Value(RootPath.MakeFile(s_root, "/resolv"u8, 0x1A4)), "/run/systemd/resolve/stub", "resolv");
        Same(Check.Value(RootPath.MakeFile(s_root, "/resolv"u8, 0x1A4)), "/run/systemd/resolve/stub", "resolv again");
        Link("../../../outside/file", "climbing");
        Same(Check.Value(RootPath.MakeFile(s_root, "/climbing"u8, 0x1A4)), "/outside/file", "climbing");
        Check.Ok(Sys.SymlinkAt("beside"u8, s_root, "run/relative"u8));
        Same(Check.Value(RootPath.MakeFile(s_root, "/run/relative"u8, 0x1A4)), "/run/beside", "relative");
        Link("self", "self");
        Check.Fails(Errno.ELOOP, RootPath.MakeFile(s_root, "/self"u8, 0x1A4));
    }

    private static void OpenParent()
    {
        MakeRoot();
        Made("/a/b", "/a/b");
        Same(Check.Value(RootPath.OpenParent(s_root, "/a/b/name"u8, out var last)), "/a/b", "three");
        Check.Equal("name", Of("/a/b/name"u8[last]));
        Same(Check.Value(RootPath.OpenParent(s_root, "/a"u8, out last)), "", "one");
        Check.Equal("a", Of("/a"u8[last]));
        Same(Check.Value(RootPath.OpenParent(s_root, Z("bare"), out last)), "", "bare");
        Check.Equal("bare", Of(Z("bare").AsSpan()[last]));
        foreach (var path in new[] { "/", "", "/a/", "/a/..", ".", ".." })
        {
            Check.Fails(Errno.EINVAL, RootPath.OpenParent(s_root, Z(path), out _), path);
        }
        Check.Fails(Errno.ENOENT, RootPath.OpenParent(s_root, "/missing/x"u8, out _));
    }
}
