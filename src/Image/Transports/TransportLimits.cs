namespace SharpRun.Image.Transports;

/// <summary>How much is taken of what others wrote before it is called hostile; OciLimits has those of the documents.</summary>
static class TransportLimits
{
    /// <summary>Manifests below one name, of all its indexes.</summary>
    public const int Manifests = 10_000;

    /// <summary>Bytes of manifest.json in a docker archive.</summary>
    public const int ArchiveManifest = 16 << 20;

    /// <summary>Entries of an archive that holds an image.</summary>
    public const int ArchiveEntries = 100_000;

    /// <summary>Links from one entry of an archive to the next.</summary>
    public const int ArchiveLinks = 16;
}
