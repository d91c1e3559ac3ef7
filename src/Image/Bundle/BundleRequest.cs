using System.Collections.Generic;
using SharpRun.LayerTar;

namespace SharpRun.Image.Bundle;

/// <summary>Ids of the container from Container on are those of the host from Host on.</summary>
readonly record struct IdMap(uint Container, uint Host, uint Count);

/// <summary>What the caller wants of a bundle beside what the image says. Null and empty: nothing.</summary>
sealed record BundleRequest
{
    /// <summary>Absolute; null: "rootfs" in the bundle.</summary>
    public string? Rootfs { get; init; }

    /// <summary>A network namespace to join; null: a new one, with nothing but lo.</summary>
    public string? NetworkNamespace { get; init; }

    /// <summary>The file with the names of the containers in its network, for /etc/hosts; null: one in the bundle.</summary>
    public string? HostsFile { get; init; }

    /// <summary>No network namespace at all: the host's interfaces (RUN of a build).</summary>
    public bool HasHostNetwork { get; init; }

    public bool HasTerminal { get; init; }

    public string? User { get; init; }

    public string? WorkingDirectory { get; init; }

    /// <summary>"K=V", or "K" for the caller's value.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public IReadOnlyList<BindMount> Mounts { get; init; } = [];

    /// <summary>Bytes.</summary>
    public long? Memory { get; init; }

    public decimal? Cpus { get; init; }

    /// <summary>Null: without a limit.</summary>
    public long? Pids { get; init; }

    public bool IsReadOnly { get; init; }

    public string? HostName { get; init; }

    public IReadOnlyList<string> CapabilitiesToAdd { get; init; } = [];

    public IReadOnlyList<string> CapabilitiesToDrop { get; init; } = [];

    public bool IsPrivileged { get; init; }

    /// <summary>Null: none.</summary>
    public SeccompProfile? Seccomp { get; init; } = SeccompProfile.Parse(DockerProfile.Json, "docker's profile");

    public string? Cgroup { get; init; }

    /// <summary>In the place of the image's Cmd; null: that.</summary>
    public IReadOnlyList<string>? Arguments { get; init; }

    /// <summary>A user namespace, when there are any.</summary>
    public IReadOnlyList<IdMap> UidMaps { get; init; } = [];

    public IReadOnlyList<IdMap> GidMaps { get; init; } = [];
}
