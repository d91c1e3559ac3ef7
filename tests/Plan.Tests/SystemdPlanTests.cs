using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>What is asked of systemd: the unit's name, its place, and the limits in its words.</summary>
public sealed class SystemdPlanTests
{
    private static readonly HostFacts s_v1 = Host(CgroupLayout.V1, new("cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct", "/"),
        new("cpuset", "/sys/fs/cgroup/cpuset", "/"), new("memory", "/sys/fs/cgroup/memory", "/"), new("pids", "/sys/fs/cgroup/pids", "/x"),
        new("devices", "/sys/fs/cgroup/devices", "/"), new("name=systemd", "/sys/fs/cgroup/systemd", "/user.slice/me"));

    private static readonly HostFacts s_v2 = Host(CgroupLayout.V2, new CgroupHierarchy("", "/sys/fs/cgroup", "/user.slice/me"));

    private static readonly SystemdFacts s_user = new(257, "/user.slice/user-1000.slice/user@1000.service") { IsUsers = true };

    [Theory]
    [InlineData("system.slice:docker:c1", "docker-c1.scope", "/system.slice/docker-c1.scope")]
    [InlineData("kubepods-burstable-pod1_2.slice:cri-containerd:x", "cri-containerd-x.scope",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-containerd-x.scope")]
    [InlineData(":docker:c1", "docker-c1.scope", "/system.slice/docker-c1.scope")]
    [InlineData("-:docker:c1", "docker-c1.scope", "/docker-c1.scope")]
    [InlineData("-.slice:docker:c1", "docker-c1.scope", "/docker-c1.scope")]
    [InlineData("a.slice::c1", "c1.scope", "/a.slice/c1.scope")]
    [InlineData("a.slice:b:c-d.slice", "c-d.slice", "/c.slice/c-d.slice")]
    [InlineData(null, "sharprun-c1.scope", "/system.slice/sharprun-c1.scope")]
    [InlineData("", "sharprun-c1.scope", "/system.slice/sharprun-c1.scope")]
    public void A_path_names_a_unit_and_its_group(string? path, string name, string group)
    {
        var plan = PlanOf(s_v2, path);
        Assert.Equal(name, plan.Unit!.Name);
        Assert.Equal(["/sys/fs/cgroup" + group], plan.Directories.Select(directory => directory.FullPath));
        // The same place in every hierarchy, wherever the caller is.
        Assert.All(PlanOf(s_v1, path).Directories, directory => Assert.Equal(group, directory.Path));
    }

    [Fact]
    public void A_users_systemd_has_a_group_of_its_own()
    {
        var plan = PlanOf(s_v2 with { Systemd = s_user, InUserNamespace = true }, null);
        Assert.Equal("/user.slice/user-1000.slice/user@1000.service/user.slice/sharprun-c1.scope", plan.Directories[0].Path);
        Assert.True(plan.Unit!.IsUsers);
        Assert.Null(plan.DeviceRules);
        Assert.DoesNotContain(plan.Unit.Properties, property => property.Name.StartsWith("Device", StringComparison.Ordinal));
        var error = Assert.Throws<SpecError>(() => PlanOf(s_v1 with { Systemd = s_user }, null));
        Assert.Contains("cgroup v2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_may_have_been_escaped()
    {
        var plan = PlanOf(s_v2, @"a\x2db-c.slice:p:c1");
        Assert.Equal(@"/a\x2db.slice/a\x2db-c.slice/p-c1.scope", plan.Directories[0].Path);
        Assert.Equal(@"Slice='a\\x2db-c.slice'", Show(plan.Unit!.Properties.Where(property => property.Name == "Slice")));
        Assert.Equal(@"Wants=['a\\x2db.slice']", Show(PlanOf(s_v2, @"a\x2db.slice:p:c.slice").Unit!.Properties.Where(property => property.Name == "Wants")));
    }

    [Theory]
    [InlineData("/a/b")]
    [InlineData("a:b")]
    [InlineData("a.slice:b:c:d")]
    [InlineData("noslice:b:c")]
    [InlineData(".slice:b:c")]
    [InlineData("-a.slice:b:c")]
    [InlineData("a-.slice:b:c")]
    [InlineData("a--b.slice:b:c")]
    [InlineData("a/b.slice:b:c")]
    [InlineData("a'b.slice:b:c")]
    [InlineData("a.slice:b:")]
    [InlineData("a.slice:b:c d")]
    [InlineData("a.slice:b:c'")]
    [InlineData("a.slice:b@:c")]
    [InlineData("a.slice:b:c/d")]
    [InlineData("a.slice:b:-c.slice")]
    public void Another_form_is_refused(string path) => Assert.Equal("linux.cgroupsPath", Assert.Throws<SpecError>(() => PlanOf(s_v2, path)).Path);

    [Theory]
    [InlineData("memory.max", "67108864", "MemoryMax=uint64 67108864")]
    [InlineData("memory.max", "max", "MemoryMax=uint64 18446744073709551615")]
    [InlineData("memory.high", "5", "MemoryHigh=uint64 5")]
    [InlineData("memory.low", "5", "MemoryLow=uint64 5")]
    [InlineData("memory.min", "5", "MemoryMin=uint64 5")]
    [InlineData("memory.swap.max", "0", "MemorySwapMax=uint64 0")]
    [InlineData("memory.limit_in_bytes", "-1", "MemoryLimit=uint64 18446744073709551615")]
    [InlineData("pids.max", "max", "TasksMax=uint64 18446744073709551615")]
    [InlineData("pids.max", "17", "TasksMax=uint64 17")]
    [InlineData("cpu.weight", "59", "CPUWeight=uint64 59")]
    [InlineData("cpu.shares", "512", "CPUShares=uint64 512")]
    [InlineData("cpu.shares", "1", "CPUShares=uint64 2")]
    [InlineData("cpu.shares", "300000", "CPUShares=uint64 262144")]
    [InlineData("cpu.idle", "1", "CPUWeight=uint64 0")]
    [InlineData("cpu.idle", "0", "")]
    [InlineData("cpu.max", "33333 100000", "CPUQuotaPeriodUSec=uint64 100000 CPUQuotaPerSecUSec=uint64 340000")]
    [InlineData("cpu.max", "50000 100000", "CPUQuotaPeriodUSec=uint64 100000 CPUQuotaPerSecUSec=uint64 500000")]
    [InlineData("cpu.max", "1000 1000000", "CPUQuotaPeriodUSec=uint64 1000000 CPUQuotaPerSecUSec=uint64 10000")]
    [InlineData("cpu.max", "18446744073709551615 1000", "CPUQuotaPeriodUSec=uint64 1000 CPUQuotaPerSecUSec=uint64 18446744073709551615")]
    [InlineData("cpu.max", "max 100000", "CPUQuotaPeriodUSec=uint64 100000 CPUQuotaPerSecUSec=uint64 18446744073709551615")]
    [InlineData("cpu.max", "5000", "CPUQuotaPerSecUSec=uint64 50000")]
    [InlineData("cpu.max", "5000 0", "")]
    [InlineData("cpu.max", "5000 x", "")]
    [InlineData("cpu.max", "x 100000", "CPUQuotaPeriodUSec=uint64 100000 CPUQuotaPerSecUSec=uint64 18446744073709551615")]
    [InlineData("cpu.cfs_quota_us", "20000", "CPUQuotaPerSecUSec=uint64 200000")]
    [InlineData("cpu.cfs_quota_us", "-1", "CPUQuotaPerSecUSec=uint64 18446744073709551615")]
    [InlineData("cpu.cfs_period_us", "50000", "CPUQuotaPeriodUSec=uint64 50000")]
    [InlineData("cpuset.cpus", "0", "AllowedCPUs=@ay [1]")]
    [InlineData("cpuset.cpus", "\n", "AllowedCPUs=@ay []")]
    [InlineData("cpuset.cpus", "0-2,8", "AllowedCPUs=@ay [7, 1]")]
    [InlineData("cpuset.cpus", "0-7:1/2", "AllowedCPUs=@ay [85]")]
    [InlineData("cpuset.mems", "1", "AllowedMemoryNodes=@ay [2]")]
    [InlineData("io.weight", "default 200", "IOWeight=uint64 200")]
    [InlineData("io.weight", "8:0 200", "")]
    [InlineData("blkio.weight", "200", "BlockIOWeight=uint64 200")]
    [InlineData("devices.allow", "a", "")]
    [InlineData("hugetlb.2MB.max", "0", "")]
    public void A_value_of_a_file_is_a_property(string file, string value, string expected) => Assert.Equal(expected, Limits((file, value)));

    [Fact]
    public void On_v1_the_quota_is_a_part_of_its_period() =>
        Assert.Equal("CPUQuotaPeriodUSec=uint64 50000 CPUQuotaPerSecUSec=uint64 400000", Limits(("cpu.cfs_period_us", "50000"), ("cpu.cfs_quota_us", "20000")));

    [Fact]
    public void The_last_word_on_a_property_counts() => Assert.Equal("MemoryMax=uint64 2", Limits(("memory.max", "1"), ("memory.max", "2")));

    [Fact]
    public void Idle_is_a_weight_of_nothing_since_systemd_252()
    {
        Assert.Equal("CPUWeight=uint64 0", Limits(("cpu.idle", "1"), ("cpu.weight", "59")));
        Assert.Equal("CPUWeight=uint64 0", Limits(("cpu.weight", "59"), ("cpu.idle", "1")));
        var old = UnitProperties.OfLimits([new CgroupWrite(0, "cpu.weight", "59", ""), new CgroupWrite(0, "cpu.idle", "1", "")], 251);
        Assert.Equal("CPUWeight=uint64 59", Show(old));
    }

    [Fact]
    public void A_list_of_too_many_processors_is_refused()
    {
        var error = Assert.Throws<SpecError>(() => Limits(("cpuset.cpus", "0-8192")));
        Assert.Equal("p", error.Path);
        Assert.Throws<SpecError>(() => Limits(("cpuset.cpus", "0-3:1/0")));
    }

    [Fact]
    public void Devices_are_named_by_their_numbers()
    {
        DeviceRule[] rules =
        [
            new(false, 'a', null, null, DeviceAccess.All), new(true, 'c', 1, 3, DeviceAccess.All), new(true, 'b', 8, null, DeviceAccess.Read),
            new(true, 'c', null, null, DeviceAccess.Mknod),
        ];
        Assert.Equal("DevicePolicy='strict' DeviceAllow=@a(ss) [('/dev/char/1:3', 'rwm'), ('block-8', 'r'), ('char-*', 'm')]",
            Show(UnitProperties.OfDevices(rules, 4)));
    }

    [Theory]
    [InlineData(true, null, null, null)] // everything is allowed
    [InlineData(true, 'c', null, 5)] // a minor number of every major
    [InlineData(false, 'c', 1, 3)] // all but
    public void What_systemd_cannot_say_is_left_to_our_own_list(bool allow, char? type, int? major, int? minor)
    {
        DeviceRule[] rules =
        [
            new(!allow, 'c', 1, null, DeviceAccess.All),
            new(allow, type ?? 'a', (uint?)major, (uint?)minor, DeviceAccess.All),
        ];
        Assert.Equal("DevicePolicy='auto' DeviceAllow=@a(ss) []", Show(UnitProperties.OfDevices(rules, 2)));
    }

    [Theory]
    [InlineData("TimeoutStopUSec", "uint64 5", "TimeoutStopUSec=uint64 5")]
    [InlineData("TimeoutStopSec", "5", "TimeoutStopUSec=uint64 5000000")]
    [InlineData("TimeoutStopSec", "0.25", "TimeoutStopUSec=uint64 250000")]
    [InlineData("TimeoutStopSec", "uint32 2", "TimeoutStopUSec=uint64 2000000")]
    [InlineData("CollectMode", "'inactive-or-failed'", "CollectMode='inactive-or-failed'")]
    public void An_annotation_is_a_property(string name, string value, string expected)
    {
        var properties = WithAnnotation(name, value).Unit!.Properties;
        Assert.Equal(expected, Show([properties[^1]]));
        Assert.Equal($"annotations[\"org.systemd.property.{name}\"]", properties[^1].JsonPath);
    }

    [Theory]
    [InlineData("collectMode", "true")]
    [InlineData("Co", "true")]
    [InlineData("Collect.Mode", "true")]
    [InlineData("TimeoutStopSec", "'five'")]
    [InlineData("TimeoutStopSec", "-5")]
    [InlineData("TimeoutStopSec", "99999999999999999999")]
    [InlineData("PIDs", "[uint32 1]")]
    [InlineData("Slice", "'other.slice'")]
    [InlineData("Delegate", "false")]
    public void An_annotation_that_cannot_be_a_property_is_refused(string name, string value) =>
        Assert.Equal($"annotations[\"org.systemd.property.{name}\"]", Assert.Throws<SpecError>(() => WithAnnotation(name, value)).Path);

    [Fact]
    public void With_another_manager_such_annotations_mean_nothing() =>
        Assert.Null(Planner.Create(Spec("/a") with { Annotations = new Dictionary<string, string> { ["org.systemd.property.x"] = "" } }, s_v2,
            Options(CgroupManager.Cgroupfs)).Cgroup!.Unit);

    [Fact]
    public void The_child_waits_for_its_unit_before_anything_else_and_makes_its_cgroup_namespace_after()
    {
        var spec = Spec("a.slice:b:c");
        spec = spec with { Linux = spec.Linux with { Namespaces = [.. spec.Linux.Namespaces, new Namespace(NamespaceType.Cgroup, null)] } };
        var plan = Planner.Create(spec, s_v2, Options(CgroupManager.Systemd));
        Assert.Equal(["ResetSignals", "AwaitCgroup"], plan.Steps.Take(2).Select(step => step.GetType().Name));
        Assert.Single(plan.Steps, step => step is UnshareCgroups);
        Assert.DoesNotContain(plan.Steps, step => step is JoinCgroups);
        Assert.Equal(CloneFlags.None, plan.CloneFlags & CloneFlags.Cgroup);
        // On v1 there are hierarchies that systemd does not know, and nobody is moved into a slice.
        Assert.IsType<JoinCgroups>(Planner.Create(spec, s_v1, Options(CgroupManager.Systemd)).Steps[2]);
        var slice = Planner.Create(spec with { Linux = spec.Linux with { CgroupsPath = ":x:y.slice" } }, s_v2, Options(CgroupManager.Systemd));
        Assert.Equal(["/sys/fs/cgroup/y.slice/cgroup.procs"], Joined(slice));
    }

    [Theory]
    [InlineData(CgroupManager.Systemd, "a.slice:b:c", "/a.slice/b-c.scope")]
    [InlineData(CgroupManager.Cgroupfs, "/a", "/a")]
    public void The_group_that_systemd_counts_by_is_joined_first(CgroupManager manager, string path, string group)
    {
        var files = Joined(Planner.Create(Spec(path), s_v1, Options(manager)));
        Assert.Equal($"/sys/fs/cgroup/systemd{group}/tasks", files[0]);
        Assert.Equal(s_v1.Hierarchies.Select(hierarchy => $"{hierarchy.MountPoint}{group}/tasks").Order(), files.Order());
    }

    [Fact]
    public void On_hybrid_it_is_the_unified_one()
    {
        var host = Host(CgroupLayout.Hybrid, new("devices", "/sys/fs/cgroup/devices", "/"), new("", "/sys/fs/cgroup/unified", "/"));
        Assert.Equal(["/sys/fs/cgroup/unified/y.slice/cgroup.procs", "/sys/fs/cgroup/devices/y.slice/tasks"],
            Joined(Planner.Create(Spec(":x:y.slice"), host, Options(CgroupManager.Systemd))));
    }

    [Fact]
    public void With_the_manager_disabled_there_is_no_group_and_no_limit()
    {
        var spec = Spec("/a");
        Assert.Null(Planner.Create(spec, s_v1, Options(CgroupManager.Disabled)).Cgroup);
        spec = spec with { Linux = spec.Linux with { Resources = new Resources { PidsLimit = 5 } } };
        var error = Assert.Throws<SpecError>(() => Planner.Create(spec, s_v1, Options(CgroupManager.Disabled)));
        Assert.Contains("disabled", error.Message, StringComparison.Ordinal);
    }

    private static string Limits(params (string File, string Value)[] writes) =>
        Show(UnitProperties.OfLimits([.. writes.Select(write => new CgroupWrite(0, write.File, write.Value, "p"))], s_v2.Systemd!.Version));

    private static string Show(IEnumerable<UnitProperty> properties) => string.Join(' ', properties.Select(property => $"{property.Name}={property.Value}"));

    private static CgroupPlan WithAnnotation(string name, string value) =>
        Planner.Create(Spec(null) with { Annotations = new Dictionary<string, string> { ["other"] = "x", ["org.systemd.property." + name] = value } },
            s_v2, Options(CgroupManager.Systemd)).Cgroup!;

    private static List<string> Joined(Plan plan) => [.. Assert.Single(plan.Steps.OfType<JoinCgroups>()).TaskFiles.Select(file => file.ToString())];

    private static CgroupPlan PlanOf(HostFacts host, string? path) => Planner.Create(Spec(path), host, Options(CgroupManager.Systemd)).Cgroup!;

    private static Spec Spec(string? path)
    {
        var spec = Bundle.Read(Bundle.Minimal);
        return spec with { Linux = spec.Linux with { CgroupsPath = path } };
    }

    private static CreateOptions Options(CgroupManager manager) => new() { Id = "c1", Bundle = "/bundle", StateRoot = "/run/sharprun", CgroupManager = manager };

    private static HostFacts Host(CgroupLayout layout, params IReadOnlyList<CgroupHierarchy> hierarchies) =>
        new() { Kernel = new KernelVersion(6, 18), CgroupLayout = layout, Hierarchies = hierarchies, Systemd = new SystemdFacts(257, "") };
}
