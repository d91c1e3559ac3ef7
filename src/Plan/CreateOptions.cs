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

    public bool NoNewKeyring { get; init; }
    public bool Detach { get; init; }
    public bool Keep { get; init; }
}
