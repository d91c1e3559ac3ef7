using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

public static partial class Planner
{
    /// <summary>Where the container's groups are and what is written there; null when the machine has no cgroups, or none is wanted.</summary>
    internal static CgroupPlan? Cgroups(Spec spec, string id, HostFacts host, CgroupManager manager = CgroupManager.Cgroupfs)
    {
        var resources = spec.Linux.Resources;
        var unit = manager == CgroupManager.Systemd ? Unit(spec.Linux.CgroupsPath, id, host.Systemd!) : null;
        var isDisabled = manager == CgroupManager.Disabled;
        // Without permission an ordinary user's container stays in its caller's group; a path that it names is tried.
        var isDenied = unit is null && !host.MayMakeCgroups && string.IsNullOrEmpty(spec.Linux.CgroupsPath);
        var layout = isDenied || isDisabled ? CgroupLayout.None : host.CgroupLayout;
        var directories = unit is not null ? UnitDirectories(unit, host)
            : layout == CgroupLayout.None ? [] : CgroupDirectories(spec.Linux.CgroupsPath, id, host);
        var writes = new List<CgroupWrite>(24);
        var limits = new CgroupLimits(layout, directories, writes) { IsDenied = isDenied, IsDisabled = isDisabled };
        var devices = isDisabled ? null : DeviceRules(resources.Devices, host, limits);
        limits.Plan(resources);
        if (layout == CgroupLayout.None)
        {
            return null;
        }
        var plan = new CgroupPlan
        {
            Layout = layout,
            Directories = directories,
            Writes = writes,
            DeviceRules = devices,
            Owner = CgroupOwner(spec, host, layout),
            Warnings = limits.Warnings,
        };
        return unit is null ? plan : plan with { Unit = WithProperties(unit, spec, id, plan, host) };
    }

    /// <summary>What `update` writes into the groups of a container, on top of what is there. Never the device list: kubelet sends "deny all"
    /// with every update, and means nothing by it.</summary>
    public static CgroupPlan Update(Resources resources, CgroupPlan groups, PresentLimits present)
    {
        SpecRules.CheckUpdate(resources);
        var writes = new List<CgroupWrite>(8);
        var limits = new CgroupLimits(groups.Layout, groups.Directories, writes) { Present = present };
        limits.Plan(resources);
        return groups with { Writes = writes, Warnings = limits.Warnings };
    }

    // Runtime specification, "Cgroup ownership": who runs the program may divide its group further, if it sees that group, and may write there.
    static uint? CgroupOwner(Spec spec, HostFacts host, CgroupLayout layout)
    {
        if (layout != CgroupLayout.V2 || host.Euid != 0 || spec.Linux.Namespace(NamespaceType.User) is not { Path: null }
            || spec.Linux.Namespace(NamespaceType.Cgroup) is not { Path: null } || !HasWritableCgroups(spec))
        {
            return null;
        }
        var user = spec.Process!.User.Uid;
        foreach (var mapping in spec.Linux.UidMappings)
        {
            if (user >= mapping.ContainerId && user - mapping.ContainerId < mapping.Size)
            {
                return mapping.HostId + (user - mapping.ContainerId);
            }
        }
        return null;
    }

    static bool HasWritableCgroups(Spec spec)
    {
        foreach (var mount in spec.Mounts)
        {
            if (mount.Type is "cgroup" or "cgroup2" && ContainerPath.Clean(mount.Destination) == "/sys/fs/cgroup")
            {
                var isReadonly = false;
                foreach (var option in mount.Options)
                {
                    isReadonly = option is "ro" or "rro" || (isReadonly && option is not ("rw" or "rrw"));
                }
                return !isReadonly;
            }
        }
        return false;
    }

    // Where no group is wanted, the container is in its caller's, and a mount of cgroups shows that one.
    private static CgroupPlan? CallersCgroup(HostFacts host, CreateOptions options)
    {
        if (options.CgroupManager != CgroupManager.Disabled || host.CgroupLayout == CgroupLayout.None)
        {
            return null;
        }
        var directories = new CgroupDirectory[host.Hierarchies.Count];
        for (var i = 0; i < directories.Length; i++)
        {
            var (controllers, mountPoint, own) = host.Hierarchies[i];
            directories[i] = new CgroupDirectory(controllers, mountPoint, own.StartsWith("/..", StringComparison.Ordinal) ? "" : own.TrimEnd('/'));
        }
        return new CgroupPlan { Layout = host.CgroupLayout, Directories = directories, Writes = [] };
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
