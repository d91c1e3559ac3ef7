using System.Collections.Generic;

namespace SharpRun.Cgroups;

/// <summary>A line of a pressure file: percents of the last 10, 60 and 300 seconds, and microseconds in all.</summary>
readonly record struct PressureLine(double Avg10, double Avg60, double Avg300, ulong Total);

/// <summary>Some: of the processes at least one had to wait; full: all of them (kernel, accounting/psi.rst).</summary>
sealed record Pressure(PressureLine Some, PressureLine Full);

/// <summary>Bytes, and how often the limit was hit.</summary>
readonly record struct MemoryCount(ulong Limit, ulong Usage, ulong Max, ulong Failures);

readonly record struct HugepageCount(string Size, ulong Usage, ulong Max, ulong Failures);

readonly record struct BlockCount(ulong Major, ulong Minor, string Operation, ulong Value);

/// <summary>What the kernel has counted in a container's groups. What a machine does not count is zero, empty or null. Times are nanoseconds.</summary>
sealed class CgroupStats
{
    public ulong CpuTotal { get; set; }
    public ulong CpuKernel { get; set; }
    public ulong CpuUser { get; set; }
    public IReadOnlyList<ulong> PerCpu { get; set; } = [];
    public IReadOnlyList<ulong> PerCpuKernel { get; set; } = [];
    public IReadOnlyList<ulong> PerCpuUser { get; set; } = [];
    public ulong Periods { get; set; }
    public ulong ThrottledPeriods { get; set; }
    public ulong ThrottledTime { get; set; }
    public Pressure? CpuPressure { get; set; }

    /// <summary>The numbers of the list "0-3,8".</summary>
    public IReadOnlyList<ulong> Cpus { get; set; } = [];
    public IReadOnlyList<ulong> Mems { get; set; } = [];

    /// <summary>The other files of the v1 controller, by the name that they have in the output.</summary>
    public IReadOnlyList<(string Name, long Value)> Cpuset { get; set; } = [];

    public ulong Cache { get; set; }
    public MemoryCount Memory { get; set; }

    /// <summary>Memory and swap together, on v2 too.</summary>
    public MemoryCount Swap { get; set; }
    public MemoryCount Kernel { get; set; }
    public MemoryCount KernelTcp { get; set; }

    /// <summary>memory.stat.</summary>
    public IReadOnlyList<(string Name, ulong Value)> MemoryRaw { get; set; } = [];
    public Pressure? MemoryPressure { get; set; }

    public ulong Pids { get; set; }

    /// <summary>0 for none.</summary>
    public ulong PidsLimit { get; set; }

    /// <summary>By the name that they have in the output.</summary>
    public List<(string Name, List<BlockCount> Counts)> Blocks { get; } = [];
    public Pressure? BlockPressure { get; set; }

    public List<HugepageCount> Hugepages { get; } = [];
}
