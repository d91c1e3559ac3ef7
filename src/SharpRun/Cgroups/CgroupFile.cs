using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>One read or write of a file in a group: each is one open, one call, one close. Links are never followed (R30).</summary>
static class CgroupFile
{
    // The kernel gives any single value in one read. Lists (cgroup.procs) are read with ProcFiles.
    const int ValueRoom = 4096;

    public static Errno Write(int directory, CString file, ReadOnlySpan<byte> value)
    {
        var opened = Sys.Open(directory, file, Native.O_WRONLY | Native.O_NOFOLLOW);
        if (!opened.Ok)
        {
            return opened.Error;
        }
        // The kernel takes a value whole or not at all.
        var written = Sys.Write(opened.Value, value);
        Sys.Close(opened.Value);
        return written.Error;
    }

    /// <summary>The value without its final newline.</summary>
    public static Errno Read(int directory, CString file, out string value)
    {
        Span<byte> room = stackalloc byte[ValueRoom];
        value = "";
        var opened = Sys.Open(directory, file, Native.O_RDONLY | Native.O_NOFOLLOW);
        if (!opened.Ok)
        {
            return opened.Error;
        }
        var read = Sys.Read(opened.Value, room);
        Sys.Close(opened.Value);
        if (read.Ok)
        {
            value = System.Text.Encoding.UTF8.GetString(room[..read.Value]).TrimEnd('\n');
        }
        return read.Error;
    }
}
