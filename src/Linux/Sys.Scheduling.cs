using System;
using System.Runtime.InteropServices;

namespace SharpRun.Linux;

public static unsafe partial class Sys
{
    /// <summary>struct sched_attr of linux/sched/types.h, version 0 (48 bytes).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SchedAttr
    {
        public uint Size, Policy;
        public ulong Flags;
        public int Nice;
        public uint Priority;
        public ulong Runtime, Deadline, Period;
    }

    /// <summary>sched_setattr(2) of the calling thread; the size is filled in.</summary>
    public static Errno SetScheduler(SchedAttr attributes)
    {
        attributes.Size = (uint)sizeof(SchedAttr);
        return Call(CallNumber.sched_setattr, 0, (nint)(&attributes), 0).Error;
    }

    /// <summary>sched_setaffinity(2) of the calling thread: bit n of the mask, whose first byte is the lowest, is CPU n.</summary>
    public static Errno SetCpuAffinity(ReadOnlySpan<byte> mask)
    {
        fixed (byte* start = mask)
        {
            return Call(CallNumber.sched_setaffinity, 0, mask.Length, (nint)start).Error;
        }
    }

    /// <summary>Lets the calling thread, and what it clones, run on every CPU of its cgroup's cpuset, wherever its caller was bound to (taskset(1)).
    /// A kernel that refuses leaves the caller's CPUs.</summary>
    public static void ResetCpuAffinity()
    {
        // 8192 CPUs, the most a kernel is built for (CONFIG_NR_CPUS); what the machine has not is left out.
        Span<byte> all = stackalloc byte[8192 / 8];
        all.Fill(0xff);
        SetCpuAffinity(all);
    }

    /// <summary>ioprio_set(2) of the calling thread: IOPRIO_WHO_PROCESS, and linux/ioprio.h's class and level in one number.</summary>
    public static Errno SetIoPriority(int kind, int level) => Call(CallNumber.ioprio_set, 1, 0, kind << 13 | level).Error;

    public static Errno SetPersonality(uint persona) => Call(CallNumber.personality, (nint)persona).Error;
}
