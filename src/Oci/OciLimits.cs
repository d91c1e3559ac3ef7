namespace SharpRun.Oci;

/// <summary>How much a hostile document may say. Each is far beyond what honest ones have.</summary>
public static class OciLimits
{
    /// <summary>Bytes of a manifest or index; distribution-spec, "Pushing Manifests", asks registries to take 4 MiB.</summary>
    public const int MaxManifestLength = 4 * 1024 * 1024;

    /// <summary>Bytes of an image config: its history has a line for every instruction.</summary>
    public const int MaxConfigLength = 8 * 1024 * 1024;

    /// <summary>Bytes of a layout's index.json, which lists all images of a store.</summary>
    public const int MaxIndexFileLength = 64 * 1024 * 1024;

    /// <summary>Layers of a manifest, and diff ids of a config. Overlay mounts 500 of them, docker 127.</summary>
    public const int MaxLayers = 4096;

    /// <summary>An index within an index within …: whoever walks them stops here. In the field there are two.</summary>
    public const int MaxIndexDepth = 8;

    /// <summary>Bytes of a blob, 1 PiB: so many layers of that size have a sum that fits into 64 bits.</summary>
    public const long MaxBlobSize = 1L << 50;

    /// <summary>Characters of a media type (RFC 6838, section 4.2: two names of 127 and the slash).</summary>
    public const int MaxMediaTypeLength = 255;

    /// <summary>Characters of a WWW-Authenticate header.</summary>
    public const int MaxChallengeLength = 16 * 1024;

    /// <summary>Bytes of an error's body that are looked at.</summary>
    public const int MaxErrorLength = 64 * 1024;
}
