using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>The rest of the table "property → file", and what an update makes of it (CgroupPlanTests has memory, shares, quota and pids of create).</summary>
public sealed class LimitPlanTests
{
    static readonly string[] s_controllers =
        ["cpu", "cpuset", "memory", "pids", "devices", "blkio", "hugetlb", "rdma", "net_cls", "net_prio"];

    static readonly HostFacts s_v1 = Host(CgroupLayout.V1, [.. s_controllers.Select(name => new CgroupHierarchy(name, "/sys/fs/cgroup/" + name, "/"))]);
    static readonly HostFacts s_v2 = Host(CgroupLayout.V2, [new CgroupHierarchy("", "/sys/fs/cgroup", "/")]);

    /// <summary>A property with its value, and the writes for it; "!": an error that names it; "~": a warning that names it.</summary>
    [Theory]
    [InlineData("memory.swappiness", "60", "memory.swappiness=60", "~")]
    [InlineData("memory.swappiness", "0", "memory.swappiness=0", "~")]
    [InlineData("memory.disableOOMKiller", "true", "memory.oom_control=1", "~")]
    [InlineData("memory.disableOOMKiller", "false", "", "")]
    [InlineData("memory.useHierarchy", "true", "memory.use_hierarchy=1", "")]
    [InlineData("memory.useHierarchy", "false", "", "")]
    [InlineData("memory.checkBeforeUpdate", "true", "", "")]
    [InlineData("cpu.burst", "2000", "cpu.cfs_burst_us=2000", "cpu.max.burst=2000")]
    [InlineData("cpu.burst", "0", "cpu.cfs_burst_us=0?", "cpu.max.burst=0?")]
    [InlineData("cpu.idle", "1", "cpu.idle=1", "cpu.idle=1")]
    [InlineData("cpu.idle", "0", "cpu.idle=0?", "cpu.idle=0?")]
    [InlineData("cpu.realtimeRuntime", "950000", "cpu.rt_runtime_us=950000", "!")]
    [InlineData("cpu.realtimePeriod", "1000000", "cpu.rt_period_us=1000000", "!")]
    [InlineData("blockIO.weight", "500", "blkio.weight=500|blkio.bfq.weight=500", "io.bfq.weight=500|io.weight=4950")]
    [InlineData("blockIO.weight", "10", "blkio.weight=10|blkio.bfq.weight=10", "io.bfq.weight=10|io.weight=1")]
    [InlineData("blockIO.weight", "1000", "blkio.weight=1000|blkio.bfq.weight=1000", "io.bfq.weight=1000|io.weight=10000")]
    [InlineData("blockIO.weight", "0", "", "")]
    [InlineData("blockIO.leafWeight", "300", "blkio.leaf_weight=300", "!")]
    [InlineData("blockIO.leafWeight", "0", "", "")]
    [InlineData("blockIO.weightDevice", "[{\"major\":8,\"minor\":16,\"weight\":100}]",
        "blkio.weight_device=8:16 100|blkio.bfq.weight_device=8:16 100", "io.bfq.weight=8:16 100|io.weight=8:16 910")]
    [InlineData("blockIO.weightDevice[0].leafWeight", "100", "blkio.leaf_weight_device=8:0 100", "!")]
    [InlineData("blockIO.throttleReadBpsDevice", "[{\"major\":8,\"minor\":0,\"rate\":1}]", "blkio.throttle.read_bps_device=8:0 1", "io.max=8:0 rbps=1")]
    [InlineData("blockIO.throttleWriteBpsDevice", "[{\"major\":8,\"minor\":0,\"rate\":0}]", "blkio.throttle.write_bps_device=8:0 0", "io.max=8:0 wbps=max")]
    [InlineData("blockIO.throttleReadIOPSDevice", "[{\"major\":8,\"minor\":0,\"rate\":3}]", "blkio.throttle.read_iops_device=8:0 3", "io.max=8:0 riops=3")]
    [InlineData("blockIO.throttleWriteIOPSDevice", "[{\"major\":8,\"minor\":0,\"rate\":4}]", "blkio.throttle.write_iops_device=8:0 4", "io.max=8:0 wiops=4")]
    [InlineData("hugepageLimits", "[{\"pageSize\":\"2MB\",\"limit\":4194304}]",
        "hugetlb.2MB.limit_in_bytes=4194304 hugetlb.2MB.rsvd.limit_in_bytes=4194304?", "hugetlb.2MB.max=4194304 hugetlb.2MB.rsvd.max=4194304?")]
    [InlineData("rdma", "{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":4},\"a\":{\"hcaObjects\":0},\"b\":{}}",
        "rdma.max=mlx5_1 hca_handle=3 hca_object=4 rdma.max=a hca_object=0", "rdma.max=mlx5_1 hca_handle=3 hca_object=4 rdma.max=a hca_object=0")]
    [InlineData("network.classID", "1048577", "net_cls.classid=1048577", "!")]
    [InlineData("network.classID", "0", "", "")]
    [InlineData("network.priorities", "[{\"name\":\"lo\",\"priority\":5}]", "net_prio.ifpriomap=lo 5", "!")]
    [InlineData("unified", "{\"memory.high\":\"1\",\"io.max\":\"8:0 rbps=1\\n8:1 wbps=2\",\"cgroup.freeze\":\"0\",\"cpuset.cpus\":\"\"}", "!",
        "memory.high=1 io.max=8:0 rbps=1 io.max=8:1 wbps=2 cgroup.freeze=0 cpuset.cpus=\n")]
    [InlineData("unified", "{}", "", "")]
    public void A_property_goes_to_its_file(string property, string value, string v1, string v2)
    {
        Assert.Equal(v1, Outcome(s_v1, property, value));
        Assert.Equal(v2, Outcome(s_v2, property, value));
    }

    [Fact]
    public void Unified_has_the_last_word() =>
        Assert.Equal("memory.max=1000 memory.max=2000",
            Values(PlanOf(s_v2, new Resources { Memory = new Memory(1000, null, null), Unified = new Dictionary<string, string> { ["memory.max"] = "2000" } })));

    [Fact]
    public void An_idle_group_gets_no_weight()
    {
        var cpu = new Cpu(1024, null, null, null, null);
        Assert.Equal("cpu.idle=1", Values(PlanOf(s_v2, new Resources { Cpu = cpu with { Idle = 1 } })));
        Assert.Equal("cpu.idle=0? cpu.shares=1024", Values(PlanOf(s_v1, new Resources { Cpu = cpu with { Idle = 0 } })));
    }

    [Fact]
    public void The_quota_stands_before_its_burst() =>
        Assert.Equal("cpu.cfs_period_us=50000 cpu.cfs_quota_us=20000 cpu.cfs_burst_us=10000",
            Values(PlanOf(s_v1, new Resources { Cpu = new Cpu(null, 20000, 50000, null, null) { Burst = 10000 } })));

    [Theory]
    [InlineData("blockIO.weight", "10", "blkio")]
    [InlineData("blockIO.throttleReadBpsDevice", "[{\"major\":8,\"minor\":0,\"rate\":1}]", "blkio")]
    [InlineData("hugepageLimits", "[{\"pageSize\":\"2MB\",\"limit\":1}]", "hugetlb")]
    [InlineData("rdma", "{\"a\":{\"hcaObjects\":0}}", "rdma")]
    [InlineData("network.classID", "1", "net_cls")]
    [InlineData("network.priorities", "[{\"name\":\"lo\",\"priority\":5}]", "net_prio")]
    [InlineData("cpu.idle", "1", "cpu")]
    [InlineData("memory.swappiness", "1", "memory")]
    public void A_missing_controller_is_named_with_the_property(string property, string value, string controller)
    {
        var host = s_v1 with { Hierarchies = [.. s_v1.Hierarchies.Where(hierarchy => hierarchy.Controllers != controller)] };
        var error = Assert.Throws<SpecError>(() => PlanOf(host, Read(property, value)));
        Assert.StartsWith("linux.resources." + property, error.Path, StringComparison.Ordinal);
        Assert.Equal($"the cgroup controller \"{controller}\" is not mounted on this machine", error.Problem);
    }

    static string Outcome(HostFacts host, string property, string value)
    {
        try
        {
            var plan = PlanOf(host, Read(property, value));
            Assert.All(plan.Warnings, warning => Assert.StartsWith($"linux.resources.{property} is ignored", warning, StringComparison.Ordinal));
            Assert.All(plan.Writes.Where(write => !write.JsonPath.Contains("devices", StringComparison.Ordinal)),
                write => Assert.StartsWith("linux.resources." + property, write.JsonPath, StringComparison.Ordinal));
            return plan.Warnings.Count > 0 ? "~" : Values(plan);
        }
        catch (SpecError error)
        {
            Assert.True(error.IsUnsupported);
            Assert.StartsWith("linux.resources." + property, error.Path, StringComparison.Ordinal);
            return "!";
        }
    }

    static Resources Read(string property, string value)
    {
        var json = Bundle.Minimal;
        if (property.StartsWith("blockIO.weightDevice[", StringComparison.Ordinal))
        {
            json = Bundle.Edit(json, "linux.resources.blockIO.weightDevice", "[{\"major\":8,\"minor\":0}]");
        }
        return Bundle.Read(Bundle.Edit(json, "linux.resources." + property, value)).Linux.Resources;
    }

    /// <summary>"FILE=VALUE", with "|FILE=VALUE" for the other file, and "?" when it may be missing.</summary>
    internal static string Values(CgroupPlan plan) => string.Join(' ', plan.Writes
        .Where(write => !write.File.StartsWith("devices.", StringComparison.Ordinal))
        .Select(write => $"{write.File}={write.Value}{(write.Otherwise is { } other ? $"|{other.File}={other.Value}" : "")}{(write.IsOptional ? "?" : "")}"));

    static CgroupPlan PlanOf(HostFacts host, Resources resources)
    {
        var spec = Bundle.Read(Bundle.Minimal);
        spec = spec with { Linux = spec.Linux with { CgroupsPath = "/a", Resources = resources } };
        return Planner.Create(spec, host, new CreateOptions { Id = "c1", Bundle = "/bundle", StateRoot = "/run/sharprun" }).Cgroup!;
    }

    static HostFacts Host(CgroupLayout layout, IReadOnlyList<CgroupHierarchy> hierarchies) =>
        new() { Kernel = new KernelVersion(6, 18), CgroupLayout = layout, Hierarchies = hierarchies };
}
