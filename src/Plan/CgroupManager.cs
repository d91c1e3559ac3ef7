using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>Who makes the container's cgroup.</summary>
public enum CgroupManager
{
    /// <summary>The runtime itself.</summary>
    Cgroupfs,

    /// <summary>systemd, by a transient unit.</summary>
    Systemd,

    /// <summary>Nobody: the container stays in its caller's.</summary>
    Disabled,
}

/// <summary>What systemd says of itself: the first number of its version (252), and the group that it lives in ("" on a machine of its own,
/// "/user.slice/user-1000.slice/user@1000.service" for the manager of a user).</summary>
public sealed record SystemdFacts(int Version, string ControlGroup)
{
    /// <summary>The manager of the caller's login session, not the machine's.</summary>
    public bool IsUsers { get; init; }
}

/// <summary>The transient unit that systemd makes for a container; the container's groups are the unit's.</summary>
public sealed record SystemdUnit(string Name, string Slice)
{
    public bool IsUsers { get; init; }

    /// <summary>All but PIDs, which nobody knows yet.</summary>
    public IReadOnlyList<UnitProperty> Properties { get; init; } = [];

    /// <summary>A slice takes no process by systemd's hand: the container's init goes there by itself.</summary>
    public bool IsSlice => Name.EndsWith(".slice", System.StringComparison.Ordinal);
}

/// <summary>Value is written as text, with its type where that is not plain (src/DBus/ValueText.cs): "uint64 67108864". JsonPath names what
/// in config.json asked for it, or is "".</summary>
public readonly record struct UnitProperty(string Name, string Value, string JsonPath);
