using System;
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

    /// <summary>systemd makes the groups, and moves the container's init there; null: the runtime makes them.</summary>
    public SystemdUnit? Unit { get; init; }

    /// <summary>The device list with the runtime's own default rules added; null: devices are left alone (no list was given).</summary>
    public IReadOnlyList<DeviceRule>? DeviceRules { get; init; }

    /// <summary>The host's uid to which the group is given, on v2; null: it stays the creator's.</summary>
    public uint? Owner { get; init; }

    /// <summary>What was asked for and has no counterpart in this version of cgroups: whole sentences.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}

/// <summary>MountPoint + Path is the directory; Controllers as in <see cref="CgroupHierarchy"/>.</summary>
public sealed record CgroupDirectory(string Controllers, string MountPoint, string Path)
{
    public string FullPath => MountPoint + Path;

    /// <summary>Whether "cpu,cpuacct" has "cpu": by whole words. Nothing on cgroup2, whose directories tell themselves what they have.</summary>
    public bool Has(string controller)
    {
        foreach (var word in Controllers.AsSpan().Split(','))
        {
            if (Controllers.AsSpan(word).SequenceEqual(controller))
            {
                return true;
            }
        }
        return false;
    }
}

/// <summary>One value for one file of one directory (an index into Directories). JsonPath names the property that asked for it.</summary>
public sealed record CgroupWrite(int Directory, string File, string Value, string JsonPath)
{
    /// <summary>Where the file is not there, this one of the same directory has the same meaning, perhaps in another scale.</summary>
    public CgroupValue? Otherwise { get; init; }

    /// <summary>Where the file is not there, there is nothing to limit either.</summary>
    public bool IsOptional { get; init; }

    /// <summary>In a file with a line a device: what takes this one's line away again.</summary>
    public string? Reset { get; init; }
}

public sealed record CgroupValue(string File, string Value);

/// <summary>What an update has to know of the group as it is.</summary>
/// <param name="Memory">The memory limit in bytes, long.MaxValue for none.</param>
/// <param name="MemoryUsage">In bytes.</param>
/// <param name="Quota">Of processor time, in microseconds; "max" for none, as cpu.max says it.</param>
/// <param name="Period">The second word of cpu.max.</param>
public sealed record PresentLimits(long Memory, long MemoryUsage, string Quota, string Period)
{
    /// <summary>cpu.idle is 1.</summary>
    public bool IsIdle { get; init; }
}
