using System;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

static class TreeTests
{
    public static readonly Test[] All =
    [
        new("times are set to the nanosecond, before 1970 too", Times, Native.CLONE_NEWNS),
        new("attributes of a link are its own, not its target's", LinkAttributes, Native.CLONE_NEWNS),
        new("attributes are removed and their bytes kept", Attributes, Native.CLONE_NEWNS),
        new("a write at an offset leaves a hole before it", Holes, Native.CLONE_NEWNS),
        new("copy_file_range copies, fchown gives away, syncfs answers", Copies, Native.CLONE_NEWNS),
    ];

    private static void Times()
    {
        var root = Scratch.Open();
        Scratch.WriteFile(root, "file", "");
        var file = Check.Value(Sys.Open(root, "file"u8, Native.O_RDONLY));
        Check.Ok(Sys.UtimensAt(file, default, new TimeSpec(-5, 7), new TimeSpec(1234567890, 123456789), 0));
        Check.Equal("1234567890.123456789 -4.999999993\n", Command.Run("/usr/bin/stat", ["-c", "%.9Y %.9X", Scratch.Path + "/file"]).Output);
        Check.Ok(Sys.Stat(file, default, Native.AT_EMPTY_PATH, out var status));
        Check.Equal(new TimeSpec(1234567890, 123456789), status.ModifiedAt);
        Check.Ok(Sys.UtimensAt(file, default, TimeSpec.Omit, new TimeSpec(1, 2), 0));
        Check.Equal("1.000000002 -4.999999993\n", Command.Run("/usr/bin/stat", ["-c", "%.9Y %.9X", Scratch.Path + "/file"]).Output);
        Check.Ok(Sys.SymlinkAt("file"u8, root, "link"u8));
        Check.Ok(Sys.UtimensAt(root, "link"u8, new TimeSpec(9, 9), new TimeSpec(9, 9), Native.AT_SYMLINK_NOFOLLOW));
        Check.Equal("9 1\n", Command.Run("/bin/sh", ["-c", $"cd {Scratch.Path} && echo $(stat -c %Y link file)"]).Output);
        Check.Fails(Errno.ENOENT, Sys.UtimensAt(root, "missing"u8, TimeSpec.Omit, new TimeSpec(9, 9), 0));
    }

    private static void LinkAttributes()
    {
        var root = Scratch.Open();
        Scratch.WriteFile(root, "file", "");
        Check.Ok(Sys.SymlinkAt("file"u8, root, "link"u8));
        Check.Ok(Sys.MknodAt(root, "fifo"u8, Native.S_IFIFO | 0x180, 0, 0));
        var byPath = Check.Value(Sys.Open(root, "."u8, Native.O_PATH | Native.O_DIRECTORY));
        Span<byte> value = stackalloc byte[64];
        foreach (var name in new[] { "link", "fifo" })
        {
            Check.Needs(Sys.SetAttributeAt(byPath, Z(name), "trusted.x"u8, "a\n\0ÿ"u8), "trusted attributes of this file system");
            var length = Check.Value(Sys.GetAttributeAt(byPath, Z(name), "trusted.x"u8, value));
            Check.True(value[..length].SequenceEqual("a\n\0ÿ"u8), $"the value of {name}");
            length = Check.Value(Sys.ListAttributesAt(byPath, Z(name), value));
            Check.True(value[..length].IndexOf("trusted.x\0"u8) >= 0, $"the list of {name}");
            Check.Ok(Sys.RemoveAttributeAt(byPath, Z(name), "trusted.x"u8));
            Check.Fails(Errno.ENODATA, Sys.RemoveAttributeAt(byPath, Z(name), "trusted.x"u8));
        }
        Check.Fails(Errno.ENODATA, Sys.GetAttributeAt(byPath, "file"u8, "trusted.x"u8, value));
        Check.Fails(Errno.ENAMETOOLONG, Sys.SetAttributeAt(byPath, "a/b"u8, "trusted.x"u8, "y"u8));
        Check.Fails(Errno.ENAMETOOLONG, Sys.SetAttributeAt(byPath, Z(new string('x', 256)), "trusted.x"u8, "y"u8));
    }

    private static void Attributes()
    {
        var root = Scratch.Open();
        Scratch.WriteFile(root, "file", "");
        var file = Check.Value(Sys.Open(root, "file"u8, Native.O_RDONLY));
        Check.Needs(Sys.SetAttribute(file, "trusted.x"u8, default), "trusted attributes of this file system");
        Span<byte> value = stackalloc byte[8];
        Check.Equal(0, Check.Value(Sys.GetAttribute(file, "trusted.x"u8, value)), "the length of an empty value");
        Check.Ok(Sys.RemoveAttribute(file, "trusted.x"u8));
        Check.Fails(Errno.ENODATA, Sys.RemoveAttribute(file, "trusted.x"u8));
    }

    private static void Holes()
    {
        var file = Check.Value(Sys.Open(Scratch.Open(), "file"u8, Native.O_RDWR | Native.O_CREAT | Native.O_EXCL, 0x180));
        Check.Ok(Sys.PWriteAll(file, "end"u8, 1 << 20));
        Check.Ok(Sys.Ftruncate(file, 4 << 20));
        Check.Ok(Sys.Stat(file, default, Native.AT_EMPTY_PATH, out var status));
        Check.Equal(4ul << 20, status.Size);
        Span<byte> buffer = stackalloc byte[8];
        Check.Equal(8, Check.Value(Sys.PRead(file, buffer, (1 << 20) - 2)));
        Check.True(buffer.SequenceEqual("\0\0end\0\0\0"u8), "what stands around the offset");
        Check.Fails(Errno.EBADF, Sys.PWriteAll(-1, "x"u8, 0));
    }

    private static void Copies()
    {
        var root = Scratch.Open();
        Scratch.WriteFile(root, "from", "0123456789");
        var from = Check.Value(Sys.Open(root, "from"u8, Native.O_RDONLY));
        var into = Check.Value(Sys.Open(root, "into"u8, Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL, 0x180));
        Check.Equal(10, Check.Value(Sys.CopyFileRange(from, into, 100)));
        Check.Equal(0, Check.Value(Sys.CopyFileRange(from, into, 100)));
        Check.Equal("0123456789", Scratch.ReadFile($"{Scratch.Path}/into"));
        Check.Ok(Sys.Fchown(into, 12, uint.MaxValue));
        Check.Ok(Sys.Stat(into, default, Native.AT_EMPTY_PATH, out var status));
        Check.Equal((12u, 0u), (status.Uid, status.Gid));
        Check.Ok(Sys.SyncFs(into));
        Check.Fails(Errno.EBADF, Sys.SyncFs(-1));
    }
}
