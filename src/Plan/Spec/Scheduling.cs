using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>process.scheduler: Policy and Flags are the kernel's numbers (linux/sched.h), times are in nanoseconds, for SCHED_DEADLINE.</summary>
public sealed record Scheduler(string Name, uint Policy)
{
    public int Nice { get; init; }
    public int Priority { get; init; }
    public ulong Flags { get; init; }
    public ulong Runtime { get; init; }
    public ulong Deadline { get; init; }
    public ulong Period { get; init; }
}

/// <summary>process.ioPriority: Class is the kernel's number (linux/ioprio.h), Priority 0 (first) to 7.</summary>
public sealed record IoPriority(string Name, int Class, int Priority);

/// <summary>The specification's words, with the numbers of linux/sched.h, linux/sched/types.h, linux/ioprio.h and sys/personality.h.</summary>
static class SchedulingWords
{
    public static readonly Dictionary<string, uint> Policies = new(StringComparer.Ordinal)
    {
        ["SCHED_OTHER"] = 0,
        ["SCHED_FIFO"] = 1,
        ["SCHED_RR"] = 2,
        ["SCHED_BATCH"] = 3,
        ["SCHED_ISO"] = 4,
        ["SCHED_IDLE"] = 5,
        ["SCHED_DEADLINE"] = 6,
    };

    public static readonly Dictionary<string, ulong> Flags = new(StringComparer.Ordinal)
    {
        ["SCHED_FLAG_RESET_ON_FORK"] = 0x01,
        ["SCHED_FLAG_RECLAIM"] = 0x02,
        ["SCHED_FLAG_DL_OVERRUN"] = 0x04,
        ["SCHED_FLAG_KEEP_POLICY"] = 0x08,
        ["SCHED_FLAG_KEEP_PARAMS"] = 0x10,
        ["SCHED_FLAG_UTIL_CLAMP_MIN"] = 0x20,
        ["SCHED_FLAG_UTIL_CLAMP_MAX"] = 0x40,
    };

    public static readonly Dictionary<string, int> IoClasses = new(StringComparer.Ordinal)
    {
        ["IOPRIO_CLASS_RT"] = 1,
        ["IOPRIO_CLASS_BE"] = 2,
        ["IOPRIO_CLASS_IDLE"] = 3,
    };

    public static readonly Dictionary<string, uint> Personalities = new(StringComparer.Ordinal)
    {
        ["LINUX"] = 0,
        ["LINUX32"] = 8,
    };
}
