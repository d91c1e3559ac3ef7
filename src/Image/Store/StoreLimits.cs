namespace SharpRun.Image.Store;

/// <summary>How much is read of what others wrote before it is called hostile; OciLimits has those of the documents.</summary>
static class StoreLimits
{
    /// <summary>Bytes of oci-layout.</summary>
    public const int Marker = 64 << 10;

    /// <summary>Bytes of a lease: a line for each blob of a call.</summary>
    public const int Lease = 64 << 20;
}
