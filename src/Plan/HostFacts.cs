using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>What the planner may know of the machine, as data: read by Parent/FactsReader, or fixed in a snapshot test.</summary>
public sealed record HostFacts
{
    /// <summary>The kernel's version, such as 6.18; decides between a newer call and its fallback.</summary>
    public required KernelVersion Kernel { get; init; }

    /// <summary>The caller's effective uid and gid, and whether it stands in a user namespace other than the first.</summary>
    public uint Euid { get; init; }
    public uint Egid { get; init; }
    public bool InUserNamespace { get; init; }

    /// <summary>False: the caller is an ordinary user to whom no cgroup was delegated, so that none can be made beside its own.</summary>
    public bool MayMakeCgroups { get; init; } = true;

    /// <summary>The number of the newest capability, /proc/sys/kernel/cap_last_cap (40 since 5.9).</summary>
    public int LastCapability { get; init; } = 40;

    public CgroupLayout CgroupLayout { get; init; }

    /// <summary>Read only when systemd is to make the cgroup.</summary>
    public SystemdFacts? Systemd { get; init; }

    /// <summary>Every mounted hierarchy, in the order of /proc/self/cgroup. In v2 exactly one, with no controllers named.</summary>
    public IReadOnlyList<CgroupHierarchy> Hierarchies { get; init; } = [];
}

public readonly record struct KernelVersion(int Major, int Minor)
{
    public bool AtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);

    public override string ToString() => $"{Major}.{Minor}";
}

public enum CgroupLayout
{
    None, V1, Hybrid, V2,
}

/// <summary>One hierarchy: its controllers ("cpu,cpuacct", "name=systemd", or "" for cgroup2), where it is mounted, and the caller's own
/// group in it as /proc/self/cgroup says ("/user.slice").</summary>
public sealed record CgroupHierarchy(string Controllers, string MountPoint, string OwnPath);
