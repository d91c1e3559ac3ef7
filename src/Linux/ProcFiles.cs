using System;
using System.Buffers.Text;

namespace SharpRun.Linux;

/// <summary>Small files read whole, with a bound, and what /proc/PID/stat tells. A file is never waited for: a fifo in its place would hang
/// whoever opens it (R9).</summary>
public static class ProcFiles
{
    private const int Flags = Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY;

    /// <summary>Reads a file's first bytes; how many, or -1.</summary>
    public static int Read(ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        var read = ReadAt(Native.AT_FDCWD, path, buffer);
        return read.Ok ? read.Value : -1;
    }

    /// <summary>Reads a file until its end or until the buffer is full; how many bytes.</summary>
    public static Result ReadAt(int dirfd, ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        var opened = Sys.Open(dirfd, path, Flags);
        if (!opened.Ok)
        {
            return opened;
        }
        var result = ReadAll(opened.Value, buffer);
        Sys.Close(opened.Value);
        return result;
    }

    /// <summary>The whole of a regular file; EFBIG when it is longer than the limit, EINVAL when it is a fifo, a device or a socket.</summary>
    public static Errno ReadWhole(int dirfd, ReadOnlySpan<byte> path, int limit, out byte[] bytes)
    {
        bytes = [];
        var opened = Sys.Open(dirfd, path, Flags);
        if (!opened.Ok)
        {
            return opened.Error;
        }
        var error = ReadWhole(opened.Value, limit, out bytes);
        Sys.Close(opened.Value);
        return error;
    }

    /// <summary>The same for an open descriptor, from where it stands.</summary>
    public static Errno ReadWhole(int fd, int limit, out byte[] bytes)
    {
        bytes = [];
        var error = Sys.Stat(fd, default, Native.AT_EMPTY_PATH, out var status);
        if (error != Errno.OK)
        {
            return error;
        }
        if (!status.IsRegular)
        {
            return status.IsDirectory ? Errno.EISDIR : Errno.EINVAL;
        }
        if (status.Size > (ulong)limit)
        {
            return Errno.EFBIG;
        }
        // One more than its size, so that one read sees the end. A file of /proc says zero and is read until its end.
        var buffer = new byte[status.Size == 0 ? Math.Min(4096, limit + 1) : (int)status.Size + 1];
        var length = 0;
        while (true)
        {
            var read = ReadAll(fd, buffer.AsSpan(length));
            if (!read.Ok)
            {
                return read.Error;
            }
            length += read.Value;
            if (length < buffer.Length)
            {
                bytes = length == buffer.Length ? buffer : buffer[..length];
                return Errno.OK;
            }
            if (length > limit)
            {
                return Errno.EFBIG;
            }
            Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, limit + 1L));
        }
    }

    /// <summary>What comes out of a descriptor of any kind until its end, waited for; EFBIG when it is longer than the limit.</summary>
    public static Errno ReadStream(int fd, int limit, out byte[] bytes)
    {
        bytes = [];
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            var read = Sys.Read(fd, buffer.AsSpan(length));
            if (read.Error == Errno.EAGAIN)
            {
                // Whoever made the pipe may have made it not to wait.
                Sys.Poll([new PollFd(fd, Native.POLLIN)], -1);
                continue;
            }
            if (!read.Ok || read.Value == 0)
            {
                bytes = buffer[..length];
                return read.Error;
            }
            length += read.Value;
            if (length > limit)
            {
                return Errno.EFBIG;
            }
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    /// <summary>When a process was started, in clock ticks since boot (field 22 of its stat): with the pid it names one process for ever.
    /// 0 when there is none.</summary>
    public static ulong StartTime(int pid) => TryStat(pid, out _, out var start) ? start : 0;

    /// <summary>The letter of a process's state (proc(5)): 'Z' is a zombie. '\0' when there is none.</summary>
    public static char State(int pid) => TryStat(pid, out var state, out _) ? state : '\0';

    /// <summary>False when there is no such process. Throws when that cannot be known: a live process must not pass for a dead one.</summary>
    public static bool TryStat(int pid, out char state, out ulong startTime)
    {
        startTime = 0;
        Span<byte> path = stackalloc byte[32];
        "/proc/"u8.CopyTo(path);
        Utf8Formatter.TryFormat(pid, path[6..], out var digits);
        "/stat\0"u8.CopyTo(path[(6 + digits)..]);
        Span<byte> stat = stackalloc byte[1024];
        var read = ReadAt(Native.AT_FDCWD, path, stat);
        var text = stat[..(read.Ok ? read.Value : 0)];
        state = StateIn(text);
        // Gone before it was opened, or before it was read.
        if (read.Error is not (Errno.OK or Errno.ENOENT or Errno.ESRCH))
        {
            read.Error.Throw($"read /proc/{pid}/stat");
        }
        return state != '\0' && TryStartTimeIn(text, out startTime);
    }

    /// <summary>The state's letter in the text of a stat file, '\0' when it is not there. The command before it may contain anything, ")" too.</summary>
    public static char StateIn(ReadOnlySpan<byte> stat)
    {
        var end = stat.LastIndexOf((byte)')');
        return end >= 0 && end + 2 < stat.Length ? (char)stat[end + 2] : '\0';
    }

    private static bool TryStartTimeIn(ReadOnlySpan<byte> stat, out ulong startTime)
    {
        startTime = 0;
        // The state is field 3, the start time field 22.
        var field = 3;
        var rest = stat[(stat.LastIndexOf((byte)')') + 2)..];
        while (field < 22)
        {
            var space = rest.IndexOf((byte)' ');
            if (space < 0)
            {
                return false;
            }
            rest = rest[(space + 1)..];
            field++;
        }
        return Utf8Parser.TryParse(rest, out startTime, out _);
    }

    private static Result ReadAll(int fd, Span<byte> buffer)
    {
        var length = 0;
        while (length < buffer.Length)
        {
            var read = Sys.Read(fd, buffer[length..]);
            if (!read.Ok)
            {
                return read;
            }
            if (read.Value == 0)
            {
                break;
            }
            length += read.Value;
        }
        return Result.Of(length);
    }
}
