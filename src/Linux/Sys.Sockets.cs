using System;
using static Tmds.Linux.LibC;

namespace SharpRun.Linux;

public static unsafe partial class Sys
{
    /// <summary>A pair of connected AF_UNIX sockets, both O_CLOEXEC.</summary>
    public static Errno SocketPair(int type, out int a, out int b)
    {
        var ends = stackalloc int[2];
        var error = ErrorOf(socketpair(Native.AF_UNIX, type | Native.SOCK_CLOEXEC, 0, ends));
        (a, b) = error == Errno.OK ? (ends[0], ends[1]) : (-1, -1);
        return error;
    }

    public static Result Socket(int family, int type, int protocol) => ResultOf(socket(family, type | Native.SOCK_CLOEXEC, protocol));

    public static Result Send(int fd, ReadOnlySpan<byte> bytes, int flags)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var result = ResultOf(send(fd, start, bytes.Length, flags));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    public static Result Recv(int fd, Span<byte> buffer, int flags)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var result = ResultOf(recv(fd, start, buffer.Length, flags));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    /// <summary>Sets IFF_UP on "lo" in the network namespace of the calling thread (netdevice(7)).</summary>
    public static Errno BringUpLoopback()
    {
        // struct ifreq: the name in 16 bytes, then a union, here the flags; 40 bytes in all.
        const int flagsAt = 16;
        Span<byte> request = stackalloc byte[40];
        request.Clear();
        "lo"u8.CopyTo(request);
        var opened = Socket(Native.AF_INET, Native.SOCK_DGRAM, 0);
        if (!opened.Ok)
        {
            return opened.Error;
        }
        fixed (byte* start = request)
        {
            var error = Ioctl(opened.Value, Native.SIOCGIFFLAGS, (nint)start).Error;
            if (error == Errno.OK)
            {
                request[flagsAt] |= Native.IFF_UP;
                error = Ioctl(opened.Value, Native.SIOCSIFFLAGS, (nint)start).Error;
            }
            Close(opened.Value);
            return error;
        }
    }
}
