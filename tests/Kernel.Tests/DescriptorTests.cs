using System;
using SharpRun.Linux;
using static SharpRun.KernelTests.Text;

namespace SharpRun.KernelTests;

static class DescriptorTests
{
    public static readonly Test[] All =
    [
        new("close_range closes", () => Close((first, last) => Sys.CloseRange(first, last, 0))),
        new("close_range marks for exec", () => Mark((first, last) => Sys.CloseRange(first, last, Native.CLOSE_RANGE_CLOEXEC))),
        new("close_range of old kernels closes", () => Close((first, last) => Sys.CloseOneByOne(first, last, false))),
        new("close_range of old kernels marks for exec", () => Mark((first, last) => Sys.CloseOneByOne(first, last, true))),
        new("close_range of old kernels works without /proc", CloseWithoutProc, Native.CLONE_NEWNS),
        new("close_range refuses a reversed range", () => Check.Fails(Errno.EINVAL, Sys.CloseRange(9, 8, 0))),
        new("dup makes a descriptor for this program alone", Duplicate),
        new("a sealed memfd cannot be written", Seals),
        new("flock keeps a second one out", Locks, Native.CLONE_NEWNS),
        new("poll sees data, hang-up and the end of its time", Polls),
        new("poll gives its errno", PollFails),
        new("messages over a socket pair", Messages),
        new("an eventfd counts and is taken at once", Counts),
    ];

    private static void Counts()
    {
        var fd = Check.Value(Sys.EventFd());
        Span<byte> count = stackalloc byte[8];
        Check.Fails(Errno.EAGAIN, Sys.Read(fd, count));
        Check.Value(Sys.Write(fd, BitConverter.GetBytes(2UL)));
        Check.Value(Sys.Write(fd, BitConverter.GetBytes(3UL)));
        Check.Equal(8, Check.Value(Sys.Read(fd, count)), "bytes");
        Check.Equal(5UL, BitConverter.ToUInt64(count), "count");
        Check.Equal(Native.FD_CLOEXEC, Check.Value(Sys.Fcntl(fd, Native.F_GETFD)), "flags");
        Sys.Close(fd);
    }

    private static void Close(Func<uint, uint, Errno> close)
    {
        for (var fd = 100; fd < 160; fd++)
        {
            Check.Value(Sys.Dup(1, fd));
        }
        Check.Ok(close(101, 150));
        Check.Value(Sys.Fcntl(100, Native.F_GETFD));
        Check.Value(Sys.Fcntl(151, Native.F_GETFD));
        Check.Fails(Errno.EBADF, Sys.Fcntl(101, Native.F_GETFD));
        Check.Fails(Errno.EBADF, Sys.Fcntl(150, Native.F_GETFD));
        Check.Ok(close(100, uint.MaxValue));
        Check.Fails(Errno.EBADF, Sys.Fcntl(159, Native.F_GETFD));
        Check.Value(Sys.Fcntl(1, Native.F_GETFD));
    }

    private static void Mark(Func<uint, uint, Errno> mark)
    {
        for (var fd = 100; fd < 110; fd++)
        {
            Check.Value(Sys.Dup(1, fd));
            Check.Value(Sys.Fcntl(fd, Native.F_SETFD, 0));
        }
        Check.Ok(mark(105, uint.MaxValue));
        Check.Equal(0, Check.Value(Sys.Fcntl(104, Native.F_GETFD)));
        Check.Equal(Native.FD_CLOEXEC, Check.Value(Sys.Fcntl(105, Native.F_GETFD)));
        Check.Equal(Native.FD_CLOEXEC, Check.Value(Sys.Fcntl(109, Native.F_GETFD)));
    }

    private static void CloseWithoutProc()
    {
        Check.Ok(Sys.Mount("none"u8, "/proc"u8, "tmpfs"u8, 0, default));
        Check.Value(Sys.Dup(1, 700));
        Check.Ok(Sys.CloseOneByOne(600, uint.MaxValue, false));
        Check.Fails(Errno.EBADF, Sys.Fcntl(700, Native.F_GETFD));
    }

    private static void Duplicate()
    {
        Check.Equal(77, Check.Value(Sys.Dup(1, 77)));
        Check.Equal(Native.FD_CLOEXEC, Check.Value(Sys.Fcntl(77, Native.F_GETFD)));
        Check.Fails(Errno.EBADF, Sys.Dup(555, 78));
        Check.Fails(Errno.EINVAL, Sys.Dup(77, 77));
    }

    private static void Seals()
    {
        var fd = Check.Value(Sys.MemfdCreate("sealed"u8, Native.MFD_CLOEXEC | Native.MFD_ALLOW_SEALING));
        Check.Ok(Sys.WriteAll(fd, "content"u8));
        const int seals = Native.F_SEAL_SEAL | Native.F_SEAL_SHRINK | Native.F_SEAL_GROW | Native.F_SEAL_WRITE;
        Check.Value(Sys.Fcntl(fd, Native.F_ADD_SEALS, seals));
        Check.Equal(seals, Check.Value(Sys.Fcntl(fd, Native.F_GET_SEALS)) & seals);
        Check.Fails(Errno.EPERM, Sys.Write(fd, "x"u8));
        Check.Fails(Errno.EPERM, Sys.Ftruncate(fd, 1));
        Check.Fails(Errno.EPERM, Sys.Fcntl(fd, Native.F_ADD_SEALS, Native.F_SEAL_FUTURE_WRITE));
        Check.Equal<nint>(0, Sys.MapShared(fd, 7));
        var buffer = new byte[7];
        Check.Equal(7, Check.Value(Sys.PRead(fd, buffer, 0)));
        Check.Equal("content", Of(buffer));
    }

    private static void Locks()
    {
        var root = Scratch.Open();
        Scratch.WriteFile(root, "lock", "");
        var first = Check.Value(Sys.Open(root, "lock"u8, Native.O_RDONLY));
        var second = Check.Value(Sys.Open(root, "lock"u8, Native.O_RDONLY));
        Check.Value(Sys.Flock(first, Native.LOCK_EX));
        Check.Fails(Errno.EAGAIN, Sys.Flock(second, Native.LOCK_EX | Native.LOCK_NB));
        Check.Value(Sys.Flock(first, Native.LOCK_SH));
        Check.Value(Sys.Flock(second, Native.LOCK_SH | Native.LOCK_NB));
        Check.Value(Sys.Flock(second, Native.LOCK_UN));
    }

    private static void Polls()
    {
        Check.Ok(Sys.Pipe(out var read, out var write));
        Span<PollFd> watched = [new PollFd(read, Native.POLLIN), new PollFd(write, 0)];
        var started = Sys.MonotonicNanoseconds();
        Check.Equal(0, Check.Value(Sys.Poll(watched, 30)));
        Check.True(Sys.MonotonicNanoseconds() - started >= 30_000_000, "poll came back too early");
        Check.True(!watched[0].IsReady && !watched[1].IsReady);
        Check.Ok(Sys.WriteAll(write, "x"u8));
        Check.Equal(1, Check.Value(Sys.Poll(watched, 1000)));
        Check.Equal(Native.POLLIN, watched[0].Returned);
        Sys.Close(read);
        watched[0] = new PollFd(-1, 0);
        Check.Equal(1, Check.Value(Sys.Poll(watched, 1000)));
        Check.Equal(Native.POLLERR, watched[1].Returned);
    }

    private static void PollFails()
    {
        Check.Fails(Errno.ENOENT, Sys.Open(Native.AT_FDCWD, "/missing"u8, Native.O_RDONLY));
        Check.Ok(Sys.GetRlimit(7 /* RLIMIT_NOFILE */, out _, out var hard));
        Check.Ok(Sys.PrLimit(0, 7, 64, hard));
        // More than a process may have open: EINVAL, and not what the call before left.
        Check.Fails(Errno.EINVAL, Sys.Poll(new PollFd[65], 0));
    }

    private static void Messages()
    {
        Check.Ok(Sys.SocketPair(Native.SOCK_SEQPACKET, out var a, out var b));
        Check.Equal(Native.FD_CLOEXEC, Check.Value(Sys.Fcntl(a, Native.F_GETFD)));
        Check.Equal(3, Check.Value(Sys.Send(a, "one"u8, Native.MSG_NOSIGNAL)));
        Check.Equal(3, Check.Value(Sys.Send(a, "two"u8, Native.MSG_NOSIGNAL)));
        var buffer = new byte[16];
        Check.Equal(3, Check.Value(Sys.Recv(b, buffer, 0)), "a message");
        Check.Equal("one", Of(buffer));
        Check.Equal(3, Check.Value(Sys.Recv(b, buffer, 0)), "a message");
        Check.Fails(Errno.EAGAIN, Sys.Recv(b, buffer, Native.MSG_DONTWAIT));
        Sys.Close(b);
        Check.Equal(0, Check.Value(Sys.Recv(a, buffer, 0)), "the end");
        Check.Fails(Errno.EPIPE, Sys.Send(a, "x"u8, Native.MSG_NOSIGNAL));
    }
}
