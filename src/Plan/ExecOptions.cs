using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>The words of `exec`, checked and made absolute by the Cli, and what is known of the container that it goes into.</summary>
public sealed record ExecOptions
{
    public required string Id { get; init; }

    /// <summary>Absolute; the directory that holds the containers' state.</summary>
    public required string StateRoot { get; init; }

    /// <summary>The document of --process, which then decides alone; null: the container's own process, changed by what follows.</summary>
    public Process? Process { get; init; }

    public IReadOnlyList<string> Args { get; init; } = [];
    public IReadOnlyList<string> Env { get; init; } = [];
    public string? Cwd { get; init; }
    public uint? Uid { get; init; }
    public uint? Gid { get; init; }
    public IReadOnlyList<uint> AdditionalGids { get; init; } = [];

    /// <summary>Bit n = capability n.</summary>
    public ulong Capabilities { get; init; }

    /// <summary>Null or empty: the container's own.</summary>
    public string? ApparmorProfile { get; init; }
    public string? SelinuxLabel { get; init; }

    public bool NoNewPrivileges { get; init; }
    public bool Terminal { get; init; }

    /// <summary>--cgroup, as given: groups below the container's own.</summary>
    public IReadOnlyList<string> Subgroups { get; init; } = [];

    /// <summary>Absolute, or null.</summary>
    public string? PidFile { get; init; }

    /// <summary>Where the terminal's other side is sent, and a pidfd of the program; absolute, or null.</summary>
    public string? ConsoleSocket { get; init; }
    public string? PidFdSocket { get; init; }

    /// <summary>How many descriptors from 3 on the program inherits.</summary>
    public int PreservedDescriptors { get; init; }

    public bool Detach { get; init; }
    public bool IgnorePaused { get; init; }

    /// <summary>The container's groups, or those below; null: it has none of its own.</summary>
    public CgroupPlan? Cgroup { get; init; }

    /// <summary>The container was created with --no-new-keyring.</summary>
    public bool KeepsKeyring { get; init; }
}
