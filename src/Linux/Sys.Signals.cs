using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

/// <summary>Signals by raw system calls: glibc keeps two real-time signals to itself.</summary>
public static unsafe partial class Sys
{
    // The kernel's _NSIG; glibc's counts one more.
    private const int LastSignal = 64;
    private const int SignalSetSize = LastSignal / 8;

    /// <summary>struct sigaction of the kernel (asm/signal.h): handler, flags, restorer, mask.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct KernelSigAction
    {
        public nint Handler;
        public ulong Flags;
        public nint Restorer;
        public ulong Mask;
    }

    /// <summary>Every disposition is the default and nothing is blocked: the runtime ignores SIGPIPE, and an ignored signal outlives exec.</summary>
    public static Errno ResetSignals()
    {
        var standard = new KernelSigAction();
        for (var signal = 1; signal <= LastSignal; signal++)
        {
            if (signal is Native.SIGKILL or Native.SIGSTOP)
            {
                continue;
            }
            var error = Call(CallNumber.rt_sigaction, signal, (nint)(&standard), 0, SignalSetSize).Error;
            if (error != Errno.OK)
            {
                return error;
            }
        }
        return SetMask(Native.SIG_SETMASK, 0);
    }

    /// <summary>Blocks signals in the calling thread; bit n-1 of the mask stands for signal n.</summary>
    public static Errno BlockSignals(ulong mask) => SetMask(Native.SIG_BLOCK, mask);

    public static Errno BlockSignals(ReadOnlySpan<int> signals) => BlockSignals(MaskOf(signals));

    /// <summary>The blocked signals become these.</summary>
    public static Errno SetSignalMask(ulong mask) => SetMask(Native.SIG_SETMASK, mask);

    /// <summary>The signals that the calling thread blocks.</summary>
    public static ulong BlockedSignals()
    {
        ulong mask = 0;
        Call(CallNumber.rt_sigprocmask, Native.SIG_BLOCK, 0, (nint)(&mask), SignalSetSize);
        return mask;
    }

    /// <summary>A descriptor that reads these signals (signalfd(2)); it does not wait (O_NONBLOCK) and is O_CLOEXEC.</summary>
    public static Result SignalFd(ulong mask) =>
        Call(CallNumber.signalfd4, -1, (nint)(&mask), SignalSetSize, Native.O_NONBLOCK | Native.O_CLOEXEC);

    public static Result SignalFd(ReadOnlySpan<int> signals) => SignalFd(MaskOf(signals));

    /// <summary>The address of a signal's handler: 0 is the default, 1 is ignored.</summary>
    public static Errno GetHandler(int signal, out nint handler)
    {
        var action = new KernelSigAction();
        var error = Call(CallNumber.rt_sigaction, signal, 0, (nint)(&action), SignalSetSize).Error;
        handler = action.Handler;
        return error;
    }

    /// <summary>SIG_DFL or SIG_IGN.</summary>
    public static Errno SetHandler(int signal, nint handler)
    {
        var action = new KernelSigAction { Handler = handler };
        return Call(CallNumber.rt_sigaction, signal, (nint)(&action), 0, SignalSetSize).Error;
    }

    private static Errno SetMask(int how, ulong mask) => Call(CallNumber.rt_sigprocmask, how, (nint)(&mask), 0, SignalSetSize).Error;

    private static ulong MaskOf(ReadOnlySpan<int> signals)
    {
        ulong mask = 0;
        foreach (var signal in signals)
        {
            mask |= 1UL << (signal - 1);
        }
        return mask;
    }
}
