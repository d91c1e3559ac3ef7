using System;
using System.Globalization;

namespace SharpRun.Planning;

/// <summary>process.execCPUAffinity, of exec alone: where the process that is made runs until it is in the container's cgroups, and from then on.
/// Null: the kernel decides.</summary>
public sealed record ExecCpuAffinity(CpuList? Initial, CpuList? Final);

/// <summary>CPUs as the specification writes them ("0-3,7"), and as the kernel's mask: bit n is CPU n, the first byte is the lowest.</summary>
public sealed record CpuList(string Text, byte[] Mask)
{
    // The most that a kernel can be built for, on x86_64 (CONFIG_NR_CPUS_RANGE_END).
    private const int MostCpus = 8192;

    public static CpuList? Parse(string text)
    {
        var mask = new byte[MostCpus / 8];
        foreach (var part in text.Split(','))
        {
            var dash = part.IndexOf('-', StringComparison.Ordinal);
            if (!IsCpu(dash < 0 ? part : part.AsSpan(0, dash), out var first) || !IsCpu(part.AsSpan(dash + 1), out var last) || first > last)
            {
                return null;
            }
            for (var cpu = first; cpu <= last; cpu++)
            {
                mask[cpu / 8] |= (byte)(1 << (cpu % 8));
            }
        }
        return new CpuList(text, mask);
    }

    public override string ToString() => Text;

    private static bool IsCpu(ReadOnlySpan<char> digits, out int cpu) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out cpu) && cpu < MostCpus;
}
