using System.Collections.Generic;
using System.IO;
using System.Linq;
using SharpRun.Planning;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>exec into the containers of spec/bundles: another program, as confined as init.</summary>
public sealed class ExecPlanTests
{
    private const CgroupLayout V1 = CgroupLayout.V1, V2 = CgroupLayout.V2;

    [Theory]
    [InlineData("ctr", V1)]
    [InlineData("ctr", V2)]
    [InlineData("userns", V2)]
    [InlineData("limits", V2)]
    [InlineData("labels", V2)]
    [InlineData("scheduling", V2)]
    [InlineData("seccomp", V2)]
    [InlineData("seccomp-agent", V2)]
    [InlineData("terminal", V2)]
    public void The_plan_is_the_one_that_was_read_and_approved(string bundle, CgroupLayout layout) =>
        Snapshot.Verify(PlanOf(bundle, layout).ToString(), $"Exec_{bundle}_{(layout == V1 ? "v1" : "v2")}");

    [Fact]
    public void The_order_that_keeps_a_container_safe_holds()
    {
        foreach (var plan in All())
        {
            var steps = plan.Steps.ToList();
            int At<T>() => steps.FindIndex(step => step is T);
            int LastAt<T>() => steps.FindLastIndex(step => step is T);

            Assert.IsType<ResetSignals>(steps[0]);
            Assert.IsType<CloseHostsDescriptors>(steps[1]);
            Assert.True(At<HideMemory>() < At<JoinContainer>(), "nobody inside looks into it (CVE-2016-9962)");
            Assert.True(At<JoinCgroups>() < At<JoinContainer>(), "the host's groups are reached by the host's paths");
            Assert.True(LastAt<SetApparmorProfile>() < At<JoinContainer>() && LastAt<SetSelinuxLabel>() < At<JoinContainer>(), "by the host's /proc");
            Assert.True(At<JoinContainer>() < At<CloneAgain>(), "whoever is seen inside has the container's root");
            Assert.Equal(NamespaceType.Mount, steps.OfType<JoinContainer>().Single().Types[^1]);
            Assert.True(LastAt<JoinContainer>() < At<DropBoundingSet>());
            Assert.True(At<DropBoundingSet>() < At<SetUser>() && At<SetUser>() < At<SetCapabilities>());
            Assert.True(LastAt<ChangeDirectory>() > At<SetCapabilities>(), "the user's own chdir is checked too (CVE-2024-21626)");
            Assert.True(At<CloseDescriptors>() > At<TellPrepared>());
            Assert.All(steps.SkipWhile(step => step is not CloseDescriptors).Skip(1), step => Assert.True(step is SetMemoryRlimits or LoadSeccomp or Exec));
            Assert.IsType<Exec>(steps[^1]);
        }
    }

    [Fact]
    public void Without_a_document_the_containers_process_is_the_base()
    {
        var spec = Read("ctr");
        var own = spec.Process!;
        var plan = Planner.Exec(spec, Hosts.All["v2-6.18"], Options("ctr", V2) with { Capabilities = 1 << 21, Uid = 7, AdditionalGids = [8], Env = ["A=1"] });
        var user = plan.Steps.OfType<SetUser>().Single();
        Assert.Equal((7u, own.User.Gid), (user.Uid, user.Gid));
        Assert.Equal([.. own.User.AdditionalGids, 8u], user.GroupArray);
        var sets = plan.Steps.OfType<SetCapabilities>().Single().Sets;
        Assert.Equal(own.Capabilities! with { Bounding = own.Capabilities.Bounding | 1 << 21, Effective = own.Capabilities.Effective | 1 << 21, Permitted = own.Capabilities.Permitted | 1 << 21 }, sets);
        Assert.Equal(own.NoNewPrivileges, plan.Steps.Any(step => step is NoNewPrivileges));
    }

    [Fact]
    public void More_capabilities_become_ambient_only_when_they_are_inheritable()
    {
        var spec = Read("ctr");
        spec = spec with { Process = spec.Process! with { Capabilities = new CapabilitySets(0, 0, 0, 2, 0) } };
        var plan = Planner.Exec(spec, Hosts.All["v2-6.18"], Options("ctr", V2) with { Capabilities = 3 });
        Assert.Equal(new CapabilitySets(3, 3, 3, 2, 2), plan.Steps.OfType<SetCapabilities>().Single().Sets);
    }

    [Fact]
    public void A_document_decides_alone_and_what_it_does_not_speak_of_stays_the_containers()
    {
        var spec = Read("ctr");
        var process = new Process { Args = ["true"], Cwd = "/" };
        var plan = Planner.Exec(spec, Hosts.All["v2-6.18"], Options("ctr", V2) with { Process = process, Uid = 9, NoNewPrivileges = true });
        Assert.Equal(0u, plan.Steps.OfType<SetUser>().Single().Uid);
        Assert.DoesNotContain(plan.Steps, step => step is NoNewPrivileges);
        Assert.Equal(spec.Process!.Rlimits, plan.Steps.OfType<SetRlimits>().Single().Limits);
    }

    internal static IEnumerable<Plan> All() =>
        Repository.Bundles().SelectMany(bundle => new[] { PlanOf(bundle, V1), PlanOf(bundle, V2) });

    private static Plan PlanOf(string bundle, CgroupLayout layout) =>
        Planner.Exec(Read(bundle), Hosts.All[layout == V1 ? "v1-6.18" : "v2-6.18"], Options(bundle, layout), _ => new ulong[3]);

    private static Spec Read(string bundle) =>
        SpecReader.Read(File.ReadAllBytes(Path.Combine(Repository.Root, "spec", "bundles", bundle, "config.json")), null);

    private static ExecOptions Options(string bundle, CgroupLayout layout)
    {
        var directories = Hosts.All[layout == V1 ? "v1-6.18" : "v2-6.18"].Hierarchies.Select(hierarchy => new CgroupDirectory(hierarchy.Controllers, hierarchy.MountPoint, "/c1"));
        return new ExecOptions
        {
            Id = "c1",
            StateRoot = "/run/sharprun",
            Args = ["sh", "-c", "true"],
            Terminal = bundle == "terminal",
            Cgroup = new CgroupPlan { Layout = layout, Directories = [.. directories], Writes = [] },
        };
    }
}
