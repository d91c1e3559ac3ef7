using System.Collections.Generic;
using System.Text;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>What `update` writes into groups that have limits already.</summary>
public sealed class UpdatePlanTests
{
    const long None = long.MaxValue;

    static readonly CgroupPlan s_v1 = Groups(CgroupLayout.V1, "cpu,cpuacct", "cpuset", "memory", "pids", "blkio");
    static readonly CgroupPlan s_v2 = Groups(CgroupLayout.V2, "");

    [Theory]
    // What manager-calls.md has recorded of docker, CRI and podman.
    [InlineData("""{"memory":{"limit":0,"reservation":0,"swap":0,"kernel":0},"cpu":{"shares":0,"quota":0,"period":0},"blockIO":{"weight":0}}""", "", "")]
    [InlineData("""{"memory":{"limit":0,"reservation":0,"kernel":0},"cpu":{"shares":512,"quota":0,"period":0},"blockIO":{"weight":0}}""",
        "cpu.shares=512", "cpu.weight=59")]
    [InlineData("""
        {"memory":{"limit":50331648,"reservation":0,"swap":100663296,"kernel":0},"cpu":{"shares":0,"quota":30000,"period":100000},
        "pids":{"limit":30},"blockIO":{"weight":0}}
        """,
        "memory.memsw.limit_in_bytes=100663296 memory.limit_in_bytes=50331648 cpu.cfs_period_us=100000 cpu.cfs_quota_us=30000 pids.max=30",
        "memory.swap.max=50331648 memory.max=50331648 cpu.max=30000 100000 pids.max=30")]
    [InlineData("""{"devices":[{"allow":false,"access":"rwm"}],"cpu":{"shares":2}}""", "cpu.shares=2", "cpu.weight=1")]
    [InlineData("""{"pids":{"limit":-1}}""", "pids.max=max", "pids.max=max")]
    [InlineData("""{"pids":{"limit":0}}""", "pids.max=1", "pids.max=1")]
    [InlineData("{}", "", "")]
    public void What_managers_send(string document, string v1, string v2)
    {
        // In use are 64 MiB of 96.
        Assert.Equal(v1, Update(s_v1, document, memory: 96 << 20));
        Assert.Equal(v2, Update(s_v2, document, memory: 96 << 20));
    }

    [Theory]
    [InlineData(200, 300, 100, "memory.memsw.limit_in_bytes=300 memory.limit_in_bytes=200", "memory.max=200 memory.swap.max=100")]
    [InlineData(50, 60, 100, "memory.limit_in_bytes=50 memory.memsw.limit_in_bytes=60", "memory.swap.max=10 memory.max=50")]
    [InlineData(50, 100, 100, "memory.memsw.limit_in_bytes=100 memory.limit_in_bytes=50", "memory.swap.max=50 memory.max=50")]
    [InlineData(50, 60, None, "memory.limit_in_bytes=50 memory.memsw.limit_in_bytes=60", "memory.swap.max=10 memory.max=50")]
    [InlineData(50, -1, 100, "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=50", "memory.swap.max=max? memory.max=50")]
    [InlineData(-1, 0, 100, "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=-1", "memory.max=max memory.swap.max=max?")]
    [InlineData(150, 0, 100, "memory.limit_in_bytes=150", "memory.max=150")]
    [InlineData(0, 150, 100, "memory.memsw.limit_in_bytes=150", "memory.swap.max=50")]
    [InlineData(0, 100, 100, "memory.memsw.limit_in_bytes=100", "memory.swap.max=0?")]
    public void Limit_and_swap_are_written_in_an_order_that_fits(long limit, long swap, long present, string v1, string v2)
    {
        var document = $$"""{"memory":{ "limit": {{limit}}, "swap": {{swap}} } }""";
        Assert.Equal(v1, Update(s_v1, document, present));
        Assert.Equal(v2, Update(s_v2, document, present));
    }

    [Theory]
    [InlineData("""{"cpu":{"quota":5000}}""", "cpu.cfs_period_us=20000 cpu.cfs_quota_us=5000", "cpu.max=5000 20000")]
    [InlineData("""{"cpu":{"quota":-1}}""", "cpu.cfs_period_us=20000 cpu.cfs_quota_us=-1", "cpu.max=max 20000")]
    [InlineData("""{"cpu":{"period":50000}}""", "cpu.cfs_period_us=50000 cpu.cfs_quota_us=7000", "cpu.max=7000 50000")]
    [InlineData("""{"cpu":{"period":50000,"quota":6000}}""", "cpu.cfs_period_us=50000 cpu.cfs_quota_us=6000", "cpu.max=6000 50000")]
    public void Quota_or_period_alone_leaves_the_other(string document, string v1, string v2)
    {
        Assert.Equal(v1, Update(s_v1, document));
        Assert.Equal(v2, Update(s_v2, document));
    }

    // cpu.shares of an idle group is 2, and its cpu.weight cannot be seen.
    [Theory]
    [InlineData(true, """{"cpu":{"idle":0}}""", "cpu.idle=0? cpu.shares=1024", "cpu.idle=0? cpu.weight=100")]
    [InlineData(true, """{"cpu":{"idle":0,"shares":512}}""", "cpu.idle=0? cpu.shares=1024 cpu.shares=512", "cpu.idle=0? cpu.weight=100 cpu.weight=59")]
    [InlineData(false, """{"cpu":{"idle":0}}""", "cpu.idle=0?", "cpu.idle=0?")]
    public void A_group_that_is_idle_no_more_has_the_usual_weight(bool isIdle, string document, string v1, string v2)
    {
        var present = new PresentLimits(None, 0, "max", "100000") { IsIdle = isIdle };
        Assert.Equal(v1, LimitPlanTests.Values(Planner.Update(Read(document), s_v1, present)));
        Assert.Equal(v2, LimitPlanTests.Values(Planner.Update(Read(document), s_v2, present)));
    }

    [Theory]
    [InlineData("""{"memory":{"swap":50}}""", None, "linux.resources.memory.swap", "unable to set swap limit without memory limit")]
    [InlineData("""{"memory":{"swap":50,"limit":-1}}""", 10, "linux.resources.memory.swap", "unable to set swap limit without memory limit")]
    [InlineData("""{"memory":{"swap":50}}""", 60, "linux.resources.memory.swap", "memory and swap together (50) must not be less than memory alone (60)")]
    [InlineData("""{"memory":{"swap":50,"limit":60}}""", 10, "linux.resources.memory.swap",
        "memory and swap together (50) must not be less than memory alone (60)")]
    [InlineData("""{"memory":{"limit":-2}}""", 10, "linux.resources.memory.limit", "a whole number from -1 (no limit) on is expected, found -2")]
    [InlineData("""{"cpu":{"period":100}}""", 10, "linux.resources.cpu.period", "1000 to 1000000 microseconds are expected, found 100")]
    [InlineData("""{"cpu":{"idle":5}}""", 10, "linux.resources.cpu.idle", "0 or 1 is expected, found 5")]
    [InlineData("""{"memory":{"limit":640,"checkBeforeUpdate":true}}""", 900, "linux.resources.memory.limit", "rejecting memory limit 640 <= usage 640")]
    [InlineData("""{"memory":{"limit":600,"swap":640,"checkBeforeUpdate":true}}""", 900, "linux.resources.memory.swap",
        "rejecting memory+swap limit 640 <= usage 640")]
    public void What_cannot_be_is_refused(string document, long present, string path, string problem)
    {
        var error = Assert.Throws<SpecError>(() => Update(s_v2, document, present, usage: 640));
        Assert.Equal((path, problem), (error.Path, error.Problem));
    }

    [Theory]
    [InlineData("""{"memory":{"limit":641,"swap":641,"checkBeforeUpdate":true}}""")]
    [InlineData("""{"memory":{"limit":-1,"checkBeforeUpdate":true}}""")]
    [InlineData("""{"memory":{"limit":1}}""")]
    [InlineData("""{"memory":{"limit":1,"checkBeforeUpdate":false}}""")]
    public void What_is_above_the_usage_or_unchecked_is_not(string document) => Assert.NotEmpty(Update(s_v2, document, 900, usage: 640));

    [Fact]
    public void Without_a_cgroup_there_is_nothing_to_limit()
    {
        var none = Groups(CgroupLayout.None);
        Assert.Equal("", Update(none, "{}"));
        var error = Assert.Throws<SpecError>(() => Update(none, """{"pids":{"limit":1}}"""));
        Assert.Equal("the container has no cgroup of its own to limit anything with", error.Problem);
    }

    [Fact]
    public void Lines_of_devices_know_how_to_go_away()
    {
        const string document = """{"blockIO":{"weightDevice":[{"major":8,"minor":1,"weight":50}],"throttleReadBpsDevice":[{"major":8,"minor":1,"rate":9}]}}""";
        var v1 = Planner.Update(Read(document), s_v1, new PresentLimits(None, 0, "max", "100000")).Writes;
        Assert.Equal(["8:1 0", "8:1 0"], [v1[0].Reset, v1[1].Reset]);
        var v2 = Planner.Update(Read(document), s_v2, new PresentLimits(None, 0, "max", "100000")).Writes;
        Assert.Equal(["8:1 default", "8:1 rbps=max"], [v2[0].Reset, v2[1].Reset]);
    }

    [Theory]
    [InlineData("null", "")]
    [InlineData("[]", "an object is expected, found an array")]
    [InlineData("{\"memory\":{\"limit\":\"1\"}}", "a number is expected, found a string")]
    [InlineData("{", "the document ends too early")]
    [InlineData("", "the document is empty")]
    [InlineData("{} {}", "\"{\" is not valid JSON here")]
    public void The_document_is_a_resources_object(string document, string problem)
    {
        var error = Record.Exception(() => SpecReader.ReadResources(Encoding.UTF8.GetBytes(document), null)) as SpecError;
        Assert.EndsWith(problem, error?.Problem ?? "");
        Assert.Equal(problem.Length == 0, error is null);
    }

    static Resources Read(string document) => SpecReader.ReadResources(Encoding.UTF8.GetBytes(document), null)!;

    static string Update(CgroupPlan groups, string document, long memory = None, long usage = 64 << 20) =>
        LimitPlanTests.Values(Planner.Update(Read(document), groups, new PresentLimits(memory, usage, "7000", "20000")));

    static CgroupPlan Groups(CgroupLayout layout, params IReadOnlyList<string> controllers)
    {
        var directories = new List<CgroupDirectory>();
        foreach (var controller in controllers)
        {
            directories.Add(new CgroupDirectory(controller, "/sys/fs/cgroup/" + controller, "/a"));
        }
        return new CgroupPlan { Layout = layout, Directories = directories, Writes = [] };
    }
}
