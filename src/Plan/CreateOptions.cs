namespace SharpRun.Planning;

/// <summary>The words of `create` and `run`, checked and made absolute by the Cli.</summary>
public sealed record CreateOptions
{
    public required string Id { get; init; }

    /// <summary>Absolute.</summary>
    public required string Bundle { get; init; }

    /// <summary>Absolute; the directory that holds the containers' state.</summary>
    public required string StateRoot { get; init; }

    /// <summary>Another file in place of the bundle's config.json, absolute, or null.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Absolute, or null.</summary>
    public string? PidFile { get; init; }

    public CgroupManager CgroupManager { get; init; }

    public bool NoNewKeyring { get; init; }

    /// <summary>chroot in place of pivot_root.</summary>
    public bool NoPivot { get; init; }

    /// <summary>Where the terminal's other side is sent, and a pidfd of init; as given, or null.</summary>
    public string? ConsoleSocket { get; init; }
    public string? PidFdSocket { get; init; }

    /// <summary>How many descriptors from 3 on the container inherits: those of a socket activation first.</summary>
    public int PreservedDescriptors { get; init; }

    /// <summary>Of these, how many come from a socket activation (LISTEN_FDS), and their names.</summary>
    public int ListenDescriptors { get; init; }
    public string? ListenNames { get; init; }

    /// <summary>The caller has a NOTIFY_SOCKET: the container gets one of its own, whose word is passed on.</summary>
    public bool HasNotifySocket { get; init; }

    /// <summary>Nobody of ours stays: create, and run --detach.</summary>
    public bool Detach { get; init; }
    public bool Keep { get; init; }
}
