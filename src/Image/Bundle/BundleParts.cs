using System.Collections.Generic;

namespace SharpRun.Image.Bundle;

/// <summary>Everything that config.json is written from, found out beforehand. Sources of mounts are absolute, or below the bundle.</summary>
sealed record BundleParts
{
    public required BundleRequest Request { get; init; }

    public required HostFacts Host { get; init; }

    public required ImageUser User { get; init; }

    /// <summary>Never empty.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyList<string> Environment { get; init; }

    public required string WorkingDirectory { get; init; }

    public required string HostName { get; init; }

    public required IReadOnlyList<string> Capabilities { get; init; }

    /// <summary>Beside those that every container has, in the order of mounting.</summary>
    public required IReadOnlyList<BindMount> Mounts { get; init; }

    public required IReadOnlyDictionary<string, string> Annotations { get; init; }

    /// <summary>The host's, when they are given to the container.</summary>
    public IReadOnlyList<DeviceNode> Devices { get; init; } = [];
}

/// <summary>A node of the host's /dev. Kind is 'c' or 'b'; mode has the permissions alone.</summary>
sealed record DeviceNode(string Path, char Kind, uint Major, uint Minor, uint Mode, uint Uid, uint Gid);
