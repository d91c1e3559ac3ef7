using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.Cgroups;

/// <summary>The sizes of huge pages that this machine has, as the hugetlb controller names its files: "2MB", "1GB".</summary>
static class HugepageSizes
{
    /// <summary>In the order of their names; empty where the kernel has none.</summary>
    public static List<string> Read()
    {
        var sizes = new List<string>();
        var directory = Sys.Open(Native.AT_FDCWD, "/sys/kernel/mm/hugepages"u8, Native.O_RDONLY | Native.O_DIRECTORY);
        if (!directory.Ok)
        {
            return sizes;
        }
        foreach (var name in Subgroups.Of(directory.Value))
        {
            // "hugepages-2048kB" and a final zero.
            var text = Encoding.UTF8.GetString(name.AsSpan(0, name.Length - 1));
            if (text.StartsWith("hugepages-", StringComparison.Ordinal) && text.EndsWith("kB", StringComparison.Ordinal)
                && ulong.TryParse(text["hugepages-".Length..^2], NumberStyles.None, CultureInfo.InvariantCulture, out var kilobytes))
            {
                sizes.Add(NameOf(kilobytes));
            }
        }
        Sys.Close(directory.Value);
        sizes.Sort(StringComparer.Ordinal);
        return sizes;
    }

    private static string NameOf(ulong kilobytes) => kilobytes switch
    {
        >= 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{kilobytes >> 20}GB"),
        >= 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{kilobytes >> 10}MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{kilobytes}KB"),
    };
}
