using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>Where a container's groups are (cli-contract 13) and the table "property → file" of both versions (features.md section 4).</summary>
public sealed class CgroupPlanTests
{
    static readonly HostFacts s_v1 = Host(CgroupLayout.V1,
        new("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/"), new("cpuset", "/sys/fs/cgroup/cpuset", "/shell"),
        new("memory", "/sys/fs/cgroup/memory", "/shell"), new("pids", "/sys/fs/cgroup/pids", "/user.slice/me"),
        new("devices", "/sys/fs/cgroup/devices", "/"), new("name=systemd", "/sys/fs/cgroup/systemd", "/user.slice/me"));

    static readonly HostFacts s_hybrid = Host(CgroupLayout.Hybrid,
        new("memory", "/sys/fs/cgroup/memory", "/shell"), new("devices", "/sys/fs/cgroup/devices", "/"),
        new("", "/sys/fs/cgroup/unified", "/"));

    static readonly HostFacts s_v2 = Host(CgroupLayout.V2, new CgroupHierarchy("", "/sys/fs/cgroup", "/user.slice/shell"));

    static readonly HostFacts s_none = Host(CgroupLayout.None);

    [Theory]
    [InlineData("/a/b", "cpu,cpuacct/a/b cpuset/a/b memory/a/b pids/a/b devices/a/b systemd/a/b")]
    [InlineData("/a//./b/", "cpu,cpuacct/a/b cpuset/a/b memory/a/b pids/a/b devices/a/b systemd/a/b")]
    [InlineData("a/b", "cpu,cpuacct/a/b cpuset/shell/a/b memory/shell/a/b pids/user.slice/me/a/b devices/a/b systemd/user.slice/me/a/b")]
    [InlineData(null, "cpu,cpuacct/c1 cpuset/shell/c1 memory/shell/c1 pids/user.slice/me/c1 devices/c1 systemd/user.slice/me/c1")]
    [InlineData("", "cpu,cpuacct/c1 cpuset/shell/c1 memory/shell/c1 pids/user.slice/me/c1 devices/c1 systemd/user.slice/me/c1")]
    public void On_v1_there_is_a_group_in_every_hierarchy(string? path, string expected) => Assert.Equal(expected, Paths(s_v1, path));

    [Theory]
    [InlineData("/a/b", "memory/a/b devices/a/b unified/a/b")]
    [InlineData("a", "memory/shell/a devices/a unified/a")]
    public void Hybrid_is_v1_with_one_hierarchy_more(string path, string expected) => Assert.Equal(expected, Paths(s_hybrid, path));

    [Theory]
    [InlineData("/user.slice/shell", "/a/b", "a/b")]
    [InlineData("/user.slice/shell", "a/b", "user.slice/a/b")]
    [InlineData("/user.slice/shell", null, "user.slice/c1")]
    [InlineData("/shell", null, "c1")]
    [InlineData("/", null, "c1")]
    public void On_v2_a_relative_path_is_beside_the_callers_group(string own, string? path, string expected) =>
        Assert.Equal(expected, Paths(Host(CgroupLayout.V2, new CgroupHierarchy("", "/sys/fs/cgroup", own)), path));

    [Theory]
    [InlineData("/")]
    [InlineData("//.//")]
    [InlineData(".")]
    public void A_whole_hierarchy_is_refused(string path) => Assert.Equal("linux.cgroupsPath", Refused(s_v1, new(), path).Path);

    [Theory]
    [InlineData("../a")]
    [InlineData("/a/../../b")]
    [InlineData("/a/..")]
    public void A_parent_step_is_refused(string path) => Assert.Equal("linux.cgroupsPath", Refused(s_v2, new(), path).Path);

    [Fact]
    public void A_caller_outside_of_its_namespace_has_no_group_to_start_from()
    {
        var host = Host(CgroupLayout.V2, new CgroupHierarchy("", "/sys/fs/cgroup", "/../elsewhere"));
        Assert.Equal("linux.cgroupsPath", Refused(host, new(), "a").Path);
        Assert.Equal("a", Paths(host, "/a"));
    }

    [Theory]
    // limit, swap (memory and swap together), reservation; 0 is "not given".
    [InlineData(0, 0, 0, "", "")]
    [InlineData(1000, 0, 0, "memory.limit_in_bytes=1000", "memory.max=1000")]
    [InlineData(1000, 1000, 0, "memory.limit_in_bytes=1000 memory.memsw.limit_in_bytes=1000", "memory.max=1000 memory.swap.max=0")]
    [InlineData(1000, 3000, 0, "memory.limit_in_bytes=1000 memory.memsw.limit_in_bytes=3000", "memory.max=1000 memory.swap.max=2000")]
    [InlineData(1000, -1, 0, "memory.memsw.limit_in_bytes=-1 memory.limit_in_bytes=1000", "memory.max=1000 memory.swap.max=max")]
    [InlineData(-1, 0, 0, "memory.memsw.limit_in_bytes=-1 memory.limit_in_bytes=-1", "memory.max=max memory.swap.max=max")]
    [InlineData(-1, -1, 0, "memory.memsw.limit_in_bytes=-1 memory.limit_in_bytes=-1", "memory.max=max memory.swap.max=max")]
    [InlineData(0, -1, 0, "memory.memsw.limit_in_bytes=-1", "memory.swap.max=max")]
    [InlineData(0, 0, 500, "memory.soft_limit_in_bytes=500", "memory.low=500")]
    [InlineData(0, 0, -1, "memory.soft_limit_in_bytes=-1", "memory.low=max")]
    public void Memory(long limit, long swap, long reservation, string v1, string v2) =>
        AssertValues(new Resources { Memory = new Memory(limit, reservation, swap) }, v1, v2);

    [Theory]
    [InlineData(0, "", "")]
    [InlineData(1, "cpu.shares=1", "cpu.weight=1")]
    [InlineData(2, "cpu.shares=2", "cpu.weight=1")]
    [InlineData(512, "cpu.shares=512", "cpu.weight=59")]
    [InlineData(1024, "cpu.shares=1024", "cpu.weight=100")]
    [InlineData(2048, "cpu.shares=2048", "cpu.weight=174")]
    [InlineData(262143, "cpu.shares=262143", "cpu.weight=10000")]
    [InlineData(262144, "cpu.shares=262144", "cpu.weight=10000")]
    [InlineData(1000000, "cpu.shares=1000000", "cpu.weight=10000")]
    public void Cpu_shares(ulong shares, string v1, string v2) => AssertValues(new Resources { Cpu = new Cpu(shares, null, null, null, null) }, v1, v2);

    [Fact]
    public void Cpu_weight_never_falls_and_stays_in_its_range()
    {
        var last = 1;
        for (ulong shares = 1; shares < 300_000; shares += 37)
        {
            var resources = new Resources { Cpu = new Cpu(shares, null, null, null, null) };
            var weight = int.Parse(Values(PlanOf(s_v2, resources, "/a"))["cpu.weight=".Length..], null);
            Assert.InRange(weight, last, 10_000);
            last = weight;
        }
        Assert.Equal(10_000, last);
    }

    [Theory]
    [InlineData(0L, 0UL, "", "")]
    [InlineData(50_000L, 0UL, "cpu.cfs_quota_us=50000", "cpu.max=50000 100000")]
    [InlineData(50_000L, 200_000UL, "cpu.cfs_period_us=200000 cpu.cfs_quota_us=50000", "cpu.max=50000 200000")]
    [InlineData(0L, 200_000UL, "cpu.cfs_period_us=200000", "cpu.max=max 200000")]
    [InlineData(-1L, 0UL, "cpu.cfs_quota_us=-1", "cpu.max=max 100000")]
    [InlineData(-7L, 200_000UL, "cpu.cfs_period_us=200000 cpu.cfs_quota_us=-1", "cpu.max=max 200000")]
    public void Cpu_bandwidth(long quota, ulong period, string v1, string v2) =>
        AssertValues(new Resources { Cpu = new Cpu(null, quota, period, null, null) }, v1, v2);

    [Fact]
    public void Cpuset_is_written_as_it_stands() =>
        AssertValues(new Resources { Cpu = new Cpu(null, null, null, "0-2,4", "0") }, "cpuset.cpus=0-2,4 cpuset.mems=0", "cpuset.cpus=0-2,4 cpuset.mems=0");

    [Theory]
    [InlineData(-1, "max")]
    [InlineData(0, "1")]
    [InlineData(1, "1")]
    [InlineData(2048, "2048")]
    public void Pids(long limit, string value) => AssertValues(new Resources { PidsLimit = limit }, "pids.max=" + value, "pids.max=" + value);

    [Fact]
    public void A_value_goes_to_the_hierarchy_of_its_controller_and_names_its_property()
    {
        var plan = PlanOf(s_v1, new Resources { Cpu = new Cpu(5, null, null, null, null), PidsLimit = 9 }, "/a");
        var (shares, pids) = (plan!.Writes[^2], plan.Writes[^1]);
        Assert.Equal(new CgroupWrite(0, "cpu.shares", "5", "linux.resources.cpu.shares"), shares);
        Assert.Equal(new CgroupWrite(3, "pids.max", "9", "linux.resources.pids.limit"), pids);
    }

    public static TheoryData<string, string> LimitsWithoutController() => new()
    {
        { "memory", "linux.resources.memory.limit" },
        { "cpu", "linux.resources.cpu.quota" },
        { "cpuset", "linux.resources.cpu.cpus" },
        { "pids", "linux.resources.pids.limit" },
    };

    [Theory]
    [MemberData(nameof(LimitsWithoutController))]
    public void A_limit_without_its_controller_is_an_error_that_names_the_property(string controller, string property)
    {
        var resources = controller switch
        {
            "memory" => new Resources { Memory = new Memory(1000, null, null) },
            "cpu" => new Resources { Cpu = new Cpu(null, 5000, null, null, null) },
            "cpuset" => new Resources { Cpu = new Cpu(null, null, null, "0", null) },
            _ => new Resources { PidsLimit = 1 },
        };
        // "cpuset" must not be taken for "cpu".
        var host = s_v1 with { Hierarchies = [.. s_v1.Hierarchies.Where(hierarchy => !hierarchy.Controllers.Split(',').Contains(controller))] };
        Assert.Equal(property, Refused(host, resources, "/a").Path);
        Assert.Equal(property, Refused(s_none, resources, "/a").Path);
        Assert.NotNull(PlanOf(s_v1, resources, "/a"));
    }

    [Fact]
    public void Without_cgroups_there_is_no_plan_and_no_confinement_is_promised()
    {
        Assert.Null(PlanOf(s_none, new Resources(), "/a"));
        var allowAll = new DeviceRule(true, 'a', null, null, DeviceAccess.All);
        Assert.Null(PlanOf(s_none, new Resources { Devices = [allowAll] }, "/a"));
        Assert.Equal("linux.resources.devices", Refused(s_none, new Resources { Devices = [allowAll with { Allow = false }] }, "/a").Path);
    }

    [Fact]
    public void The_device_list_is_completed_with_the_default_devices_even_when_there_is_none()
    {
        var denyAll = new DeviceRule(false, 'a', null, null, DeviceAccess.All);
        foreach (var list in new DeviceRule[][] { [], [denyAll] })
        {
            var resources = new Resources { Devices = list };
            Assert.Equal([.. list, .. DeviceFilter.Defaults], PlanOf(s_v2, resources, "/a")!.DeviceRules);
            Assert.Empty(PlanOf(s_v2, resources, "/a")!.Writes);
            var writes = PlanOf(s_v1, resources, "/a")!.Writes;
            Assert.All(writes, write => Assert.Equal(4, write.Directory));
            Assert.Equal("devices.deny=a", $"{writes[0].File}={writes[0].Value}");
            Assert.Equal(DeviceFilter.Defaults.Length, writes.Count(write => write.File == "devices.allow"));
        }
    }

    [Fact]
    public void A_device_list_without_the_controller_is_refused_unless_it_allows_everything()
    {
        var host = s_v1 with { Hierarchies = [.. s_v1.Hierarchies.Where(hierarchy => hierarchy.Controllers != "devices")] };
        Assert.Equal("linux.resources.devices", Refused(host, new Resources(), "/a").Path);
        var allowAll = new Resources { Devices = [new(true, 'a', null, null, DeviceAccess.All)] };
        Assert.Null(PlanOf(host, allowAll, "/a")!.DeviceRules);
    }

    [Fact]
    public void A_user_namespace_cannot_set_a_device_list() =>
        Assert.Null(PlanOf(s_v2 with { InUserNamespace = true }, new Resources(), "/a")!.DeviceRules);

    const string Cgroups = """{"destination":"/sys/fs/cgroup/","type":"cgroup","source":"cgroup","options":["nosuid"]}""";
    const string Map = """[{"containerID":0,"hostID":1000,"size":10},{"containerID":10,"hostID":100000,"size":10}]""";

    [Theory]
    [InlineData("mounts[0]", Cgroups, 100002L)]
    [InlineData("process.user.uid", "3", 1003L)]
    [InlineData("mounts[0].type", "\"cgroup2\"", 100002L)]
    [InlineData("mounts[0].options", "[\"ro\",\"rw\"]", 100002L)]
    [InlineData("mounts[0].options", "[\"rw\",\"ro\"]", null)]
    [InlineData("mounts[0].destination", "\"/cgroup\"", null)]
    [InlineData("linux.namespaces[1]", "{\"type\":\"uts\"}", null)]
    [InlineData("linux.namespaces[1].path", "\"/proc/1/ns/cgroup\"", null)]
    [InlineData("linux.namespaces[2].path", "\"/proc/1/ns/user\"", null)]
    public void The_group_belongs_to_the_containers_user_when_it_can_see_and_write_it(string path, string value, long? owner)
    {
        var json = Bundle.With("mounts[0]", Cgroups);
        json = Bundle.Edit(json, "linux.namespaces", """[{"type":"mount"},{"type":"cgroup"},{"type":"user"}]""");
        json = Bundle.Edit(Bundle.Edit(json, "linux.uidMappings", Map), "linux.gidMappings", Map);
        var spec = Bundle.Read(Bundle.Edit(Bundle.Edit(json, "process.user.uid", "12"), path, value));
        Assert.Equal(owner, Plan(spec, s_v2)!.Owner);
        Assert.Null(Plan(spec with { Mounts = [spec.Mounts[0] with { Type = "cgroup" }] }, s_v1)!.Owner);
        Assert.Null(Plan(spec, s_v2 with { Euid = 1000 })!.Owner);
    }

    static CgroupPlan? Plan(Spec spec, HostFacts host) =>
        Planner.Create(spec, host, new CreateOptions { Id = "c1", Bundle = "/bundle", StateRoot = "/run/sharprun" }).Cgroup;

    static void AssertValues(Resources resources, string v1, string v2)
    {
        Assert.Equal(v1, Values(PlanOf(s_v1, resources, "/a")));
        Assert.Equal(v2, Values(PlanOf(s_v2, resources, "/a")));
    }

    static string Values(CgroupPlan? plan)
    {
        var limits = plan!.Writes.Where(write => !write.File.StartsWith("devices.", StringComparison.Ordinal));
        return string.Join(' ', limits.Select(write => $"{write.File}={write.Value}"));
    }

    static string Paths(HostFacts host, string? path) =>
        string.Join(' ', PlanOf(host, new Resources(), path)!.Directories.Select(directory => directory.FullPath["/sys/fs/cgroup/".Length..]));

    static SpecError Refused(HostFacts host, Resources resources, string? path) => Assert.Throws<SpecError>(() => PlanOf(host, resources, path));

    static CgroupPlan? PlanOf(HostFacts host, Resources resources, string? path)
    {
        var spec = Bundle.Read(Bundle.Minimal);
        spec = spec with { Linux = spec.Linux with { CgroupsPath = path, Resources = resources } };
        return Planner.Create(spec, host, new CreateOptions { Id = "c1", Bundle = "/bundle", StateRoot = "/run/sharprun" }).Cgroup;
    }

    static HostFacts Host(CgroupLayout layout, params IReadOnlyList<CgroupHierarchy> hierarchies) =>
        new() { Kernel = new KernelVersion(6, 18), CgroupLayout = layout, Hierarchies = hierarchies };
}
