using System.Collections.Generic;

namespace SharpRun.Oci;

/// <summary>Where a content is found and how it is verified (image-spec, descriptor.md). Size in bytes, never negative.</summary>
public sealed record Descriptor(string MediaType, Digest Digest, long Size)
{
    public Platform? Platform { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public string? ArtifactType { get; init; }
}
