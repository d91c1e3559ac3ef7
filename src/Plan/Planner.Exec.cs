using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

// The story of exec: another program in a container that exists, as confined as its init.
public static partial class Planner
{
    /// <summary>The container's own config.json, as create has kept it, and what exec was told.</summary>
    public static Plan Exec(Spec spec, HostFacts host, ExecOptions options, Func<SeccompConfig, ulong[]>? compile = null)
    {
        var process = ExecProcess(spec.Process!, options);
        SpecRules.Check(spec with { Process = process });
        var filter = Seccomp(spec, compile);
        var steps = new List<Step>(24) { new ResetSignals(), new CloseHostsDescriptors(options.PreservedDescriptors) };
        if (options.Cgroup is { } cgroup && cgroup.Layout != CgroupLayout.V2)
        {
            steps.Add(JoinCgroups(cgroup));
        }
        var again = Join(steps, spec, process, options);
        if (process.ExecCpuAffinity?.Final is { } cpus)
        {
            steps.Add(new SetCpuAffinity(cpus));
        }
        steps.Add(new NewSession());
        if (!options.KeepsKeyring)
        {
            steps.Add(new JoinKeyring("_ses." + options.Id));
        }
        if (process.Terminal)
        {
            // /dev/console stays init's.
            steps.Add(Terminal(process));
            steps.Add(new SendTerminal());
        }
        Identity(steps, WithPowerToFilter(process, filter), spec.Linux.Personality, host);
        steps.Add(new FindExecutable(process.Args[0], Candidates(process)));
        SeccompWithListener(steps, filter);
        steps.Add(new TellPrepared());
        steps.Add(new CloseDescriptors(options.PreservedDescriptors));
        Start(steps, [], process, filter);
        return new Plan
        {
            Id = options.Id,
            Who = "exec process",
            InitialCpus = process.ExecCpuAffinity?.Initial,
            CloneFlags = CloneFlags.None,
            Again = again,
            Steps = steps,
            HasMountSetAttr = HasMountSetAttr(host),
            JoinedCgroup = options.Cgroup,
            OomScoreAdj = process.OomScoreAdj,
        };
    }

    // What the container shares with the host is not joined: nobody made it the container's.
    private static CloneAgain? Join(List<Step> steps, Spec spec, Process process, ExecOptions options)
    {
        var types = new List<NamespaceType>(spec.Linux.Namespaces.Count);
        foreach (var space in spec.Linux.Namespaces)
        {
            if (space.Type != NamespaceType.Mount)
            {
                types.Add(space.Type);
            }
        }
        types.Add(NamespaceType.Mount);
        steps.Add(new HideMemory());
        // By the host's /proc; the second child inherits it.
        SecurityModules(steps, process, hasKeyring: !options.KeepsKeyring);
        steps.Add(new JoinContainer(types));
        var again = spec.Linux.Namespace(NamespaceType.Pid) is null ? null : new CloneAgain(CloneFlags.None);
        if (again is not null)
        {
            steps.Add(again);
        }
        if (spec.Linux.Namespace(NamespaceType.User) is not null)
        {
            steps.Add(new BecomeRoot());
        }
        return again;
    }

    // A document of --process decides alone, also for more than the container's own (docker's privileged exec); of what it does not speak
    // stays the container's. Without one, exec takes the container's process, and adds (R19, R24).
    private static Process ExecProcess(Process own, ExecOptions options)
    {
        if (options.Process is { } given)
        {
            return given with
            {
                Capabilities = given.Capabilities ?? own.Capabilities,
                Rlimits = given.Rlimits.Count > 0 ? given.Rlimits : own.Rlimits,
                OomScoreAdj = given.OomScoreAdj ?? own.OomScoreAdj,
                Scheduler = given.Scheduler ?? own.Scheduler,
                IoPriority = given.IoPriority ?? own.IoPriority,
                ExecCpuAffinity = given.ExecCpuAffinity ?? own.ExecCpuAffinity,
                ApparmorProfile = Given(given.ApparmorProfile) ?? own.ApparmorProfile,
                SelinuxLabel = Given(given.SelinuxLabel) ?? own.SelinuxLabel,
                User = given.User with { Umask = given.User.Umask ?? own.User.Umask },
            };
        }
        return own with
        {
            Args = options.Args,
            Env = [.. own.Env, .. options.Env],
            Cwd = options.Cwd ?? own.Cwd,
            Terminal = options.Terminal,
            NoNewPrivileges = own.NoNewPrivileges || options.NoNewPrivileges,
            ApparmorProfile = Given(options.ApparmorProfile) ?? own.ApparmorProfile,
            SelinuxLabel = Given(options.SelinuxLabel) ?? own.SelinuxLabel,
            Capabilities = WithMore(own.Capabilities, options.Capabilities),
            User = own.User with
            {
                Uid = options.Uid ?? own.User.Uid,
                Gid = options.Gid ?? own.User.Gid,
                AdditionalGids = [.. own.User.AdditionalGids, .. options.AdditionalGids],
            },
        };
    }

    private static string? Given(string? text) => text is { Length: > 0 } ? text : null;

    // Never to the inheritable set, and to the ambient one only what is in that already (CVE-2022-29162, CVE-2025-27612).
    private static CapabilitySets? WithMore(CapabilitySets? own, ulong more)
    {
        if (more == 0)
        {
            return own;
        }
        var sets = own ?? CapabilitySets.None;
        return new CapabilitySets(
            sets.Bounding | more, sets.Effective | more, sets.Permitted | more, sets.Inheritable, sets.Ambient | (more & sets.Inheritable));
    }
}
