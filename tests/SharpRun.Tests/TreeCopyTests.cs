using System;
using System.IO;
using SharpRun.InitStage;
using SharpRun.Linux;
using Xunit;

namespace SharpRun.Tests;

/// <summary>What needs no root; Kernel.Tests copies whole trees.</summary>
public sealed class TreeCopyTests : IDisposable
{
    private readonly TemporaryRoot _root = new();

    public void Dispose() => _root.Dispose();

    // Another process puts a fifo in the place of the file just before it is opened.
    // mutant: Check.CopiedFileIsStillOne
    [Fact]
    public void What_is_no_file_any_more_is_not_read_as_one()
    {
        var (from, into) = (OpenNew("from"), OpenNew("into"));
        Assert.Equal(Errno.OK, Sys.MknodAt(from, "name\0"u8, Native.S_IFIFO | 0x180 /* 0600 */, 0, 0));
        Assert.Equal(Errno.EINVAL, TreeCopy.CopyFile(from, into, "name\0"u8, new byte[4096]));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_root.Path, "into")));
        Sys.Close(from);
        Sys.Close(into);
    }

    private int OpenNew(string name)
    {
        var path = Path.Combine(_root.Path, name);
        Directory.CreateDirectory(path);
        return Sys.Open(Native.AT_FDCWD, System.Text.Encoding.UTF8.GetBytes(path + "\0"), Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("open " + path);
    }
}
