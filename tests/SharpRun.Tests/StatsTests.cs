using System;
using System.IO;
using System.Text.Json;
using SharpRun.Cgroups;
using SharpRun.Cli;
using SharpRun.CommandLine;
using SharpRun.Planning;
using Xunit;

namespace SharpRun.Tests;

/// <summary>The files of a group become runc's JSON: by files as kernels write them, and by what runc printed of the same.</summary>
public sealed class StatsTests : IDisposable
{
    private readonly TemporaryRoot _directory = new();

    public StatsTests() => Directory.CreateDirectory(_directory.Path);

    public void Dispose() => _directory.Dispose();

    private void Put(string file, string text) => File.WriteAllText(_directory[file], text);

    private static JsonElement Json(CgroupStats stats)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            StatsOutput.Write(json, stats);
        }
        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    private JsonElement OfV1(string controllers) => Json(StatsOfV1.Read([new CgroupDirectory(controllers, _directory.Path, "")]));

    private JsonElement OfV2() => Json(StatsOfV2.Read(_directory.Path));

    [Fact]
    public void A_group_that_counts_nothing_has_the_numbers_that_are_always_there()
    {
        const string always = """
            {"cpu":{"usage":{"kernel":0,"user":0},"throttling":{}},"cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,
            "memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,"sched_relax_domain_level":0},
            "memory":{"usage":{"limit":0,"failcnt":0},"swap":{"limit":0,"failcnt":0},"kernel":{"limit":0,"failcnt":0},"kernelTCP":{"limit":0,"failcnt":0}},
            "pids":{},"blkio":{},"hugetlb":{},"intel_rdt":{},"network_interfaces":null}
            """;
        Assert.Equal(always.ReplaceLineEndings(""), OfV2().GetRawText());
        Assert.Equal(always.ReplaceLineEndings(""), OfV1("").GetRawText());
    }

    [Fact]
    public void Processor_time_of_v1_is_nanoseconds()
    {
        Put("cpuacct.usage", "11399604\n");
        Put("cpuacct.usage_percpu", "1955651 9443953 \n");
        Put("cpuacct.usage_all", "cpu user system\n0 1 2\n1 3 8000000\n");
        Put("cpuacct.stat", "user 0\nsystem 1\n");
        Put("cpu.stat", "nr_periods 5\nnr_throttled 4\nthrottled_time 1000\n");
        var cpu = OfV1("cpu,cpuacct").GetProperty("cpu");
        Assert.Equal("""{"total":11399604,"percpu":[1955651,9443953],"percpu_kernel":[2,8000000],"percpu_user":[1,3],"kernel":10000000,"user":0}""",
            cpu.GetProperty("usage").GetRawText());
        Assert.Equal("""{"periods":5,"throttledPeriods":4,"throttledTime":1000}""", cpu.GetProperty("throttling").GetRawText());
    }

    [Fact]
    public void Cpus_and_memory_nodes_are_lists()
    {
        Put("cpuset.cpus", "0-2,5\n");
        Put("cpuset.mems", "0\n");
        Put("cpuset.sched_load_balance", "1\n");
        Put("cpuset.sched_relax_domain_level", "-1\n");
        Assert.Equal("""
            {"cpus":[0,1,2,5],"cpu_exclusive":0,"mems":[0],"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,"memory_spread_page":0,
            "memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":1,"sched_relax_domain_level":-1}
            """.ReplaceLineEndings(""), OfV1("cpuset").GetProperty("cpuset").GetRawText());
    }

    [Fact]
    public void Memory_of_v1_has_four_counts_and_the_kernels_own()
    {
        Put("memory.usage_in_bytes", "475136\n");
        Put("memory.limit_in_bytes", "9223372036854771712\n");
        Put("memory.max_usage_in_bytes", "2785280\n");
        Put("memory.failcnt", "3\n");
        Put("memory.memsw.limit_in_bytes", "17\n");
        Put("memory.kmem.usage_in_bytes", "245760\n");
        Put("memory.stat", "cache 7\nrss 53248\n");
        Assert.Equal("""
            {"cache":7,"usage":{"limit":9223372036854771712,"usage":475136,"max":2785280,"failcnt":3},"swap":{"limit":17,"failcnt":0},
            "kernel":{"limit":0,"usage":245760,"failcnt":0},"kernelTCP":{"limit":0,"failcnt":0},"raw":{"cache":7,"rss":53248}}
            """.ReplaceLineEndings(""), OfV1("memory").GetProperty("memory").GetRawText());
    }

    [Fact]
    public void Blocks_of_v1_are_those_of_the_first_that_counts()
    {
        Put("blkio.bfq.io_serviced_recursive", "Total 0\n");
        Put("blkio.throttle.io_serviced_recursive", "8:0 Read 124\n8:0 Total 124\nTotal 124\n");
        Put("blkio.throttle.io_service_bytes_recursive", "8:0 Read 1282048\nTotal 1282048\n");
        Assert.Equal("""
            {"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":1282048}],
            "ioServicedRecursive":[{"major":8,"op":"Read","value":124},{"major":8,"op":"Total","value":124}]}
            """.ReplaceLineEndings(""), OfV1("blkio").GetProperty("blkio").GetRawText());
        Put("blkio.sectors_recursive", "8:1 6792\n");
        Assert.Contains("\"sectorsRecursive\":[{\"major\":8,\"minor\":1,\"value\":6792}]", OfV1("blkio").GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("max\n", """{"current":3}""")]
    [InlineData("77\n", """{"current":3,"limit":77}""")]
    public void No_limit_of_processes_is_left_out(string limit, string pids)
    {
        Put("pids.current", "3\n");
        Put("pids.max", limit);
        Assert.Equal(pids, OfV1("pids").GetProperty("pids").GetRawText());
        Assert.Equal(pids, OfV2().GetProperty("pids").GetRawText());
    }

    [Fact]
    public void Processor_time_of_v2_is_nanoseconds_too()
    {
        Put("cpu.stat", "usage_usec 30\nuser_usec 10\nsystem_usec 20\nnr_periods 5\nnr_throttled 4\nthrottled_usec 6\n");
        Put("cpu.pressure", "some avg10=0.22 avg60=1.00 avg300=0.05 total=123\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n");
        Assert.Equal("""
            {"usage":{"total":30000,"kernel":20000,"user":10000},"throttling":{"periods":5,"throttledPeriods":4,"throttledTime":6000},
            "psi":{"some":{"avg10":0.22,"avg60":1,"avg300":0.05,"total":123},"full":{"avg10":0,"avg60":0,"avg300":0,"total":7}}}
            """.ReplaceLineEndings(""), OfV2().GetProperty("cpu").GetRawText());
    }

    [Theory]
    [InlineData("max", "max", "18446744073709551615")]
    [InlineData("1000", "max", "18446744073709551615")]
    [InlineData("1000", "500", "1500")]
    public void Swap_of_v2_is_counted_with_the_memory(string memory, string swap, string sum)
    {
        Put("memory.current", "10\n");
        Put("memory.max", memory + "\n");
        Put("memory.peak", "12\n");
        Put("memory.swap.current", "5\n");
        Put("memory.swap.max", swap + "\n");
        Put("memory.stat", "anon 1\nfile 9\n");
        var found = OfV2().GetProperty("memory");
        Assert.Equal($$"""{"limit":{{sum}},"usage":15,"failcnt":0}""", found.GetProperty("swap").GetRawText());
        Assert.Equal(9, found.GetProperty("cache").GetInt32());
        Assert.Equal(12, found.GetProperty("usage").GetProperty("max").GetInt32());
    }

    [Fact]
    public void Blocks_of_v2_have_the_words_of_v1()
    {
        Put("io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=0\n");
        Assert.Equal("""
            {"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":1},{"major":8,"op":"Write","value":2},{"major":8,"op":"Discard","value":5}],
            "ioServicedRecursive":[{"major":8,"op":"Read","value":3},{"major":8,"op":"Write","value":4},{"major":8,"op":"Discard"}]}
            """.ReplaceLineEndings(""), OfV2().GetProperty("blkio").GetRawText());
    }

    [Theory]
    [InlineData("5s", 5_000_000_000L)]
    [InlineData("500ms", 500_000_000L)]
    [InlineData("1m30s", 90_000_000_000L)]
    [InlineData("1.5h", 5_400_000_000_000L)]
    [InlineData("7us", 7_000L)]
    [InlineData("7ns", 7L)]
    [InlineData("-1s", -1_000_000_000L)]
    [InlineData("0", 0L)]
    [InlineData("", null)]
    [InlineData("5", null)]
    [InlineData("s", null)]
    [InlineData("5 s", null)]
    [InlineData("5d", null)]
    [InlineData("1..5s", null)]
    [InlineData("99999999999h", null)]
    [InlineData("99999999999999999h", null)]
    [InlineData("9223372036s9223372036s", null)]
    [InlineData("9223372036854775807ns", long.MaxValue)]
    public void A_duration_is_read_as_managers_write_it(string text, long? nanoseconds) => Assert.Equal(nanoseconds, Duration.Parse(text));

    [Fact]
    public void Ps_keeps_the_heading_and_the_lines_of_the_container() =>
        Assert.Equal("  PID CMD\n   12 sh -c 7\n", Ps.Lines("  PID CMD\n    7 init\n   12 sh -c 7\n  120 x\n\n", [12, 13]));

    [Fact]
    public void Ps_needs_the_numbers() =>
        Assert.Equal("couldn't find PID field in ps output", Assert.Throws<UsageError>(() => Ps.Lines("CMD\nsh\n", [1])).Message);
}
