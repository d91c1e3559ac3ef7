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
        var (memory, usage, quota) = (long.MaxValue, 0L, "max");
        foreach (var directory in groups.Directories)
        {
            var isV2 = groups.Layout == CgroupLayout.V2;
            if (resources.Memory is not null && (isV2 || directory.Controllers.Contains("memory", StringComparison.Ordinal)))
            {
                memory = Number(directory, isV2 ? "memory.max" : "memory.limit_in_bytes", long.MaxValue);
                usage = Number(directory, isV2 ? "memory.current" : "memory.usage_in_bytes", 0);
            }
            if (isV2 && resources.Cpu?.Period is > 0 && Text(directory, "cpu.max") is { } bandwidth)
            {
                quota = bandwidth.Split(' ')[0];
            }
        }
        return new PresentLimits(memory, usage, quota);
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
