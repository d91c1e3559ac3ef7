using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using SharpRun.Planning;
using Xunit;

namespace SharpRun.Planning.Tests;

/// <summary>Every bundle of spec/bundles has its plan as text, on fixed hosts: a change of order is a diff that a reviewer reads.</summary>
public sealed class PlanSnapshotTests
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var bundle in Repository.Bundles())
        {
            foreach (var host in Hosts.All.Keys)
            {
                cases.Add(bundle, host);
            }
        }
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_plan_is_the_one_that_was_read_and_approved(string bundle, string host) =>
        Snapshot.Verify(PlanOf(bundle, host).ToString(), $"Plan_{bundle}_{host}");

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_order_that_makes_a_container_safe_holds(string bundle, string host)
    {
        var steps = PlanOf(bundle, host).Steps;
        int At<T>() => steps.ToList().FindIndex(step => step is T);
        int Pivot() => steps.ToList().FindIndex(step => step is PivotRoot or MoveRoot);
        int LastAt<T>() => steps.ToList().FindLastIndex(step => step is T);

        Assert.IsType<ResetSignals>(steps[0]);
        Assert.IsType<Exec>(steps[^1]);
        Assert.Equal([typeof(TellCreated), typeof(CloseDescriptors), typeof(WaitForStart)],
            steps.SkipWhile(step => step is not TellCreated).Take(3).Select(step => step.GetType()));
        Assert.All(steps.SkipWhile(step => step is not WaitForStart).Skip(1), step => Assert.True(step is RunHook { Kind: HookKind.StartContainer } or SetMemoryRlimits or LoadSeccomp or Exec));
        Assert.All(steps.Where(step => step is LoadSeccomp { Filter.HasListener: false }), step => Assert.Same(steps[^2], step));
        Assert.True(At<SetRootPropagation>() < At<BindRootfs>());
        Assert.All(steps.Select((step, i) => (step, i)), pair =>
        {
            if (pair.step is MountFilesystem or BindMount or MountCgroups or MakeDevice or LinkDevice or LinkPtmx or Remount)
            {
                Assert.InRange(pair.i, At<BindRootfs>() + 1, Pivot() - 1);
            }
            if (pair.step is SetApparmorProfile or SetSelinuxLabel)
            {
                // By the host's /proc, and not for its hooks.
                Assert.InRange(pair.i, steps.ToList().FindLastIndex(step => step is RunHook { Kind: HookKind.CreateContainer }) + 1, Pivot() - 1);
            }
            if (pair.step is AskForHooks or RunHook { Kind: HookKind.CreateContainer })
            {
                Assert.InRange(pair.i, LastAt<LinkPtmx>() + 1, Pivot() - 1);
            }
            if (pair.step is MakeMountReadonly or MaskPath or ReadonlyPath or RootReadonly or SetUser or DropBoundingSet or OpenTerminal or SetSysctl or PropagateRootfs)
            {
                Assert.InRange(pair.i, Pivot() + 1, At<TellCreated>());
            }
        });
        Assert.True(At<AskForHooks>() <= steps.ToList().FindIndex(step => step is RunHook), "the runtime's hooks come before the container's");
        Assert.True(LastAt<BindConsole>() < At<MakeMountReadonly>() || At<MakeMountReadonly>() < 0, "a read-only /dev has a console");
        Assert.True(LastAt<ReadonlyPath>() < At<DropBoundingSet>());
        Assert.True(LastAt<SetSysctl>() <= (At<ReadonlyPath>() < 0 ? int.MaxValue : At<ReadonlyPath>()), "/proc/sys is still writable");
        Assert.True(At<SendTerminal>() < At<OwnStreams>(), "the terminal becomes the user's");
        Assert.True(At<SetRlimits>() < At<DropBoundingSet>(), "a limit is raised while there is power to do so");
        Assert.True(At<DropBoundingSet>() < At<SetUser>());
        Assert.True(At<SetUser>() < At<SetCapabilities>());
        Assert.True(At<SetCapabilities>() < At<FindExecutable>());
        Assert.True(LastAt<ChangeDirectory>() > At<SetCapabilities>(), "the user's own chdir is checked too (CVE-2024-21626)");
    }

    [Fact]
    public void Every_kind_of_step_is_used_by_a_bundle()
    {
        var used = Repository.Bundles().SelectMany(bundle => Hosts.All.Keys.SelectMany(host => PlanOf(bundle, host).Steps))
            .Concat(ExecPlanTests.All().SelectMany(plan => plan.Steps))
            .Select(step => step.GetType().Name).ToHashSet();
        var kinds = typeof(Step).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Step))).Select(type => type.Name);
        Assert.Empty(kinds.Where(kind => !used.Contains(kind)));
    }

    [Fact]
    public void No_two_steps_of_a_plan_say_the_same()
    {
        foreach (var bundle in Repository.Bundles())
        {
            var texts = PlanOf(bundle, "v2-6.18").Steps.Where(step => step is not ChangeDirectory).Select(step => step.Text).ToList();
            Assert.Equal(texts.Count, texts.Distinct().Count());
        }
    }

    internal static Plan PlanOf(string bundle, string host)
    {
        var spec = SpecReader.Read(File.ReadAllBytes(Path.Combine(Repository.Root, "spec", "bundles", bundle, "config.json")), null);
        return Planner.Create(spec, Hosts.All[host], Options(bundle), _ => new ulong[3]);
    }

    private static CreateOptions Options(string bundle)
    {
        var options = new CreateOptions { Id = "c1", Bundle = "/bundle", StateRoot = "/run/sharprun" };
        if (bundle == "systemd")
        {
            return options with { CgroupManager = CgroupManager.Systemd };
        }
        return bundle == "handed-in"
            ? options with { NoPivot = true, HasNotifySocket = true, PreservedDescriptors = 3, ListenDescriptors = 2, ListenNames = "web:admin" }
            : options;
    }
}

/// <summary>The machines for which plans are approved.</summary>
static class Hosts
{
    private static readonly string[] s_v1 = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "name=systemd"];

    public static Dictionary<string, HostFacts> All { get; } = new()
    {
        ["v1-6.18"] = Host(CgroupLayout.V1, 6, 18),
        ["hybrid-6.18"] = Host(CgroupLayout.Hybrid, 6, 18),
        ["v2-6.18"] = Host(CgroupLayout.V2, 6, 18),
        ["v2-5.10"] = Host(CgroupLayout.V2, 5, 10),
    };

    private static HostFacts Host(CgroupLayout layout, int major, int minor) => new()
    {
        Kernel = new KernelVersion(major, minor),
        LastCapability = 40,
        CgroupLayout = layout,
        Systemd = new SystemdFacts(layout == CgroupLayout.V2 ? 257 : 247, ""),
        Hierarchies = Hierarchies(layout),
    };

    private static List<CgroupHierarchy> Hierarchies(CgroupLayout layout)
    {
        var hierarchies = new List<CgroupHierarchy>();
        if (layout == CgroupLayout.V2)
        {
            hierarchies.Add(new CgroupHierarchy("", "/sys/fs/cgroup", "/user.slice/shell"));
            return hierarchies;
        }
        foreach (var controllers in s_v1)
        {
            hierarchies.Add(new CgroupHierarchy(controllers, "/sys/fs/cgroup/" + controllers.Replace("name=", "", StringComparison.Ordinal), "/shell"));
        }
        if (layout == CgroupLayout.Hybrid)
        {
            hierarchies.Add(new CgroupHierarchy("", "/sys/fs/cgroup/unified", "/"));
        }
        return hierarchies;
    }
}

static class Repository
{
    public static string Root { get; } = Find();

    public static IEnumerable<string> Bundles() =>
        Directory.GetDirectories(Path.Combine(Root, "spec", "bundles")).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal);

    private static string Find()
    {
        var directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "global.json")))
        {
            directory = Path.GetDirectoryName(directory) ?? throw new DirectoryNotFoundException("no global.json above the tests");
        }
        return directory;
    }
}
