using System;
using SharpRun.Linux;

namespace SharpRun.InitStage;

/// <summary>One look-up in the container's own /etc/passwd (passwd(5)), by bytes, bounded in every way.</summary>
static class PasswdFile
{
    public const int HomeRoom = 4096;
    private const int FileLimit = 1 << 20;

    /// <summary>The home directory of the uid, without a final zero, or "/" when the file or the line is missing. Returns its length.</summary>
    public static int HomeOf(int root, uint uid, Span<byte> home)
    {
        home[0] = (byte)'/';
        var opened = RootPath.Open(root, "/etc/passwd"u8, Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY);
        if (!opened.Ok)
        {
            return 1;
        }
        var fd = opened.Value;
        var isUsable = Sys.Stat(fd, ""u8, Native.AT_EMPTY_PATH, out var status) == Errno.OK && status.IsRegular && status.Size <= FileLimit;
        var length = isUsable ? Search(fd, (int)status.Size, uid, home) : 1;
        Sys.Close(fd);
        return length;
    }

    private static int Search(int fd, int size, uint uid, Span<byte> home)
    {
        var buffer = size <= 4096 ? stackalloc byte[4096] : new byte[size];
        var read = 0;
        while (read < buffer.Length)
        {
            var more = Sys.Read(fd, buffer[read..]);
            if (!more.Ok || more.Value == 0)
            {
                break;
            }
            read += more.Value;
        }
        foreach (var line in buffer[..read].Split((byte)'\n'))
        {
            var found = HomeInLine(buffer[line], uid);
            if (found.Length > 0 && found.Length <= home.Length)
            {
                found.CopyTo(home);
                return found.Length;
            }
        }
        return 1;
    }

    // name:password:uid:gid:comment:home:shell
    private static ReadOnlySpan<byte> HomeInLine(ReadOnlySpan<byte> line, uint uid)
    {
        var field = 0;
        foreach (var range in line.Split((byte)':'))
        {
            var value = line[range];
            if (field == 2 && !(uint.TryParse(value, out var id) && id == uid))
            {
                return default;
            }
            if (field == 5)
            {
                // A control character would end up in the environment (CVE-2026-15809 shows where that leads).
                return value.ContainsAnyInRange((byte)0, (byte)31) ? default : value;
            }
            field++;
        }
        return default;
    }
}
