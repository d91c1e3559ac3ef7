using System;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace SharpRun.Linux;

/// <summary>How a child ended: Code is CLD_EXITED with an exit status, or CLD_KILLED or CLD_DUMPED with a signal. Pid 0: nothing to report.</summary>
public readonly record struct WaitStatus(int Pid, int Code, int Status)
{
    public bool IsSignal => Code is Native.CLD_KILLED or Native.CLD_DUMPED;

    public bool IsExit => Code == Native.CLD_EXITED;
}

public static unsafe partial class Sys
{
    /// <summary>siginfo_t as waitid(2) fills it.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    internal struct SigInfo
    {
        [FieldOffset(0)] public int Signo;
        [FieldOffset(8)] public int Code;
        [FieldOffset(16)] public int Pid;
        [FieldOffset(24)] public int Status;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Rlimit64
    {
        public ulong Soft, Hard;
    }

    /// <summary>_exit(2): nothing of the runtime is brought to an end.</summary>
    [DoesNotReturn]
    public static void Exit(int status)
    {
        while (true)
        {
            _exit(status);
        }
    }

    public static Result Execve(byte* path, byte** argv, byte** envp) => ResultOf(execve(path, argv, envp));

    /// <summary>execveat(2): with AT_EMPTY_PATH the program is the descriptor itself.</summary>
    public static Result ExecveAt(int dirfd, ReadOnlySpan<byte> path, byte** argv, byte** envp, int flags)
    {
        fixed (byte* name = Text(path))
        {
            return Call(CallNumber.execveat, dirfd, (nint)name, (nint)argv, (nint)envp, flags);
        }
    }

    /// <summary>pidfd_open(2) (kernel 5.3); the descriptor is O_CLOEXEC by itself.</summary>
    public static Result PidfdOpen(int pid) => Call(CallNumber.pidfd_open, pid);

    public static Errno PidfdSendSignal(int pidfd, int signal) => Call(CallNumber.pidfd_send_signal, pidfd, signal).Error;

    /// <summary>waitid(2) for the process of a pidfd.</summary>
    public static Result WaitId(int pidfd, int options, out WaitStatus status) => WaitFor(Native.P_PIDFD, pidfd, options, out status);

    /// <summary>waitid(2) for any child.</summary>
    public static Result WaitAny(int options, out WaitStatus status) => WaitFor(Native.P_ALL, 0, options, out status);

    private static Result WaitFor(int idType, int id, int options, out WaitStatus status)
    {
        var info = new SigInfo();
        while (true)
        {
            var result = Call(CallNumber.waitid, idType, id, (nint)(&info), options);
            if (result.Error != Errno.EINTR)
            {
                status = new WaitStatus(info.Pid, info.Code, info.Status);
                return result;
            }
        }
    }

    public static Errno Kill(int pid, int signal) => ErrorOf(kill(pid, signal));

    public static int GetPid() => getpid();

    public static Result SetSid() => ResultOf((int)setsid());

    public static uint Umask(uint mask) => (uint)umask((mode_t)mask);

    /// <summary>The name without a final zero.</summary>
    public static Errno SetHostName(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = Text(name))
        {
            return ErrorOf(sethostname(text, name.Length));
        }
    }

    /// <summary>The name without a final zero.</summary>
    public static Errno SetDomainName(ReadOnlySpan<byte> name)
    {
        fixed (byte* text = Text(name))
        {
            return ErrorOf(setdomainname(text, name.Length));
        }
    }

    public static Errno Unshare(int flags) => ErrorOf(unshare(flags));

    /// <summary>setns(2); the descriptor of a process (pidfd, kernel 5.8) takes several types at once.</summary>
    public static Errno SetNs(int fd, int type) => ErrorOf(setns(fd, type));

    public static Result Prctl(int operation, nuint a = 0, nuint b = 0, nuint c = 0, nuint d = 0) =>
        Call(CallNumber.prctl, operation, (nint)a, (nint)b, (nint)c, (nint)d);

    /// <summary>prlimit64(2) on another process or on this one (pid 0).</summary>
    public static Errno PrLimit(int pid, int resource, ulong soft, ulong hard)
    {
        var limit = new Rlimit64 { Soft = soft, Hard = hard };
        return Call(CallNumber.prlimit64, pid, resource, (nint)(&limit)).Error;
    }

    public static Errno GetRlimit(int pid, int resource, out ulong soft, out ulong hard)
    {
        Rlimit64 limit = default;
        var error = Call(CallNumber.prlimit64, pid, resource, 0, (nint)(&limit)).Error;
        (soft, hard) = (limit.Soft, limit.Hard);
        return error;
    }

    public static Errno GetRlimit(int resource, out ulong soft, out ulong hard) => GetRlimit(0, resource, out soft, out hard);

    /// <summary>CLOCK_MONOTONIC, without a system call. On Linux .NET's clock counts nanoseconds.</summary>
    public static long MonotonicNanoseconds() => Stopwatch.GetTimestamp();

    /// <summary>Sleeps at least this long, or until a signal.</summary>
    public static void Nanosleep(long nanoseconds)
    {
        var time = stackalloc long[2] { nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000 };
        Call(CallNumber.nanosleep, (nint)time);
    }
}
