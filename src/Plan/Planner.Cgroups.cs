using System;
using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.Planning;

public static partial class Planner
{
    /// <summary>Where the container's groups are and what is written there; null when the machine has no cgroups.</summary>
    internal static CgroupPlan? Cgroups(Spec spec, string id, HostFacts host)
    {
        var resources = spec.Linux.Resources;
        // Without permission an ordinary user's container stays in its caller's group; a path that it names is tried.
        var isDenied = !host.MayMakeCgroups && string.IsNullOrEmpty(spec.Linux.CgroupsPath);
        var layout = isDenied ? CgroupLayout.None : host.CgroupLayout;
        var directories = layout == CgroupLayout.None ? [] : CgroupDirectories(spec.Linux.CgroupsPath, id, host);
        var writes = new List<CgroupWrite>(24);
        var limits = new CgroupLimits(layout, directories, writes) { IsDenied = isDenied };
        var devices = DeviceRules(resources.Devices, host, limits);
        limits.Memory(resources.Memory);
        limits.Cpu(resources.Cpu);
        limits.Pids(resources.PidsLimit);
        return layout == CgroupLayout.None
            ? null
            : new CgroupPlan { Layout = layout, Directories = directories, Writes = writes, DeviceRules = devices };
    }

    // cli-contract section 13. An absolute path starts at each mount point. A relative one (and the id, when there is no path) starts at the
    // caller's own group on v1, and beside it on v2, where a group with processes in it cannot hand controllers to groups below.
    // That the path has no ".." is a rule of its own (SpecRules), and openat2 would refuse it again.
    static CgroupDirectory[] CgroupDirectories(string? path, string id, HostFacts host)
    {
        path = string.IsNullOrEmpty(path) ? id : path;
        var tail = new System.Text.StringBuilder(path.Length + 1);
        foreach (var component in path.Split('/'))
        {
            if (component is not ("" or "."))
            {
                tail.Append('/').Append(component);
            }
        }
        if (tail.Length == 0)
        {
            throw new SpecError("linux.cgroupsPath", $"\"{path}\" is a whole hierarchy, which cannot be the cgroup of one container");
        }
        var directories = new CgroupDirectory[host.Hierarchies.Count];
        for (var i = 0; i < directories.Length; i++)
        {
            var hierarchy = host.Hierarchies[i];
            var start = path[0] == '/' ? "" : StartOfRelative(hierarchy, host.CgroupLayout);
            directories[i] = new CgroupDirectory(hierarchy.Controllers, hierarchy.MountPoint, start + tail);
        }
        return directories;
    }

    static string StartOfRelative(CgroupHierarchy hierarchy, CgroupLayout layout)
    {
        var own = hierarchy.OwnPath;
        if (own.StartsWith("/..", StringComparison.Ordinal))
        {
            throw new SpecError("linux.cgroupsPath",
                $"an absolute path is needed: a relative one starts at the caller's own cgroup, and {own} is outside of this cgroup namespace");
        }
        return layout == CgroupLayout.V2 ? own[..own.LastIndexOf('/')] : own.TrimEnd('/');
    }

    // As runc does, an absent or empty list means the same as "deny all": a container gets the default devices and what its list adds,
    // never every device because nobody spoke of them. (`sharprun spec`, ctr, docker and podman all write "deny all" first;
    // a privileged container's list says "allow all".) The defaults come last, so no list can take them away: docker's lacks
    // full, ptmx and pts, podman's has nothing at all.
    static List<DeviceRule>? DeviceRules(IReadOnlyList<DeviceRule> list, HostFacts host, CgroupLimits limits)
    {
        if (host.InUserNamespace || host.Euid != 0)
        {
            // The kernel takes neither kind of list from a user namespace or an ordinary user; nor can a device node be made or used there that was not before.
            return null;
        }
        var rules = new List<DeviceRule>(list.Count + DeviceFilter.Defaults.Length);
        rules.AddRange(list);
        rules.AddRange(DeviceFilter.Defaults);
        if (host.CgroupLayout == CgroupLayout.V2)
        {
            return rules;
        }
        var writes = DeviceFilter.Writes(rules, list.Count);
        if (!limits.Has("devices"))
        {
            // Only a list that ends in "everything" is honoured by doing nothing; so is an absent one where there are no cgroups at all.
            var nothingToDo = writes is [{ File: DeviceFilter.AllowFile, Value: DeviceFilter.Everything }];
            return nothingToDo || (list.Count == 0 && host.CgroupLayout == CgroupLayout.None)
                ? null
                : throw limits.Missing("linux.resources.devices", "devices");
        }
        foreach (var write in writes)
        {
            limits.Write("devices", write.File, write.Value, write.JsonPath);
        }
        return rules;
    }
}

/// <summary>The table "property → file" for both versions (features.md section 4), as writes in an order that a fresh group takes.</summary>
sealed class CgroupLimits(CgroupLayout layout, IReadOnlyList<CgroupDirectory> directories, List<CgroupWrite> writes)
{
    const string Max = "max";
    readonly bool _v2 = layout == CgroupLayout.V2;

    /// <summary>The caller may make no group.</summary>
    public bool IsDenied { get; init; }

    public void Memory(Memory? memory)
    {
        const string path = "linux.resources.memory.";
        // Zero is docker's "not given", in all three.
        var limit = memory?.Limit ?? 0;
        var reservation = memory?.Reservation ?? 0;
        var swap = memory?.Swap ?? 0;
        if (limit != 0)
        {
            Write("memory", _v2 ? "memory.max" : "memory.limit_in_bytes", Bytes(limit), path + "limit");
        }
        if (_v2 && (swap != 0 || limit == -1))
        {
            // v1 limits memory and swap together, v2 swap alone. No limit of memory means none of swap either, unless swap is given.
            Write("memory", "memory.swap.max", swap > 0 ? Bytes(swap - limit) : Max, path + (swap != 0 ? "swap" : "limit"));
        }
        else if (!_v2 && swap != 0)
        {
            // After the memory limit: memsw may never be below it (EINVAL).
            Write("memory", "memory.memsw.limit_in_bytes", Bytes(swap), path + "swap");
        }
        if (reservation != 0)
        {
            Write("memory", _v2 ? "memory.low" : "memory.soft_limit_in_bytes", Bytes(reservation), path + "reservation");
        }
    }

    public void Cpu(Cpu? cpu)
    {
        const string path = "linux.resources.cpu.";
        if (cpu?.Shares is { } shares and > 0)
        {
            Write("cpu", _v2 ? "cpu.weight" : "cpu.shares", Text(_v2 ? Weight(shares) : shares), path + "shares");
        }
        Bandwidth(cpu?.Quota ?? 0, cpu?.Period ?? 0, path);
        if (cpu?.Cpus is { Length: > 0 } cpus)
        {
            Write("cpuset", "cpuset.cpus", cpus, path + "cpus");
        }
        if (cpu?.Mems is { Length: > 0 } mems)
        {
            Write("cpuset", "cpuset.mems", mems, path + "mems");
        }
    }

    void Bandwidth(long quota, ulong period, string path)
    {
        const ulong usualPeriod = 100_000;
        if (_v2 && (quota != 0 || period != 0))
        {
            var share = quota > 0 ? Text((ulong)quota) : Max;
            Write("cpu", "cpu.max", $"{share} {Text(period == 0 ? usualPeriod : period)}", path + (quota != 0 ? "quota" : "period"));
            return;
        }
        // The period first: a quota is checked against the period of the moment, and a fresh group has none to be checked.
        if (period != 0)
        {
            Write("cpu", "cpu.cfs_period_us", Text(period), path + "period");
        }
        if (quota != 0)
        {
            Write("cpu", "cpu.cfs_quota_us", quota > 0 ? Text((ulong)quota) : "-1", path + "quota");
        }
    }

    public void Pids(long? limit)
    {
        if (limit is { } count)
        {
            // With a limit of 0 the first process could not be born in the group (clone3 says EAGAIN), and once it is there, 0 and 1
            // are the same: no process more.
            Write("pids", "pids.max", count < 0 ? Max : Text((ulong)Math.Max(count, 1)), "linux.resources.pids.limit");
        }
    }

    /// <summary>cpu.shares (2 to 262144, usually 1024) → cpu.weight (1 to 10000, usually 100): the curve through these three points
    /// that runc and crun have used since 2025; the straight line before it turned 1024 into 39.</summary>
    public static ulong Weight(ulong shares)
    {
        if (shares <= 2)
        {
            return 1;
        }
        if (shares >= 262_144)
        {
            return 10_000;
        }
        var log = Math.Log2(shares);
        return (ulong)Math.Ceiling(Math.Pow(10, (log * log + 125 * log) / 612 - 7.0 / 34));
    }

    /// <summary>Whether a limit of this controller can be written. On v2 only the parent knows: it reads cgroup.controllers before it makes
    /// anything.</summary>
    public bool Has(string controller) => IndexOf(controller) >= 0;

    public SpecError Missing(string jsonPath, string controller) => new(jsonPath, IsDenied
        ? "rootless needs no limits + no cgrouppath when no permission is granted for cgroups"
        : layout == CgroupLayout.None
        ? "this machine has no cgroups to limit anything with"
        : $"the cgroup controller \"{controller}\" is not mounted on this machine");

    public void Write(string controller, string file, string value, string jsonPath)
    {
        var directory = IndexOf(controller);
        if (directory < 0)
        {
            throw Missing(jsonPath, controller);
        }
        writes.Add(new CgroupWrite(directory, file, value, jsonPath));
    }

    int IndexOf(string controller)
    {
        for (var i = 0; i < directories.Count; i++)
        {
            if (_v2 || IsListed(directories[i].Controllers, controller))
            {
                return i;
            }
        }
        return -1;
    }

    /// <summary>Whether "cpu,cpuacct" has "cpu": by whole words.</summary>
    static bool IsListed(ReadOnlySpan<char> controllers, string controller)
    {
        foreach (var word in controllers.Split(','))
        {
            if (controllers[word].SequenceEqual(controller))
            {
                return true;
            }
        }
        return false;
    }

    string Bytes(long value) => value >= 0 ? Text((ulong)value) : _v2 ? Max : "-1";

    static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
