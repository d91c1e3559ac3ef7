using System;
using System.Collections.Generic;
using System.Text.Json;

namespace SharpRun.Cgroups;

/// <summary>The counts in the shape of runc's `events`: what is zero there and may be left out, is left out.</summary>
static class StatsOutput
{
    // Their order in runc's output; a name that a machine does not count is 0.
    private static readonly string[] s_cpusetBeforeMems = ["cpu_exclusive"];
    private static readonly string[] s_cpusetAfterMems =
    [
        "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page", "memory_spread_slab", "memory_pressure", "sched_load_balance",
        "sched_relax_domain_level",
    ];
    private static readonly string[] s_blocks =
    [
        "ioServiceBytesRecursive", "ioServicedRecursive", "ioQueueRecursive", "ioServiceTimeRecursive", "ioWaitTimeRecursive", "ioMergedRecursive",
        "ioTimeRecursive", "sectorsRecursive",
    ];

    public static void Write(Utf8JsonWriter json, CgroupStats stats)
    {
        json.WriteStartObject();
        WriteCpu(json, stats);
        WriteCpuset(json, stats);
        WriteMemory(json, stats);
        json.WriteStartObject("pids"u8);
        WriteNotZero(json, "current"u8, stats.Pids);
        WriteNotZero(json, "limit"u8, stats.PidsLimit);
        json.WriteEndObject();
        WriteBlocks(json, stats);
        json.WriteStartObject("hugetlb"u8);
        foreach (var (size, usage, max, failures) in stats.Hugepages)
        {
            json.WriteStartObject(size);
            WriteNotZero(json, "usage"u8, usage);
            WriteNotZero(json, "max"u8, max);
            json.WriteNumber("failcnt"u8, failures);
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.WriteStartObject("intel_rdt"u8);
        json.WriteEndObject();
        // runc knows of interfaces only when it has made them itself, which config.json cannot ask for.
        json.WriteNull("network_interfaces"u8);
        json.WriteEndObject();
    }

    private static void WriteCpu(Utf8JsonWriter json, CgroupStats stats)
    {
        json.WriteStartObject("cpu"u8);
        json.WriteStartObject("usage"u8);
        WriteNotZero(json, "total"u8, stats.CpuTotal);
        WriteNumbers(json, "percpu"u8, stats.PerCpu);
        WriteNumbers(json, "percpu_kernel"u8, stats.PerCpuKernel);
        WriteNumbers(json, "percpu_user"u8, stats.PerCpuUser);
        json.WriteNumber("kernel"u8, stats.CpuKernel);
        json.WriteNumber("user"u8, stats.CpuUser);
        json.WriteEndObject();
        json.WriteStartObject("throttling"u8);
        WriteNotZero(json, "periods"u8, stats.Periods);
        WriteNotZero(json, "throttledPeriods"u8, stats.ThrottledPeriods);
        WriteNotZero(json, "throttledTime"u8, stats.ThrottledTime);
        json.WriteEndObject();
        WritePressure(json, stats.CpuPressure);
        json.WriteEndObject();
    }

    private static void WriteCpuset(Utf8JsonWriter json, CgroupStats stats)
    {
        json.WriteStartObject("cpuset"u8);
        WriteNumbers(json, "cpus"u8, stats.Cpus);
        WriteCpusetNumbers(s_cpusetBeforeMems);
        WriteNumbers(json, "mems"u8, stats.Mems);
        WriteCpusetNumbers(s_cpusetAfterMems);
        json.WriteEndObject();

        void WriteCpusetNumbers(string[] names)
        {
            foreach (var name in names)
            {
                long value = 0;
                foreach (var row in stats.Cpuset)
                {
                    value = row.Name == name ? row.Value : value;
                }
                json.WriteNumber(name, value);
            }
        }
    }

    private static void WriteMemory(Utf8JsonWriter json, CgroupStats stats)
    {
        json.WriteStartObject("memory"u8);
        WriteNotZero(json, "cache"u8, stats.Cache);
        WriteCount(json, "usage"u8, stats.Memory);
        WriteCount(json, "swap"u8, stats.Swap);
        WriteCount(json, "kernel"u8, stats.Kernel);
        WriteCount(json, "kernelTCP"u8, stats.KernelTcp);
        if (stats.MemoryRaw.Count > 0)
        {
            json.WriteStartObject("raw"u8);
            foreach (var (name, value) in stats.MemoryRaw)
            {
                json.WriteNumber(name, value);
            }
            json.WriteEndObject();
        }
        WritePressure(json, stats.MemoryPressure);
        json.WriteEndObject();
    }

    private static void WriteBlocks(Utf8JsonWriter json, CgroupStats stats)
    {
        json.WriteStartObject("blkio"u8);
        foreach (var name in s_blocks)
        {
            var counts = stats.Blocks.Find(row => row.Name == name).Counts ?? [];
            if (counts.Count == 0)
            {
                continue;
            }
            json.WriteStartArray(name);
            foreach (var count in counts)
            {
                json.WriteStartObject();
                WriteNotZero(json, "major"u8, count.Major);
                WriteNotZero(json, "minor"u8, count.Minor);
                if (count.Operation.Length > 0)
                {
                    json.WriteString("op"u8, count.Operation);
                }
                WriteNotZero(json, "value"u8, count.Value);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        WritePressure(json, stats.BlockPressure);
        json.WriteEndObject();
    }

    private static void WriteCount(Utf8JsonWriter json, ReadOnlySpan<byte> name, MemoryCount count)
    {
        json.WriteStartObject(name);
        json.WriteNumber("limit"u8, count.Limit);
        WriteNotZero(json, "usage"u8, count.Usage);
        WriteNotZero(json, "max"u8, count.Max);
        json.WriteNumber("failcnt"u8, count.Failures);
        json.WriteEndObject();
    }

    private static void WritePressure(Utf8JsonWriter json, Pressure? pressure)
    {
        if (pressure is null)
        {
            return;
        }
        json.WriteStartObject("psi"u8);
        WritePressureLine(json, "some"u8, pressure.Some);
        WritePressureLine(json, "full"u8, pressure.Full);
        json.WriteEndObject();
    }

    private static void WritePressureLine(Utf8JsonWriter json, ReadOnlySpan<byte> name, PressureLine line)
    {
        json.WriteStartObject(name);
        json.WriteNumber("avg10"u8, line.Avg10);
        json.WriteNumber("avg60"u8, line.Avg60);
        json.WriteNumber("avg300"u8, line.Avg300);
        json.WriteNumber("total"u8, line.Total);
        json.WriteEndObject();
    }

    private static void WriteNotZero(Utf8JsonWriter json, ReadOnlySpan<byte> name, ulong value)
    {
        if (value != 0)
        {
            json.WriteNumber(name, value);
        }
    }

    private static void WriteNumbers(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<ulong> numbers)
    {
        if (numbers.Count == 0)
        {
            return;
        }
        json.WriteStartArray(name);
        foreach (var number in numbers)
        {
            json.WriteNumberValue(number);
        }
        json.WriteEndArray();
    }
}
