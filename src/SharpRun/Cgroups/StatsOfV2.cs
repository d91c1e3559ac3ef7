using System;
using System.Collections.Generic;

namespace SharpRun.Cgroups;

/// <summary>The counts of a group of cgroup2 (kernel, cgroup-v2.rst), in the words of v1 where those have one.</summary>
static class StatsOfV2
{
    public static CgroupStats Read(string directory)
    {
        var files = new GroupFiles(directory);
        var stats = new CgroupStats();
        ReadCpu(files, stats);
        ReadMemory(files, stats);
        StatsOfV1.ReadPids(files, stats);
        ReadBlocks(files, stats);
        ReadHugepages(files, stats);
        return stats;
    }

    private static void ReadCpu(GroupFiles files, CgroupStats stats)
    {
        const ulong nanosecondsOfMicrosecond = 1000;
        var pairs = files.Pairs("cpu.stat");
        stats.CpuTotal = GroupFiles.Find(pairs, "usage_usec") * nanosecondsOfMicrosecond;
        stats.CpuUser = GroupFiles.Find(pairs, "user_usec") * nanosecondsOfMicrosecond;
        stats.CpuKernel = GroupFiles.Find(pairs, "system_usec") * nanosecondsOfMicrosecond;
        stats.Periods = GroupFiles.Find(pairs, "nr_periods");
        stats.ThrottledPeriods = GroupFiles.Find(pairs, "nr_throttled");
        stats.ThrottledTime = GroupFiles.Find(pairs, "throttled_usec") * nanosecondsOfMicrosecond;
        stats.CpuPressure = files.Pressure("cpu.pressure");
    }

    private static void ReadMemory(GroupFiles files, CgroupStats stats)
    {
        var pairs = files.Pairs("memory.stat");
        stats.MemoryRaw = pairs;
        stats.Cache = GroupFiles.Find(pairs, "file");
        // memory.peak since 5.19.
        var memory = new MemoryCount(files.Number("memory.max"), files.Number("memory.current"), files.Number("memory.peak"), 0);
        stats.Memory = memory;
        if (files.Has("memory.swap.current"))
        {
            var limit = files.Number("memory.swap.max");
            stats.Swap = new MemoryCount(Sum(limit, memory.Limit), files.Number("memory.swap.current") + memory.Usage, 0, 0);
        }
        else
        {
            stats.Swap = new MemoryCount(memory.Limit, memory.Usage, 0, 0);
        }
        stats.MemoryPressure = files.Pressure("memory.pressure");
    }

    // No limit and another one are no limit.
    private static ulong Sum(ulong one, ulong other) => one == ulong.MaxValue || other == ulong.MaxValue ? ulong.MaxValue : one + other;

    private static void ReadBlocks(GroupFiles files, CgroupStats stats)
    {
        var (bytes, operations) = (new List<BlockCount>(), new List<BlockCount>());
        // "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6"
        foreach (var line in files.Lines("io.stat"))
        {
            var fields = line.Split([' ', ':', '='], StringSplitOptions.RemoveEmptyEntries);
            for (var i = 2; i + 1 < fields.Length; i += 2)
            {
                var operation = fields[i][0] switch { 'r' => "Read", 'w' => "Write", _ => "Discard" };
                var list = fields[i] switch { "rbytes" or "wbytes" or "dbytes" => bytes, "rios" or "wios" or "dios" => operations, _ => null };
                list?.Add(new BlockCount(GroupFiles.Parse(fields[0]), GroupFiles.Parse(fields[1]), operation, GroupFiles.Parse(fields[i + 1])));
            }
        }
        stats.Blocks.Add(("ioServiceBytesRecursive", bytes));
        stats.Blocks.Add(("ioServicedRecursive", operations));
        stats.BlockPressure = files.Pressure("io.pressure");
    }

    private static void ReadHugepages(GroupFiles files, CgroupStats stats)
    {
        foreach (var size in HugepageSizes.Read())
        {
            if (files.Has($"hugetlb.{size}.current"))
            {
                var failures = GroupFiles.Find(files.Pairs($"hugetlb.{size}.events"), "max");
                stats.Hugepages.Add(new HugepageCount(size, files.Number($"hugetlb.{size}.current"), 0, failures));
            }
        }
    }
}
