using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>The story of create, top to bottom: the order in which a container is made safe is decided here and nowhere else.</summary>
public static partial class Planner
{
    public static Plan Create(Spec spec, HostFacts host, CreateOptions options)
    {
        SpecRules.Check(spec);
        RefuseUnprivileged(host);
        var process = WithHandedIn(spec.Process!, options);
        var cgroup = Cgroups(spec, options.Id, host);
        var steps = new List<Step>(64) { new ResetSignals(), new NewSession() };
        Namespaces(steps, spec, host, cgroup);
        Rootfs(steps, spec, options, host, cgroup);
        if (process.Cwd != "/")
        {
            steps.Add(new MakeWorkingDirectory(RootedPath.Of(process.Cwd)));
        }
        steps.Add(options.NoPivot ? new MoveRoot() : new PivotRoot(!RootPropagation(spec.Linux.RootfsPropagation).HidesOurMounts));
        Terminal(steps, process);
        AfterPivot(steps, spec);
        if (!options.NoNewKeyring)
        {
            steps.Add(new NewKeyring("_ses." + options.Id));
        }
        Identity(steps, process, host);
        steps.Add(new FindExecutable(process.Args[0], Candidates(process)));
        steps.Add(new TellCreated());
        steps.Add(new CloseDescriptors(options.PreservedDescriptors));
        steps.Add(new WaitForStart());
        if (MemoryLimits(process) is { Count: > 0 } limits)
        {
            steps.Add(new SetMemoryRlimits(limits));
        }
        steps.Add(new Exec(Texts(process.Args), Texts(Environment(process))));
        return new Plan
        {
            Id = options.Id,
            CloneFlags = CloneFlagsOf(spec, host),
            Steps = steps,
            HasMountSetAttr = HasMountSetAttr(host),
            Cgroup = cgroup,
            OomScoreAdj = process.OomScoreAdj,
        };
    }

    private static bool HasMountSetAttr(HostFacts host) => host.Kernel.AtLeast(5, 12);

    private static void RefuseUnprivileged(HostFacts host)
    {
        if (host.Euid != 0)
        {
            throw new SpecError("linux.namespaces", "rootless container requires user namespaces, which are not supported yet");
        }
    }

    private static void Namespaces(List<Step> steps, Spec spec, HostFacts host, CgroupPlan? cgroup)
    {
        if (cgroup is not null && cgroup.Layout != CgroupLayout.V2)
        {
            steps.Add(JoinCgroups(cgroup));
        }
        if (HasNamespace(spec, NamespaceType.Cgroup) && host.CgroupLayout != CgroupLayout.V2)
        {
            steps.Add(new UnshareCgroups());
        }
        if (HasNamespace(spec, NamespaceType.Network))
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

    private static JoinCgroups JoinCgroups(CgroupPlan cgroup)
    {
        var files = new List<CString>();
        foreach (var directory in cgroup.Directories)
        {
            if (directory.Controllers.Length > 0)
            {
                files.Add(directory.FullPath + "/tasks");
            }
        }
        return new JoinCgroups(files);
    }

    private static void AfterPivot(List<Step> steps, Spec spec)
    {
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
            steps.Add(new MaskPath(RootedPath.Of(path)));
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

    private static CloneFlags CloneFlagsOf(Spec spec, HostFacts host)
    {
        var flags = CloneFlags.None;
        foreach (var space in spec.Linux.Namespaces)
        {
            flags |= space.Type switch
            {
                NamespaceType.Mount => CloneFlags.Mount,
                NamespaceType.Pid => CloneFlags.Pid,
                NamespaceType.Network => CloneFlags.Network,
                NamespaceType.Ipc => CloneFlags.Ipc,
                NamespaceType.Uts => CloneFlags.Uts,
                // On v2 the child is born inside its group; on v1 it is moved there first, so the namespace is a later step.
                NamespaceType.Cgroup when host.CgroupLayout == CgroupLayout.V2 => CloneFlags.Cgroup,
                _ => CloneFlags.None,
            };
        }
        return flags;
    }

    private static bool HasNamespace(Spec spec, NamespaceType type)
    {
        foreach (var space in spec.Linux.Namespaces)
        {
            if (space.Type == type)
            {
                return true;
            }
        }
        return false;
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
