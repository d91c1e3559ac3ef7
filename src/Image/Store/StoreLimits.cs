namespace SharpRun.Image.Store;

/// <summary>How much is read of what others wrote before it is called hostile. Bytes, unless said otherwise.</summary>
static class StoreLimits
{
    /// <summary>oci-layout.</summary>
    public const int Marker = 64 << 10;

    /// <summary>index.json: some hundred thousand names.</summary>
    public const int Index = 64 << 20;

    /// <summary>A manifest or index among the blobs (containers/image takes 4 MiB, registries less).</summary>
    public const int Manifest = 4 << 20;

    /// <summary>An image's config: history and labels are in it.</summary>
    public const int Config = 16 << 20;

    /// <summary>manifest.json of a docker archive.</summary>
    public const int ArchiveManifest = 16 << 20;

    /// <summary>Entries of an archive that holds an image.</summary>
    public const int ArchiveEntries = 100_000;

    /// <summary>Links from one entry of an archive to the next.</summary>
    public const int ArchiveLinks = 16;

    /// <summary>An index in an index in an index.</summary>
    public const int Nesting = 8;

    /// <summary>Manifests below one name, of all its indexes.</summary>
    public const int Manifests = 10_000;

    /// <summary>JSON in JSON.</summary>
    public const int JsonDepth = 64;
}
