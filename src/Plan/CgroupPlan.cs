using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>The container's group in every hierarchy, and what is written there: all decided, nothing read from the machine.</summary>
public sealed record CgroupPlan
{
    public required CgroupLayout Layout { get; init; }

    /// <summary>One directory a hierarchy, absolute: "/sys/fs/cgroup/memory/docker/c1".</summary>
    public required IReadOnlyList<CgroupDirectory> Directories { get; init; }

    /// <summary>The values in the order in which they are written, after the directories exist.</summary>
    public required IReadOnlyList<CgroupWrite> Writes { get; init; }

    /// <summary>The device list with the runtime's own default rules added; null: devices are left alone (no list was given).</summary>
    public IReadOnlyList<DeviceRule>? DeviceRules { get; init; }
}

/// <summary>MountPoint + Path is the directory; Controllers as in <see cref="CgroupHierarchy"/>.</summary>
public sealed record CgroupDirectory(string Controllers, string MountPoint, string Path)
{
    public string FullPath => MountPoint + Path;
}

/// <summary>One value for one file of one directory (an index into Directories). JsonPath names the property that asked for it.</summary>
public sealed record CgroupWrite(int Directory, string File, string Value, string JsonPath);
