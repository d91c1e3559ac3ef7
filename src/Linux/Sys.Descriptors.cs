using System;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace SharpRun.Linux;

/// <summary>struct pollfd of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct PollFd(int fd, short events)
{
    public int Fd = fd;
    public short Events = events;
    public short Returned;

    /// <summary>Something is there to be read, or the other end is gone, or the descriptor is in error.</summary>
    public readonly bool IsReady => Returned != 0;
}

public static unsafe partial class Sys
{
    /// <summary>poll(2); EINTR is an answer. A negative time has no end. By the raw ppoll(2): of poll, Tmds.LibC does not keep the errno, so
    /// that an interrupted one looked like a ready one.</summary>
    public static Result Poll(Span<PollFd> watched, int timeoutMs)
    {
        var time = stackalloc long[2] { timeoutMs / 1000, timeoutMs % 1000 * 1_000_000L };
        fixed (PollFd* start = watched)
        {
            return Call(CallNumber.ppoll, (nint)start, watched.Length, timeoutMs < 0 ? 0 : (nint)time);
        }
    }

    public static Result Flock(int fd, int operation)
    {
        while (true)
        {
            var result = Call(CallNumber.flock, fd, operation);
            if (result.Error != Errno.EINTR)
            {
                return result;
            }
        }
    }

    /// <summary>dup3(2) with O_CLOEXEC: newFd is replaced.</summary>
    public static Result Dup(int fd, int newFd) => Call(CallNumber.dup3, fd, newFd, Native.O_CLOEXEC);

    /// <summary>dup3(2): newFd is replaced, and an execve keeps it.</summary>
    public static Result DupInherited(int fd, int newFd) => Call(CallNumber.dup3, fd, newFd, 0);

    public static Result Fcntl(int fd, int command, nint argument = 0) => Call(CallNumber.fcntl, fd, command, argument);

    public static Result Ioctl(int fd, uint request, nint argument = 0) => Call(CallNumber.ioctl, fd, (nint)request, argument);

    /// <summary>pipe2(2), both ends O_CLOEXEC.</summary>
    public static Errno Pipe(out int readEnd, out int writeEnd)
    {
        var ends = stackalloc int[2];
        var error = Call(CallNumber.pipe2, (nint)ends, Native.O_CLOEXEC).Error;
        (readEnd, writeEnd) = error == Errno.OK ? (ends[0], ends[1]) : (-1, -1);
        return error;
    }

    /// <summary>eventfd(2): a counter that another part of the kernel raises; a read of eight bytes takes it. It does not wait (O_NONBLOCK) and is O_CLOEXEC.</summary>
    public static Result EventFd() => Call(CallNumber.eventfd2, 0, Native.O_NONBLOCK | Native.O_CLOEXEC);

    public static Result MemfdCreate(ReadOnlySpan<byte> name, uint flags)
    {
        fixed (byte* text = Text(name))
        {
            return ResultOf(memfd_create(text, flags));
        }
    }

    /// <summary>close_range(2) (kernel 5.9; CLOSE_RANGE_CLOEXEC 5.11), on older kernels one descriptor after the other.</summary>
    public static Errno CloseRange(uint first, uint last, uint flags)
    {
        var error = Call(CallNumber.close_range, (nint)first, (nint)last, (nint)flags).Error;
        if (error == Errno.ENOSYS || (error == Errno.EINVAL && flags == Native.CLOSE_RANGE_CLOEXEC && first <= last))
        {
            return CloseOneByOne(first, last, flags == Native.CLOSE_RANGE_CLOEXEC);
        }
        return error;
    }

    internal static Errno CloseOneByOne(uint first, uint last, bool onExec)
    {
        var directory = Open(Native.AT_FDCWD, "/proc/self/fd"u8, Native.O_RDONLY | Native.O_DIRECTORY);
        if (!directory.Ok)
        {
            // Without /proc: the descriptors that a process of this kind has.
            for (var fd = (int)first; fd <= (int)Math.Min(last, 1023); fd++)
            {
                CloseOrMark(fd, onExec);
            }
            return Errno.OK;
        }
        var buffer = stackalloc byte[2048];
        while (true)
        {
            var read = GetDents(directory.Value, new Span<byte>(buffer, 2048));
            if (!read.Ok || read.Value == 0)
            {
                Close(directory.Value);
                return read.Error;
            }
            foreach (var name in new DirectoryRecords(new ReadOnlySpan<byte>(buffer, read.Value)))
            {
                if (Utf8Parser.TryParse(name, out uint fd, out _) && fd >= first && fd <= last && fd != (uint)directory.Value)
                {
                    CloseOrMark((int)fd, onExec);
                }
            }
        }
    }

    private static void CloseOrMark(int fd, bool onExec)
    {
        if (onExec)
        {
            Fcntl(fd, Native.F_SETFD, Native.FD_CLOEXEC);
        }
        else
        {
            Close(fd);
        }
    }
}
