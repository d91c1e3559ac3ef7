namespace SharpRun.Oci;

/// <summary>A manifest or an index as its bytes, which alone its digest is of.</summary>
public sealed record Document(byte[] Bytes, string MediaType)
{
    public Digest Digest { get; } = Digest.Of(Bytes);
}
