using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>How many processes the kernel has killed for want of memory since the groups were made: the line "oom_kill" of memory.events on v2,
/// of memory.oom_control on v1.</summary>
static class OomKills
{
    private const string Key = "oom_kill ";

    public static ulong In(CgroupPlan? groups)
    {
        foreach (var directory in groups?.Directories ?? [])
        {
            var file = groups!.Layout == CgroupLayout.V2 ? "memory.events" : "memory.oom_control";
            if (CgroupFile.Read(Native.AT_FDCWD, $"{directory.FullPath}/{file}", out var text) == Errno.OK)
            {
                return In(text);
            }
        }
        return 0;
    }

    /// <summary>In the text of such a file.</summary>
    public static ulong In(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(Key, StringComparison.Ordinal))
            {
                return GroupFiles.Parse(line.AsSpan(Key.Length));
            }
        }
        return 0;
    }
}
