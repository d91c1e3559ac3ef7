using System;
using System.Collections.Generic;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>The counts of a group in each hierarchy of v1 (kernel, cgroup-v1/*.rst).</summary>
static class StatsOfV1
{
    // Files of cpuset, by the name that they have in the output.
    private static readonly (string Name, string File)[] s_cpuset =
    [
        ("cpu_exclusive", "cpuset.cpu_exclusive"), ("mem_hardwall", "cpuset.mem_hardwall"), ("mem_exclusive", "cpuset.mem_exclusive"),
        ("memory_migrate", "cpuset.memory_migrate"), ("memory_spread_page", "cpuset.memory_spread_page"),
        ("memory_spread_slab", "cpuset.memory_spread_slab"), ("memory_pressure", "cpuset.memory_pressure"),
        ("sched_load_balance", "cpuset.sched_load_balance"), ("sched_relax_domain_level", "cpuset.sched_relax_domain_level"),
    ];

    // What each I/O scheduler counts, the fullest first; where there is none, what the throttler does. The first file shows whether it is there.
    private static readonly (string Prefix, string Suffix, string[] Files)[] s_blocks =
    [
        ("blkio.bfq.", "_recursive", ["sectors", "io_service_time", "io_wait_time", "io_merged", "io_queued", "time", "io_serviced", "io_service_bytes"]),
        ("blkio.bfq.", "_recursive", ["io_serviced", "io_service_bytes"]),
        ("blkio.", "_recursive", ["sectors", "io_service_time", "io_wait_time", "io_merged", "io_queued", "time", "io_serviced", "io_service_bytes"]),
        ("blkio.throttle.", "_recursive", ["io_serviced", "io_service_bytes"]),
        ("blkio.throttle.", "", ["io_serviced", "io_service_bytes"]),
    ];

    /// <summary>Each directory of the container with the controllers of its hierarchy ("cpu,cpuacct").</summary>
    public static CgroupStats Read(IReadOnlyList<CgroupDirectory> directories)
    {
        var stats = new CgroupStats();
        foreach (var directory in directories)
        {
            var files = new GroupFiles(directory.FullPath);
            foreach (var controller in directory.Controllers.Split(','))
            {
                switch (controller)
                {
                    case "cpu": ReadCpu(files, stats); break;
                    case "cpuacct": ReadCpuAccounting(files, stats); break;
                    case "cpuset": ReadCpuset(files, stats); break;
                    case "memory": ReadMemory(files, stats); break;
                    case "pids": ReadPids(files, stats); break;
                    case "blkio": ReadBlocks(files, stats); break;
                    case "hugetlb": ReadHugepages(files, stats); break;
                    default: break;
                }
            }
        }
        return stats;
    }

    public static void ReadPids(GroupFiles files, CgroupStats stats)
    {
        stats.Pids = files.Number("pids.current");
        stats.PidsLimit = files.Number("pids.max") is var limit && limit == ulong.MaxValue ? 0 : limit;
    }

    private static void ReadCpu(GroupFiles files, CgroupStats stats)
    {
        var pairs = files.Pairs("cpu.stat");
        stats.Periods = GroupFiles.Find(pairs, "nr_periods");
        stats.ThrottledPeriods = GroupFiles.Find(pairs, "nr_throttled");
        stats.ThrottledTime = GroupFiles.Find(pairs, "throttled_time");
    }

    private static void ReadCpuAccounting(GroupFiles files, CgroupStats stats)
    {
        const ulong nanosecondsOfTick = 10_000_000; // USER_HZ is 100 everywhere
        stats.CpuTotal = files.Number("cpuacct.usage");
        var pairs = files.Pairs("cpuacct.stat");
        stats.CpuUser = GroupFiles.Find(pairs, "user") * nanosecondsOfTick;
        stats.CpuKernel = GroupFiles.Find(pairs, "system") * nanosecondsOfTick;
        var total = new List<ulong>();
        foreach (var number in files.Text("cpuacct.usage_percpu").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            total.Add(GroupFiles.Parse(number));
        }
        var (user, kernel) = (new List<ulong>(), new List<ulong>());
        // "cpu user system", then a line a CPU.
        foreach (var line in files.Lines("cpuacct.usage_all"))
        {
            var fields = line.Split(' ');
            if (fields.Length == 3 && fields[0] != "cpu")
            {
                user.Add(GroupFiles.Parse(fields[1]));
                kernel.Add(GroupFiles.Parse(fields[2]));
            }
        }
        (stats.PerCpu, stats.PerCpuUser, stats.PerCpuKernel) = (total, user, kernel);
    }

    private static void ReadCpuset(GroupFiles files, CgroupStats stats)
    {
        stats.Cpus = files.List("cpuset.cpus");
        stats.Mems = files.List("cpuset.mems");
        stats.Cpuset = Array.ConvertAll(s_cpuset, row => (row.Name, files.SignedNumber(row.File)));
    }

    private static void ReadMemory(GroupFiles files, CgroupStats stats)
    {
        var pairs = files.Pairs("memory.stat");
        stats.MemoryRaw = pairs;
        stats.Cache = GroupFiles.Find(pairs, "cache");
        stats.Memory = Count(files, "memory");
        stats.Swap = Count(files, "memory.memsw");
        stats.Kernel = Count(files, "memory.kmem");
        stats.KernelTcp = Count(files, "memory.kmem.tcp");
    }

    private static MemoryCount Count(GroupFiles files, string name) => new(
        files.Number(name + ".limit_in_bytes"), files.Number(name + ".usage_in_bytes"),
        files.Number(name + ".max_usage_in_bytes"), files.Number(name + ".failcnt"));

    private static void ReadBlocks(GroupFiles files, CgroupStats stats)
    {
        foreach (var (prefix, suffix, names) in s_blocks)
        {
            if (BlockCounts(files, prefix + names[0] + suffix).Count == 0)
            {
                continue;
            }
            foreach (var name in names)
            {
                stats.Blocks.Add((Output(name), BlockCounts(files, prefix + name + suffix)));
            }
            return;
        }
    }

    private static string Output(string name) => name switch
    {
        "sectors" => "sectorsRecursive",
        "io_service_time" => "ioServiceTimeRecursive",
        "io_wait_time" => "ioWaitTimeRecursive",
        "io_merged" => "ioMergedRecursive",
        "io_queued" => "ioQueueRecursive",
        "time" => "ioTimeRecursive",
        "io_serviced" => "ioServicedRecursive",
        _ => "ioServiceBytesRecursive",
    };

    // "8:0 Read 1282048", of sectors and time without a word; a sum over all devices, "Total 3477504", at the end.
    private static List<BlockCount> BlockCounts(GroupFiles files, string file)
    {
        var counts = new List<BlockCount>();
        foreach (var line in files.Lines(file))
        {
            var fields = line.Split(' ', ':');
            if (fields.Length is 3 or 4)
            {
                var operation = fields.Length == 4 ? fields[2] : "";
                counts.Add(new BlockCount(GroupFiles.Parse(fields[0]), GroupFiles.Parse(fields[1]), operation, GroupFiles.Parse(fields[^1])));
            }
        }
        return counts;
    }

    private static void ReadHugepages(GroupFiles files, CgroupStats stats)
    {
        foreach (var size in HugepageSizes.Read())
        {
            var name = $"hugetlb.{size}";
            stats.Hugepages.Add(new HugepageCount(
                size, files.Number(name + ".usage_in_bytes"), files.Number(name + ".max_usage_in_bytes"), files.Number(name + ".failcnt")));
        }
    }
}
