using System;
using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace SharpRun.Linux;

/// <summary>System calls, each as a value or an errno. Paths are bytes with a final zero (that of a u8 literal counts).
/// Nothing here allocates, throws or waits for a thread, except <see cref="Clone"/>, which throws before the clone.</summary>
public static unsafe partial class Sys
{
    // openat2 answers EAGAIN when a rename crosses a ".." on the way (openat2(2)).
    private const int OpenAttempts = 128;

    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow
    {
        public ulong Flags, Mode, Resolve;
    }

    /// <summary>openat(2), always with O_CLOEXEC.</summary>
    public static Result Open(int dirfd, ReadOnlySpan<byte> path, int flags, uint mode = 0)
    {
        fixed (byte* name = Text(path))
        {
            while (true)
            {
                var result = ResultOf(openat(dirfd, name, flags | Native.O_CLOEXEC, (mode_t)mode));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    /// <summary>openat2(2) (kernel 5.6), always with O_CLOEXEC; EAGAIN and EINTR are tried again, 128 times at most.</summary>
    public static Result OpenAt2(int dirfd, ReadOnlySpan<byte> path, int flags, ulong mode, ulong resolve)
    {
        var how = new OpenHow { Flags = (uint)(flags | Native.O_CLOEXEC), Mode = mode, Resolve = resolve };
        fixed (byte* name = Text(path))
        {
            var result = Result.Failed(Errno.EAGAIN);
            for (var i = 0; i < OpenAttempts && result.Error is Errno.EAGAIN or Errno.EINTR; i++)
            {
                result = Call(CallNumber.openat2, dirfd, (nint)name, (nint)(&how), sizeof(OpenHow));
            }
            return result;
        }
    }

    public static Result Read(int fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var result = ResultOf(read(fd, start, buffer.Length));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    public static Result PRead(int fd, Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var result = ResultOf(pread(fd, start, buffer.Length, offset));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    public static Result Write(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var result = ResultOf(write(fd, start, bytes.Length));
                if (result.Error != Errno.EINTR)
                {
                    return result;
                }
            }
        }
    }

    public static Errno WriteAll(int fd, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var written = Write(fd, bytes);
            if (!written.Ok)
            {
                return written.Error;
            }
            bytes = bytes[written.Value..];
        }
        return Errno.OK;
    }

    /// <summary>The descriptor is gone whatever the answer, so EINTR is not tried again (close(2)).</summary>
    public static Errno Close(int fd) => ErrorOf(close(fd));

    public static Errno Ftruncate(int fd, long length) => ErrorOf(ftruncate(fd, length));

    public static Result Seek(int fd, long offset, int whence) => ResultOf((nint)(long)lseek(fd, offset, whence));

    public static Errno Fsync(int fd) => ErrorOf(fsync(fd));

    public static Errno Chdir(ReadOnlySpan<byte> path)
    {
        fixed (byte* name = Text(path))
        {
            return ErrorOf(chdir(name));
        }
    }

    public static Errno Fchdir(int fd) => ErrorOf(fchdir(fd));

    public static Errno Chroot(ReadOnlySpan<byte> path)
    {
        fixed (byte* name = Text(path))
        {
            return ErrorOf(chroot(name));
        }
    }

    /// <summary>The raw call, with the kernel's "(unreachable)" that libc hides. The length counts the final zero.</summary>
    public static Result GetCwd(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return Call(CallNumber.getcwd, (nint)start, buffer.Length);
        }
    }

    /// <summary>getdents64(2): records of a directory as the kernel lays them out, zero at the end.</summary>
    public static Result GetDents(int fd, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return Call(CallNumber.getdents64, fd, (nint)start, buffer.Length);
        }
    }

    /// <summary>The kernel's release, such as "6.1.0-13-amd64"; the number of its bytes, 0 when it does not fit.</summary>
    public static int UnameRelease(Span<byte> release)
    {
        // struct new_utsname: six fields of 65 bytes (sys, node, release, version, machine, domain).
        const int field = 65;
        var names = stackalloc byte[6 * field];
        if (!Call(CallNumber.uname, (nint)names).Ok)
        {
            return 0;
        }
        var found = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(names + 2 * field);
        return found.TryCopyTo(release) ? found.Length : 0;
    }
}
