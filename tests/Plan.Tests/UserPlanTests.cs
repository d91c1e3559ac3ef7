using System.Collections.Generic;
using System.Linq;
using System.Text;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>Plans for ordinary users, in user namespaces, and with namespaces by path: what the approved plans of root do not show.</summary>
public sealed class UserPlanTests
{
    private static readonly HostFacts s_user = Hosts.All["v2-6.18"] with { Euid = 1000, Egid = 1001 };

    private static string Rootless(params (string Path, string? Value)[] edits)
    {
        var json = Bundle.Edit(Encoding.UTF8.GetString(SpecDocument.Write(true, true, 1000, 1001)), "process.terminal", "false");
        return edits.Aggregate(json, (text, edit) => Bundle.Edit(text, edit.Path, edit.Value));
    }

    private static Plan PlanOf(string json, HostFacts host) =>
        Planner.Create(Bundle.Read(json), host, new CreateOptions { Id = "c1", Bundle = "/bundle", StateRoot = "/run/user/1000/sharprun" });

    private static string Fails(string json, HostFacts host) => Assert.Throws<SpecError>(() => PlanOf(json, host)).Message;

    private static List<string> Kinds(Plan plan, int count) => [.. plan.Steps.Take(count).Select(step => step.GetType().Name)];

    private static string WithNamespaces(params string[] namespaces) =>
        Bundle.With("linux.namespaces", "[" + string.Join(',', namespaces.Select(text =>
        {
            var (type, path) = (text.Split('=')[0], text.Contains('=') ? $",\"path\":\"{text.Split('=')[1]}\"" : "");
            return $"{{\"type\":\"{type}\"{path}}}";
        })) + "]");

    [Fact]
    public void The_plan_of_an_ordinary_user_is_the_one_that_was_approved() => Snapshot.Verify(PlanOf(Rootless(), s_user).ToString(), "Plan_rootless");

    [Fact]
    public void An_ordinary_user_gives_setgroups_up_for_the_map_of_its_own_id()
    {
        var maps = PlanOf(Rootless(), s_user).IdMaps!;
        Assert.Equal((false, false, true), (maps.UidsByTool, maps.GidsByTool, maps.DenySetgroups));
        Assert.True(PlanOf(Rootless(), s_user).Steps.OfType<SetUser>().Single().MayKeepGroups);
    }

    [Theory]
    [InlineData("linux.uidMappings", "[{\"containerID\":0,\"hostID\":1000,\"size\":1},{\"containerID\":1,\"hostID\":100000,\"size\":9}]", true, false, true)]
    [InlineData("linux.gidMappings", "[{\"containerID\":0,\"hostID\":1001,\"size\":2}]", false, true, false)]
    [InlineData("linux.gidMappings", "[{\"containerID\":0,\"hostID\":1000,\"size\":1}]", false, true, false)]
    public void More_than_that_is_mapped_by_the_tools(string path, string value, bool uidsByTool, bool gidsByTool, bool denySetgroups)
    {
        var maps = PlanOf(Rootless((path, value)), s_user).IdMaps!;
        Assert.Equal((uidsByTool, gidsByTool, denySetgroups), (maps.UidsByTool, maps.GidsByTool, maps.DenySetgroups));
    }

    [Fact]
    public void Root_writes_its_maps_itself()
    {
        var maps = PlanOf(Rootless(), Hosts.All["v2-6.18"]).IdMaps!;
        Assert.Equal((false, false, false), (maps.UidsByTool, maps.GidsByTool, maps.DenySetgroups));
    }

    [Fact]
    public void Without_a_user_namespace_an_ordinary_user_is_refused() =>
        Assert.Equal("config.json: linux.namespaces: rootless container requires user namespaces", Fails(Bundle.Minimal, s_user));

    [Fact]
    public void Groups_that_nobody_can_give_are_refused() =>
        Assert.Equal(
            "config.json: process.user.additionalGids: cannot set any additional groups in a rootless container",
            Fails(Rootless(("process.user.additionalGids", "[0]")), s_user));

    [Fact]
    public void Without_permission_the_callers_cgroup_is_used_and_not_shown()
    {
        var plan = PlanOf(Rootless(), s_user with { MayMakeCgroups = false });
        Assert.Null(plan.Cgroup);
        Assert.Equal("tmpfs", plan.Steps.OfType<MountFilesystem>().Single(mount => mount.Target.ToString() == "/sys/fs/cgroup").Type.ToString());
    }

    [Fact]
    public void A_limit_without_permission_is_refused() =>
        Assert.Equal(
            "config.json: linux.resources.pids.limit: rootless needs no limits + no cgrouppath when no permission is granted for cgroups",
            Fails(Rootless(("linux.resources", "{\"pids\":{\"limit\":5}}")), s_user with { MayMakeCgroups = false }));

    [Fact]
    public void A_path_is_tried_even_without_permission() =>
        Assert.Equal("/sys/fs/cgroup/x", PlanOf(Rootless(("linux.cgroupsPath", "\"/x\"")), s_user with { MayMakeCgroups = false }).Cgroup!.Directories[0].FullPath);

    [Fact]
    public void A_host_s_sys_brings_no_cgroups_along()
    {
        var json = Rootless(("mounts", "[{\"destination\":\"/sys\",\"type\":\"none\",\"source\":\"/sys\",\"options\":[\"rbind\",\"ro\"]}]"));
        Assert.Contains(PlanOf(json, s_user).Steps, step => step is MaskPath { Path: var path } && path.ToString() == "/sys/fs/cgroup");
    }

    [Fact]
    public void Network_ipc_and_uts_are_joined_without_a_second_clone()
    {
        var plan = PlanOf(WithNamespaces("mount", "network=/n", "ipc=/i", "uts=/u"), Hosts.All["v2-6.18"]);
        Assert.Equal(["ResetSignals", "HideMemory", "JoinNamespace", "JoinNamespace", "JoinNamespace", "NewSession", "SetRootPropagation"], Kinds(plan, 7));
        Assert.Null(plan.Again);
        Assert.Equal(CloneFlags.Mount, plan.CloneFlags);
        Assert.Equal([0, 1, 2], plan.Joins.Select(join => join.Slot));
        Assert.Equal([1, 2, 3], plan.Joins.Select(join => join.Index));
    }

    [Theory]
    [InlineData("pid=/p")]
    [InlineData("user=/u")]
    public void A_pid_or_user_namespace_by_path_needs_a_second_clone(string joined)
    {
        var plan = PlanOf(WithNamespaces("mount", "network", joined), Hosts.All["v2-6.18"]);
        Assert.Equal(CloneFlags.None, plan.CloneFlags);
        Assert.Equal(CloneFlags.Mount | CloneFlags.Network, plan.Again!.Flags);
        Assert.Equal(plan.Again.Flags, plan.OwnNamespaces);
        Assert.True(plan.Steps.ToList().FindIndex(step => step is JoinNamespace) < plan.Steps.ToList().FindIndex(step => step is CloneAgain));
    }

    [Fact]
    public void Who_has_power_joins_the_user_namespace_last_and_who_has_none_first()
    {
        var json = WithNamespaces("user=/u", "network=/n", "mount=/m");
        NamespaceType[] Order(HostFacts host) => [.. PlanOf(json, host).Joins.Select(join => join.Type)];
        Assert.Equal([NamespaceType.Network, NamespaceType.User, NamespaceType.Mount], Order(Hosts.All["v2-6.18"]));
        Assert.Equal([NamespaceType.User, NamespaceType.Network, NamespaceType.Mount], Order(s_user));
    }
}
