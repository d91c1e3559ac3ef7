using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

public static unsafe partial class Sys
{
    /// <summary>struct sock_fprog of linux/filter.h.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 16)]
    internal struct FilterProgram
    {
        [FieldOffset(0)] public ushort Length;
        [FieldOffset(8)] public ulong Instructions;
    }

    /// <summary>shutdown(2) of what a socket sends: the other end reads to the end, whoever else holds this one.</summary>
    public static Errno EndOfSending(int socket) => Call(CallNumber.shutdown, socket, 1 /* SHUT_WR */).Error;

    /// <summary>seccomp(2): a filter for this process and all that come of it, one ulong an instruction (struct sock_filter). Needs no_new_privs, or
    /// CAP_SYS_ADMIN in the process's user namespace. With SECCOMP_FILTER_FLAG_NEW_LISTENER the value is the listener, O_CLOEXEC; else 0.</summary>
    public static Result LoadSeccomp(ReadOnlySpan<ulong> instructions, uint flags)
    {
        if (instructions.Length > ushort.MaxValue)
        {
            return Result.Failed(Errno.EINVAL);
        }
        fixed (ulong* code = instructions)
        {
            var program = new FilterProgram { Length = (ushort)instructions.Length, Instructions = (ulong)code };
            return Call(CallNumber.seccomp, (nint)Native.SECCOMP_SET_MODE_FILTER, (nint)flags, (nint)(&program));
        }
    }
}
