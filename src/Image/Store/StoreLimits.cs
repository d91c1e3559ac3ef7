namespace SharpRun.Image.Store;

/// <summary>How much is read of what others wrote before it is called hostile; OciLimits has those of the documents.</summary>
static class StoreLimits
{
    /// <summary>Bytes of oci-layout.</summary>
    public const int Marker = 64 << 10;

    /// <summary>Bytes of manifest.json in a docker archive.</summary>
    public const int ArchiveManifest = 16 << 20;

    /// <summary>Entries of an archive that holds an image.</summary>
    public const int ArchiveEntries = 100_000;

    /// <summary>Links from one entry of an archive to the next.</summary>
    public const int ArchiveLinks = 16;

    /// <summary>Manifests below one name, of all its indexes.</summary>
    public const int Manifests = 10_000;
}
