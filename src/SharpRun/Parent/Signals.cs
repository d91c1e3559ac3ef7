using System;
using System.Runtime.CompilerServices;
using SharpRun.Linux;

namespace SharpRun.Parent;

/// <summary>
/// A foreground run hears signals through a descriptor, so every thread has to block them. The runtime's second thread, the one that
/// runs finalizers, exists before Main and cannot inherit the mask: it is set there by a finalizer.
/// </summary>
static class Signals
{
    private static bool s_blocked;

    /// <summary>Blocks in both threads what <see cref="Heard"/> names; returns a descriptor that reads them.</summary>
    public static int Listen()
    {
        Sys.BlockSignals(Heard).OrThrow("block signals");
        Abandon();
#pragma warning disable RS0030 // Before the clone, in the parent; the exact barrier of Sys.Clone comes after it.
        GC.Collect(0);
        GC.WaitForPendingFinalizers();
#pragma warning restore RS0030
        if (!s_blocked)
        {
            throw new InvalidOperationException("the finalizer thread did not block signals");
        }
        return Sys.SignalFd(Heard).OrThrow("listen to signals");
    }

    /// <summary>All but those that the kernel keeps (KILL, STOP), that of the caller's own children (CHLD), those that mean a fault here
    /// (ILL, TRAP, ABRT, BUS, FPE, SEGV), and the first real-time ones, which the runtime uses. WINCH is heard but not forwarded.</summary>
    public static ulong Heard { get; } = Mask();

    private static ulong Mask()
    {
        ReadOnlySpan<int> kept =
        [
            Native.SIGKILL, Native.SIGSTOP, Native.SIGCHLD, Native.SIGILL, Native.SIGTRAP, Native.SIGABRT,
            Native.SIGBUS, Native.SIGFPE, Native.SIGSEGV, 32, 33, 34, 35,
        ];
        var mask = ulong.MaxValue;
        foreach (var signal in kept)
        {
            mask &= ~(1UL << (signal - 1));
        }
        return mask;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon() => _ = new BlocksWhenFinalized();

    private sealed class BlocksWhenFinalized
    {
        ~BlocksWhenFinalized() => s_blocked = Sys.BlockSignals(Heard) == Errno.OK;
    }
}
