using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>The story of create, top to bottom: the order in which a container is made safe is decided here and nowhere else.</summary>
public static partial class Planner
{
    /// <remarks>compile knows the numbers of system calls, which this room does not; it is called when the bundle has a seccomp profile.</remarks>
    public static Plan Create(Spec spec, HostFacts host, CreateOptions options, Func<SeccompConfig, ulong[]>? compile = null)
    {
        SpecRules.Check(spec);
        var process = WithHandedIn(spec.Process!, options);
        var maps = IdMapsOf(spec, host);
        RefuseUnprivileged(spec, host, maps);
        var cgroup = Cgroups(spec, options.Id, host, options.CgroupManager);
        var again = CloneAgain(spec, host, cgroup);
        var joins = Joins(spec, host);
        var steps = new List<Step>(64) { new ResetSignals() };
        EnterCgroups(steps, cgroup);
        JoinAndBeBorn(steps, spec, host, joins, again);
        steps.Add(new NewSession());
        Namespaces(steps, spec, host, cgroup);
        if (MountJoin(spec, joins.Count) is { } mount)
        {
            joins.Add(mount);
            steps.Add(mount);
        }
        var readonlyLater = Rootfs(steps, spec, host, options, cgroup ?? CallersCgroup(host, options));
        if (process.Cwd != "/")
        {
            steps.Add(new MakeWorkingDirectory(RootedPath.Of(process.Cwd)));
        }
        HooksBeforePivot(steps, spec.Hooks);
        SecurityModules(steps, process, hasKeyring: !options.NoNewKeyring);
        steps.Add(options.NoPivot ? new MoveRoot() : new PivotRoot(HostHasPeers(spec)));
        Terminal(steps, process);
        steps.AddRange(readonlyLater);
        AfterPivot(steps, spec, host);
        if (!options.NoNewKeyring)
        {
            steps.Add(new NewKeyring("_ses." + options.Id));
        }
        var filter = Seccomp(spec, compile);
        Identity(steps, WithPowerToFilter(process, filter), spec.Linux.Personality, host);
        steps.Add(new FindExecutable(process.Args[0], Candidates(process)));
        SeccompWithListener(steps, filter);
        steps.Add(new TellCreated());
        steps.Add(new CloseDescriptors(options.PreservedDescriptors));
        steps.Add(new WaitForStart());
        Start(steps, spec.Hooks.StartContainer, process, filter);
        return new Plan
        {
            Id = options.Id,
            CloneFlags = again is null ? NewNamespaces(spec, host, cgroup) : CloneFlags.None,
            Again = again,
            Joins = joins,
            IdMaps = maps,
            Steps = steps,
            HasMountSetAttr = HasMountSetAttr(host),
            Cgroup = cgroup,
            OomScoreAdj = process.OomScoreAdj,
            Hooks = spec.Hooks,
        };
    }

    // What comes after the last word from outside, in create and in exec (which has no hooks).
    private static void Start(List<Step> steps, IReadOnlyList<Hook> hooks, Process process, SeccompFilter? filter)
    {
        // A hook of the container's start is judged as its program is, like under runc.
        var judgesHooks = hooks.Count > 0;
        SeccompAtLast(steps, judgesHooks ? filter : null);
        RunHooks(steps, HookKind.StartContainer, hooks);
        if (MemoryLimits(process) is { Count: > 0 } limits)
        {
            steps.Add(new SetMemoryRlimits(limits));
        }
        SeccompAtLast(steps, judgesHooks ? null : filter);
        steps.Add(new Exec(Texts(process.Args), Texts(Environment(process))));
    }

    private static bool HasMountSetAttr(HostFacts host) => host.Kernel.AtLeast(5, 12);

    private static void Namespaces(List<Step> steps, Spec spec, HostFacts host, CgroupPlan? cgroup)
    {
        if (spec.Linux.Namespace(NamespaceType.Cgroup) is { Path: null } && !IsBornInCgroup(host, cgroup))
        {
            steps.Add(new UnshareCgroups());
        }
        // A joined one belongs to whoever made it.
        if (spec.Linux.Namespace(NamespaceType.Network) is { Path: null })
        {
            steps.Add(new LoopbackUp());
        }
        if (spec.Hostname is { Length: > 0 } hostname)
        {
            steps.Add(new SetHostname(hostname));
        }
        if (spec.Domainname is { Length: > 0 } domainname)
        {
            steps.Add(new SetDomainname(domainname));
        }
    }

    // On v2 the child is born in its group, if that is there before it is.
    private static bool IsBornInCgroup(HostFacts host, CgroupPlan? cgroup) => host.CgroupLayout == CgroupLayout.V2 && cgroup?.Unit is null;

    private static void EnterCgroups(List<Step> steps, CgroupPlan? cgroup)
    {
        if (cgroup?.Unit is { } unit)
        {
            steps.Add(new AwaitCgroup(unit.Name));
        }
        // systemd knows some of the hierarchies of v1 only, and moves nobody into a slice.
        if (cgroup is not null && (cgroup.Layout != CgroupLayout.V2 || cgroup.Unit is { IsSlice: true }))
        {
            steps.Add(JoinCgroups(cgroup));
        }
    }

    // The hierarchy that systemd counts by goes first (name=systemd; on hybrid, cgroup2): when systemd moves a unit in one of the others, it takes along
    // whoever is in that unit by its count (cg_migrate_v1_controllers), and before it is moved the child is in its caller's.
    private static JoinCgroups JoinCgroups(CgroupPlan cgroup)
    {
        var files = new List<CString>();
        foreach (var directory in cgroup.Directories)
        {
            if (directory.Controllers.Length > 0)
            {
                files.Insert(directory.Controllers == "name=systemd" ? 0 : files.Count, directory.FullPath + "/tasks");
            }
            else if (cgroup.Unit is { IsSlice: true })
            {
                files.Insert(0, directory.FullPath + "/cgroup.procs");
            }
        }
        return new JoinCgroups(files);
    }

    private static void AfterPivot(List<Step> steps, Spec spec, HostFacts host)
    {
        var label = MountLabel(spec);
        foreach (var (key, value) in spec.Linux.Sysctl)
        {
            // Before /proc/sys is made read-only.
            steps.Add(new SetSysctl(key, SysctlKey.PathOf(key), value));
        }
        foreach (var path in spec.Linux.ReadonlyPaths)
        {
            steps.Add(new ReadonlyPath(RootedPath.Of(path)));
        }
        foreach (var path in spec.Linux.MaskedPaths)
        {
            steps.Add(new MaskPath(RootedPath.Of(path)) { Label = label, HostHasPeers = HostHasPeers(spec) });
        }
        if (IsInUserNamespace(spec, host) && ShowsHostsCgroups(spec))
        {
            steps.Add(new MaskPath(RootedPath.Of("/sys/fs/cgroup")) { Label = label });
        }
        if (spec.Root.Readonly)
        {
            steps.Add(new RootReadonly());
        }
        if (RootfsPropagation(spec.Linux.RootfsPropagation) is { } propagation)
        {
            steps.Add(propagation);
        }
    }

    private static CString[] Texts(IReadOnlyList<string> words)
    {
        var texts = new CString[words.Count];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = words[i];
        }
        return texts;
    }
}
