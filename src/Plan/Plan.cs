using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace SharpRun.Planning;

/// <summary>Everything that create will do, decided: printable, compared with a snapshot, nothing of the machine touched.</summary>
public sealed record Plan
{
    public required string Id { get; init; }

    /// <summary>Whose plan it is, for the error of a death.</summary>
    public string Who { get; init; } = "container init";

    /// <summary>Where the parent runs from before the clone on, and so the child in the beginning; null: where it is.</summary>
    public CpuList? InitialCpus { get; init; }

    /// <summary>The namespaces that clone3 makes at once; a cgroup namespace on v1 and a time namespace are steps.</summary>
    public required CloneFlags CloneFlags { get; init; }

    /// <summary>All that the container has of its own, by the first clone or by a later one.</summary>
    public CloneFlags OwnNamespaces => Again?.Flags ?? CloneFlags;

    /// <summary>Set when the container's init is a second clone, made by a process that has joined namespaces first.</summary>
    public CloneAgain? Again { get; init; }

    /// <summary>What the parent opens, and looks at, before anything is changed; the steps name each by its slot.</summary>
    public IReadOnlyList<JoinNamespace> Joins { get; init; } = [];

    /// <summary>Null: no new user namespace.</summary>
    public IdMaps? IdMaps { get; init; }

    public required IReadOnlyList<Step> Steps { get; init; }

    /// <summary>mount_setattr(2), from 5.12 on; before, a bind is attached and then remounted by descriptor.</summary>
    public required bool HasMountSetAttr { get; init; }

    /// <summary>Null: the machine has no cgroups, or the caller wants none.</summary>
    public CgroupPlan? Cgroup { get; init; }

    /// <summary>exec: the groups that are there, and where the process goes; null for create.</summary>
    public CgroupPlan? JoinedCgroup { get; init; }

    public int? OomScoreAdj { get; init; }

    /// <summary>Those that the parent runs; the others are steps too.</summary>
    public Hooks Hooks { get; init; } = Hooks.None;

    /// <summary>The lines of `sharprun plan`.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var line = CultureInfo.InvariantCulture;
        text.Append(line, $"container {Id}\n");
        if (Cgroup is { } cgroup)
        {
            DescribeCgroup(text, cgroup);
        }
        if (InitialCpus is { } cpus)
        {
            text.Append(line, $"parent: run on CPUs {cpus}\n");
        }
        text.Append(line, $"parent: clone {Describe(CloneFlags)}\n");
        IdMaps?.Describe(text);
        if (OomScoreAdj is { } score)
        {
            text.Append(line, $"parent: set oom_score_adj {score}\n");
        }
        if (!HasMountSetAttr)
        {
            text.Append("mount attributes by remount (no mount_setattr before 5.12)\n");
        }
        DescribeHooks(text, HookKind.Prestart, HookKind.CreateRuntime);
        for (var i = 0; i < Steps.Count; i++)
        {
            text.Append(line, $"{i,3}  {Steps[i].Text}\n");
        }
        DescribeHooks(text, HookKind.Poststart, HookKind.Poststop);
        return text.ToString();
    }

    private void DescribeHooks(StringBuilder text, params ReadOnlySpan<HookKind> kinds)
    {
        foreach (var kind in kinds)
        {
            var hooks = Hooks.Of(kind);
            for (var i = 0; i < hooks.Count; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"parent: run {kind.Word()} hook #{i} {hooks[i].Path}\n");
            }
        }
    }

    public static string Describe(CloneFlags flags) =>
        flags == CloneFlags.None ? "without a new namespace" : "with new " + flags.ToString().ToLowerInvariant().Replace(",", "", StringComparison.Ordinal) + " namespaces";

    private static void DescribeCgroup(StringBuilder text, CgroupPlan cgroup)
    {
        var line = CultureInfo.InvariantCulture;
        if (cgroup.Unit is { } unit)
        {
            text.Append(line, $"parent: start systemd unit {unit.Name}{(unit.IsUsers ? " of the user" : "")} in {unit.Slice}\n");
            foreach (var property in unit.Properties)
            {
                text.Append(line, $"parent: set {property.Name} to {property.Value}{(property.JsonPath.Length == 0 ? "" : $" ({property.JsonPath})")}\n");
            }
        }
        foreach (var directory in cgroup.Directories)
        {
            text.Append(line, $"parent: make cgroup {directory.FullPath}\n");
        }
        foreach (var write in cgroup.Writes)
        {
            var otherwise = write.Otherwise is { } other ? $", or {other.Value} to {other.File}" : "";
            text.Append(line, $"parent: write {write.Value} to {cgroup.Directories[write.Directory].FullPath}/{write.File}{otherwise} ({write.JsonPath})\n");
        }
        if (cgroup.Owner is { } owner)
        {
            text.Append(line, $"parent: give the cgroup to uid {owner}\n");
        }
        // On v1 the list is among the writes.
        foreach (var rule in cgroup.Layout == CgroupLayout.V2 ? cgroup.DeviceRules ?? [] : [])
        {
            var major = rule.Major?.ToString(line) ?? "*";
            var minor = rule.Minor?.ToString(line) ?? "*";
            text.Append(line, $"parent: {(rule.Allow ? "allow" : "deny")} device {rule.Type} {major}:{minor} {rule.Access.ToString().ToLowerInvariant()}\n");
        }
    }
}

/// <summary>The namespace flags of clone(2), linux/sched.h.</summary>
[Flags]
public enum CloneFlags : ulong
{
    None = 0,
    Mount = 0x00020000,
    Cgroup = 0x02000000,
    Uts = 0x04000000,
    Ipc = 0x08000000,
    User = 0x10000000,
    Pid = 0x20000000,
    Network = 0x40000000,
}
