namespace SharpRun.Image.Blobs;

/// <summary>How far a compressed layer is believed.</summary>
static class BlobLimits
{
    /// <summary>Uncompressed bytes of one layer.</summary>
    public const long MaxLayerBytes = 256L << 30;

    /// <summary>Uncompressed bytes for each compressed one, once a layer is larger than <see cref="FreeBytes"/>. gzip reaches 1032 with zeros; zstd
    /// could reach 30,000.</summary>
    public const int MaxRatio = 2048;

    /// <summary>A layer of this size is no bomb, however it is compressed.</summary>
    public const long FreeBytes = 256L << 20;

    /// <summary>The largest window of a zstd frame, as a power of two: 32 MiB, what klauspost's best level uses (docker, podman, containerd). Level 19
    /// of zstd takes 8 MiB; its --ultra and --long, up to 2 GiB, would take the memory that is for everything.</summary>
    public const int MaxWindowLog = 25;
}
