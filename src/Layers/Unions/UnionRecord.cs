using System;
using System.Collections.Generic;
using SharpRun.Layers.Drivers;
using SharpRun.Oci;

namespace SharpRun.Layers.Unions;

/// <summary>record.json: what a union is made of, and where it was mounted last. Either chain ids or absolute directories, the lowest first.</summary>
sealed record UnionRecord(DriverKind Driver, IReadOnlyList<Digest> Chain, IReadOnlyList<string> Lower, DateTimeOffset Created)
{
    /// <summary>Absolute; null: not mounted. Written before the mount and taken out after the unmount, so that a killed call leaves it too often rather
    /// than not at all.</summary>
    public string? Target { get; init; }

    /// <summary>Of the boot in which <see cref="Target"/> was written; in another one nothing is mounted any more.</summary>
    public string? BootId { get; init; }
}
