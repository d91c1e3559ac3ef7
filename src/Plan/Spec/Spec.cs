using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

// What the user said: config.json as plain records with the specification's names. A property that is absent (or null) is null,
// an absent list is empty. Properties that SharpRun cannot honour yet have no place here: SpecReader answers them by name.

public sealed record Spec
{
    public required string OciVersion { get; init; }
    public required Root Root { get; init; }
    public Process? Process { get; init; }
    public string? Hostname { get; init; }
    public string? Domainname { get; init; }
    public IReadOnlyList<Mount> Mounts { get; init; } = [];
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();
    public Hooks Hooks { get; init; } = Hooks.None;
    public LinuxConfig Linux { get; init; } = new();
}

public sealed record Root(string Path, bool Readonly);

public sealed record Process
{
    public bool Terminal { get; init; }
    public ConsoleSize? ConsoleSize { get; init; }
    public User User { get; init; } = new();
    public IReadOnlyList<string> Args { get; init; } = [];
    public IReadOnlyList<string> Env { get; init; } = [];
    public required string Cwd { get; init; }
    /// <summary>Null: the object is absent, and every set is empty.</summary>
    public CapabilitySets? Capabilities { get; init; }
    public IReadOnlyList<Rlimit> Rlimits { get; init; } = [];
    public bool NoNewPrivileges { get; init; }
    public int? OomScoreAdj { get; init; }

    public Scheduler? Scheduler { get; init; }
    public IoPriority? IoPriority { get; init; }
    public ExecCpuAffinity? ExecCpuAffinity { get; init; }

    /// <summary>Null or empty: whatever the caller's own leads to.</summary>
    public string? ApparmorProfile { get; init; }
    public string? SelinuxLabel { get; init; }
}

/// <summary>In characters. Means nothing without a terminal.</summary>
public sealed record ConsoleSize(uint Height, uint Width);

public sealed record User
{
    public uint Uid { get; init; }
    public uint Gid { get; init; }
    public uint? Umask { get; init; }
    public IReadOnlyList<uint> AdditionalGids { get; init; } = [];
}

/// <summary>The five sets as bit masks (bit n = capability n of linux/capability.h); unknown names are left out with a warning.</summary>
public sealed record CapabilitySets(ulong Bounding, ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient)
{
    public static CapabilitySets None { get; } = new(0, 0, 0, 0, 0);
}

/// <summary>Resource is the kernel's number (RLIMIT_NOFILE = 7); Name the specification's word.</summary>
public sealed record Rlimit(string Name, int Resource, ulong Soft, ulong Hard)
{
    /// <summary>RLIMIT_DATA, RLIMIT_STACK, RLIMIT_AS: what the runtime itself would feel.</summary>
    public bool IsOnMemory => Resource is 2 or 3 or 9;
}

public sealed record Mount
{
    public required string Destination { get; init; }
    public string? Type { get; init; }
    public string? Source { get; init; }
    public IReadOnlyList<string> Options { get; init; } = [];
    public IReadOnlyList<IdMapping> UidMappings { get; init; } = [];
    public IReadOnlyList<IdMapping> GidMappings { get; init; } = [];

    /// <summary>Whether a word is among the options.</summary>
    internal bool Says(string word)
    {
        foreach (var option in Options)
        {
            if (option == word)
            {
                return true;
            }
        }
        return false;
    }
}

public sealed record LinuxConfig
{
    public IReadOnlyList<Namespace> Namespaces { get; init; } = [];
    public IReadOnlyList<IdMapping> UidMappings { get; init; } = [];
    public IReadOnlyList<IdMapping> GidMappings { get; init; } = [];
    public TimeOffsets? TimeOffsets { get; init; }
    public IReadOnlyList<Device> Devices { get; init; } = [];
    public string? CgroupsPath { get; init; }
    public Resources Resources { get; init; } = new();
    public string? RootfsPropagation { get; init; }
    public string? MountLabel { get; init; }

    /// <summary>LINUX or LINUX32.</summary>
    public string? Personality { get; init; }
    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = new Dictionary<string, string>();
    public IReadOnlyList<string> MaskedPaths { get; init; } = [];
    public IReadOnlyList<string> ReadonlyPaths { get; init; } = [];
    public SeccompConfig? Seccomp { get; init; }

    /// <summary>The namespace of this type, or null: the container stays in the caller's.</summary>
    public Namespace? Namespace(NamespaceType type)
    {
        foreach (var space in Namespaces)
        {
            if (space.Type == type)
            {
                return space;
            }
        }
        return null;
    }
}

public enum NamespaceType
{
    Pid, Network, Mount, Ipc, Uts, User, Cgroup, Time,
}

public static class NamespaceTypes
{
    /// <summary>The specification's word.</summary>
    public static string Word(this NamespaceType type) => type switch
    {
        NamespaceType.Pid => "pid",
        NamespaceType.Network => "network",
        NamespaceType.Mount => "mount",
        NamespaceType.Ipc => "ipc",
        NamespaceType.Uts => "uts",
        NamespaceType.User => "user",
        NamespaceType.Cgroup => "cgroup",
        _ => "time",
    };

    /// <summary>The kernel's CLONE_NEW flag (linux/sched.h).</summary>
    public static ulong Flag(this NamespaceType type) => type switch
    {
        NamespaceType.Pid => 0x2000_0000,
        NamespaceType.Network => 0x4000_0000,
        NamespaceType.Mount => 0x0002_0000,
        NamespaceType.Ipc => 0x0800_0000,
        NamespaceType.Uts => 0x0400_0000,
        NamespaceType.User => 0x1000_0000,
        NamespaceType.Cgroup => 0x0200_0000,
        _ => 0x80,
    };
}

/// <summary>Path is null for a new namespace.</summary>
public sealed record Namespace(NamespaceType Type, string? Path);

public sealed record IdMapping(uint ContainerId, uint HostId, uint Size);

/// <summary>What the container's clocks show more than the host's; null: nothing.</summary>
public sealed record TimeOffsets(TimeOffset? Monotonic, TimeOffset? Boottime);

public sealed record TimeOffset(long Secs, uint Nanosecs);

/// <summary>Type is 'c', 'b' or 'p' ('u' is read as 'c'). FileMode holds permission bits only.</summary>
public sealed record Device(char Type, string Path, uint Major, uint Minor, uint? FileMode, uint? Uid, uint? Gid);
