using System.Collections.Generic;
using SharpRun.Oci;

namespace SharpRun.Image.Build;

/// <summary>What the command line says of a build. Paths are absolute.</summary>
sealed record BuildOptions
{
    public required string Context { get; init; }

    public required string Dockerfile { get; init; }

    /// <summary>Under which the image stands in the store.</summary>
    public required IReadOnlyList<ImageName.Bare> Tags { get; init; }

    public required IReadOnlyDictionary<string, string> Arguments { get; init; }

    /// <summary>A stage's name or number; null: the last one.</summary>
    public string? Target { get; init; }

    /// <summary>Nothing is taken from the cache; what is made is put there all the same.</summary>
    public bool IgnoresCache { get; init; }

    /// <summary>RUN has the host's network; else a namespace with nothing in it but loopback.</summary>
    public bool HasNetwork { get; init; } = true;

    /// <summary>The runtime; null: sharprun beside our own program, then in PATH.</summary>
    public string? Runtime { get; init; }

    /// <summary>The cgroup below which RUN's containers have theirs; null: the runtime's choice.</summary>
    public string? Cgroup { get; init; }

    /// <summary>For warnings.</summary>
    public bool IsQuiet { get; init; }
}
