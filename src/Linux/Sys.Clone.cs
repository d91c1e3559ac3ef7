using System;
using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>
/// The clone whose child goes on in managed code, and what makes it safe (spec/architecture.md, "The clone child").
/// The child has one thread. Whatever another thread held at that moment stays held for ever: a lock of malloc, of the allocator, of glibc,
/// or the mark "in managed code" for which a collection waits. So the clone waits until every other thread sleeps in the kernel:
/// then it is in native code and holds nothing. GC.WaitForPendingFinalizers is not enough (9 of 1,550 children hung).
/// </summary>
public static unsafe partial class Sys
{
    private const int BarrierSleep = 20_000;
    private const long BarrierLimit = 1_000_000_000;

    // The main thread and the one that runs finalizers; a third one (Console, a pool) must not be there.
    private const int MostThreads = 2;

    /// <summary>struct clone_args of linux/sched.h, version 2 (kernel 5.7).</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CloneArgs
    {
        public ulong Flags, PidFd, ChildTid, ParentTid, ExitSignal, Stack, StackSize, Tls, SetTid, SetTidSize, Cgroup;
    }

    /// <summary>clone3(2) with CLONE_PIDFD, into a cgroup (v2, its directory) unless that is -1. Gives 0 in the child. The exit signal is
    /// SIGCHLD; with CLONE_PARENT it is the caller's own and must not be named. Throws when the process is not quiet enough to be cloned.</summary>
    public static Result Clone(ulong flags, out int pidFd, int intoCgroupFd = -1)
    {
        WaitForQuiet();
        return CloneAlone(flags, out pidFd, intoCgroupFd, 0);
    }

    /// <summary>The same in a clone child: it has one thread, so that there is nobody to wait for, and no /proc is looked at. The kernel writes
    /// the new pid, as the caller counts, into <paramref name="childPid"/> before there is a child to be seen (CLONE_PARENT_SETTID).</summary>
    public static Result CloneAlone(ulong flags, out int pidFd, Span<byte> childPid)
    {
        fixed (byte* place = childPid)
        {
            return CloneAlone(flags | Native.CLONE_PARENT_SETTID, out pidFd, -1, (ulong)place);
        }
    }

    private static Result CloneAlone(ulong flags, out int pidFd, int intoCgroupFd, ulong childPid)
    {
        var descriptor = -1;
        var arguments = new CloneArgs
        {
            Flags = flags | Native.CLONE_PIDFD,
            PidFd = (ulong)(&descriptor),
            ParentTid = childPid,
            ExitSignal = (flags & Native.CLONE_PARENT) != 0 ? 0u : Native.SIGCHLD,
        };
        if (intoCgroupFd >= 0)
        {
            arguments.Flags |= Native.CLONE_INTO_CGROUP;
            arguments.Cgroup = (ulong)intoCgroupFd;
        }
        var result = Call(CallNumber.clone3, (nint)(&arguments), sizeof(CloneArgs));
        pidFd = descriptor;
        return result;
    }

    private static void WaitForQuiet()
    {
        var until = MonotonicNanoseconds() + BarrierLimit;
        while (!IsQuiet())
        {
            if (MonotonicNanoseconds() > until)
            {
                throw new ErrnoException("wait for the runtime's own thread to sleep", Errno.ETIMEDOUT);
            }
            // Not sched_yield: that costs a time slice (p90 3.2 ms).
            Nanosleep(BarrierSleep);
        }
    }

    /// <summary>Whether every other thread sleeps; throws when there are too many of them.</summary>
    private static bool IsQuiet()
    {
        var tasks = Open(Native.AT_FDCWD, "/proc/self/task"u8, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("list the runtime's own threads");
        var buffer = stackalloc byte[1024];
        // A list of at most two threads fits into one read; what does not fit is too many anyway.
        var read = GetDents(tasks, new Span<byte>(buffer, 1024));
        var own = Call(CallNumber.gettid).Value;
        var quiet = true;
        var threads = 0;
        foreach (var name in new DirectoryRecords(new ReadOnlySpan<byte>(buffer, read.Ok ? read.Value : 0)))
        {
            threads++;
            // The record's name has a final zero behind it.
            if (quiet && !(Utf8Parser.TryParse(name, out int thread, out _) && thread == own))
            {
                quiet = IsAsleep(tasks, name);
            }
        }
        Close(tasks);
        if (threads is 0 or > MostThreads)
        {
            throw new ErrnoException($"clone a process with {threads} threads", read.Ok ? Errno.EBUSY : read.Error);
        }
        // Alone, also where /proc counts in another pid namespace than gettid.
        return quiet || threads == 1;
    }

    // S is an interruptible wait. D is a page fault's, R is running: both may be anywhere.
    private static bool IsAsleep(int tasks, ReadOnlySpan<byte> thread)
    {
        Span<byte> path = stackalloc byte[32];
        thread.CopyTo(path);
        "/stat\0"u8.CopyTo(path[thread.Length..]);
        Span<byte> stat = stackalloc byte[512];
        return ProcFiles.ReadAt(tasks, path, stat) is { Ok: true } read && ProcFiles.StateIn(stat[..read.Value]) == 'S';
    }
}
