namespace SharpRun.Seccomp;

/// <summary>What a filter answers to a call, as the kernel reads it: an action in the upper half, data in the lower (linux/seccomp.h).</summary>
public static class FilterAction
{
    public const uint KillProcess = 0x80000000, KillThread = 0x00000000, Trap = 0x00030000, Notify = 0x7fc00000, Log = 0x7ffc0000, Allow = 0x7fff0000;

    /// <summary>The call is not made and fails with this errno; the kernel cuts it to 4095 (MAX_ERRNO).</summary>
    public static uint Errno(uint errno) => 0x00050000 | (errno & DataMask);

    /// <summary>A tracer decides and reads the data by PTRACE_GETEVENTMSG; without one the call fails with ENOSYS.</summary>
    public static uint Trace(uint data) => 0x7ff00000 | (data & DataMask);

    public const uint DataMask = 0xffff;

    /// <summary>Answers that let the call through, or leave it to somebody who knows calls better than the profile.</summary>
    public static bool IsPermissive(uint action) => action is Allow or Log || (action & ~DataMask) == Trace(0);
}
