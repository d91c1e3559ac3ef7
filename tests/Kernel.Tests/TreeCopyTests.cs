using System;
using System.IO;
using System.Text;
using SharpRun.InitStage;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

/// <summary>Copies of what an image may hold, into a tmpfs that is mounted nowhere.</summary>
static class TreeCopyTests
{
    public static readonly Test[] All =
    [
        new("copy a tree with its attributes", Attributes, Native.CLONE_NEWNS),
        new("copy a tree of many names and long files", Many, Native.CLONE_NEWNS),
        new("copy a tree opens no link, fifo or device", OpensNothingElse, Native.CLONE_NEWNS),
        new("copy a tree names what it cannot copy", NamesTheCulprit, Native.CLONE_NEWNS),
    ];

    private static string Source => Scratch.Path + "/source";

    private static int MakeSource()
    {
        Sys.Umask(0);
        return Check.Value(Sys.Open(Scratch.MakeDirectory("source"), Z("."), Native.O_RDONLY | Native.O_DIRECTORY));
    }

    // Attached at the end, so that it can be looked at by path.
    private static string Copied(int source)
    {
        var fs = Check.Value(Sys.FsOpen(Z("tmpfs")));
        Check.Ok(Sys.FsConfigCreate(fs));
        var mount = Check.Value(Sys.FsMount(fs, 0));
        Check.Ok(TreeCopy.Copy(source, mount, new byte[TreeCopy.NameRoom]));
        var place = Scratch.MakeDirectory("copy");
        Check.Ok(Sys.MoveMountOnto(mount, place));
        return Scratch.Path + "/copy";
    }

    private static int OpenFile(string path) => Check.Value(Sys.Open(Native.AT_FDCWD, Z(path), Native.O_RDONLY));

    private static void Attributes()
    {
        var source = MakeSource();
        File.WriteAllText(Source + "/file", "text");
        Directory.CreateDirectory(Source + "/folder");
        // VFS_CAP_REVISION_2 with CAP_NET_BIND_SERVICE, permitted and effective (linux/capability.h).
        byte[] capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        foreach (var name in new[] { "file", "folder" })
        {
            var fd = OpenFile($"{Source}/{name}");
            Check.Ok(Sys.FchownAt(fd, default, 7, 8, Native.AT_EMPTY_PATH));
            Check.Ok(Sys.Fchmod(fd, 0xDED /* 06755 */));
            Check.Ok(Sys.SetAttribute(fd, Z("trusted.test"), "value"u8));
            if (name == "file")
            {
                Check.Ok(Sys.SetAttribute(fd, Z("security.capability"), capability));
            }
            Sys.Close(fd);
        }
        var copy = Copied(source);
        foreach (var name in new[] { "file", "folder" })
        {
            var fd = OpenFile($"{copy}/{name}");
            Check.Ok(Sys.Stat(fd, default, Native.AT_EMPTY_PATH, out var status));
            Check.Equal((7u, 8u, 0xDEDu), (status.Uid, status.Gid, status.Mode & 0xFFF), name);
            var value = new byte[64];
            Check.Equal("value", Encoding.UTF8.GetString(value, 0, (int)Check.Value(Sys.GetAttribute(fd, Z("trusted.test"), value))), name);
            if (name == "file")
            {
                Check.Equal(capability.Length, (int)Check.Value(Sys.GetAttribute(fd, Z("security.capability"), value)), "file capability");
            }
            Sys.Close(fd);
        }
    }

    private static void Many()
    {
        var source = MakeSource();
        for (var i = 0; i < 1000; i++)
        {
            File.WriteAllText($"{Source}/{i}{new string('n', 200)}", $"{i}");
        }
        var content = new byte[1_000_003];
        new Random(7).NextBytes(content);
        File.WriteAllBytes(Source + "/long", content);
        var copy = Copied(source);
        Check.Equal(1001, Directory.GetFiles(copy).Length, "files");
        Check.Equal("777", File.ReadAllText($"{copy}/777{new string('n', 200)}"), "content");
        Check.Equal(true, content.AsSpan().SequenceEqual(File.ReadAllBytes(copy + "/long")), "long content");
    }

    private static void OpensNothingElse()
    {
        var source = MakeSource();
        File.WriteAllText(Scratch.Path + "/outside", "secret");
        Check.Ok(Sys.SymlinkAt(Z("../outside"), source, Z("link")));
        Check.Ok(Sys.SymlinkAt(Z("/proc/self/root"), source, Z("magic")));
        Check.Ok(Sys.MknodAt(source, Z("fifo"), Native.S_IFIFO | 0x180, 0, 0));
        Check.Ok(Sys.MknodAt(source, Z("console"), Native.S_IFCHR | 0x180, 5, 1));
        Check.Ok(Sys.MknodAt(source, Z("socket"), Native.S_IFSOCK | 0x180, 0, 0));
        var copy = Copied(source);
        Check.Equal("../outside", new FileInfo(copy + "/link").LinkTarget, "link");
        Check.Equal("/proc/self/root", new FileInfo(copy + "/magic").LinkTarget, "magic link");
        foreach (var (name, type) in new[] { ("fifo", Native.S_IFIFO), ("console", Native.S_IFCHR), ("socket", Native.S_IFSOCK) })
        {
            Check.Ok(Sys.Stat(Native.AT_FDCWD, Z($"{copy}/{name}"), Native.AT_SYMLINK_NOFOLLOW, out var status));
            Check.Equal(type | 0x180, status.Mode, name);
        }
    }

    private static void NamesTheCulprit()
    {
        var source = MakeSource();
        Directory.CreateDirectory(Source + "/folder/taken");
        var target = Scratch.MakeDirectory("copy");
        Directory.CreateDirectory(Scratch.Path + "/copy/folder");
        var culprit = new byte[TreeCopy.NameRoom];
        Check.Equal(Errno.EEXIST, TreeCopy.Copy(source, target, culprit), "answer");
        Check.Equal("folder", Encoding.UTF8.GetString(culprit, 0, Array.IndexOf(culprit, (byte)0)), "culprit");
    }
}
