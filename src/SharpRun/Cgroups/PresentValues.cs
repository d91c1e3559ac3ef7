using System;
using System.Globalization;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>What an update has to know of a container's groups, read only as far as it is asked for.</summary>
static class PresentValues
{
    public static PresentLimits Read(CgroupPlan groups, Resources resources)
    {
        var isV2 = groups.Layout == CgroupLayout.V2;
        var (memory, usage, bandwidth, idle) = (long.MaxValue, 0L, "max 100000", "");
        foreach (var directory in groups.Directories)
        {
            if (resources.Memory is not null && (isV2 || directory.Has("memory")))
            {
                memory = Number(directory, isV2 ? "memory.max" : "memory.limit_in_bytes", long.MaxValue);
                usage = Number(directory, isV2 ? "memory.current" : "memory.usage_in_bytes", 0);
            }
            if (resources.Cpu is { } cpu && (isV2 || directory.Has("cpu")))
            {
                bandwidth = cpu is { Quota: null or 0, Period: null or 0 } ? bandwidth : Bandwidth(directory, isV2) ?? bandwidth;
                idle = cpu.Idle == 0 ? Text(directory, "cpu.idle") ?? "" : "";
            }
        }
        var words = bandwidth.Split(' ');
        return new PresentLimits(memory, usage, words[0], words[1]) { IsIdle = idle == "1" };
    }

    // As cpu.max has it. v1 has two files, and -1 for no limit.
    static string? Bandwidth(CgroupDirectory directory, bool isV2)
    {
        if (isV2)
        {
            return Text(directory, "cpu.max");
        }
        var (quota, period) = (Text(directory, "cpu.cfs_quota_us"), Text(directory, "cpu.cfs_period_us"));
        return quota is null || period is null ? null : $"{(quota == "-1" ? "max" : quota)} {period}";
    }

    // v1 shows "no limit" as the largest multiple of the page size. v2 says "max".
    static long Number(CgroupDirectory directory, string file, long otherwise)
    {
        const long none = long.MaxValue / 4096 * 4096;
        return long.TryParse(Text(directory, file), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number >= none ? long.MaxValue : number
            : otherwise;
    }

    static string? Text(CgroupDirectory directory, string file) =>
        CgroupFile.Read(Native.AT_FDCWD, $"{directory.FullPath}/{file}", out var text) == Errno.OK ? text : null;
}
