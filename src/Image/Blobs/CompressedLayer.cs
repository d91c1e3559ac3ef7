using SharpRun.Oci;

namespace SharpRun.Image.Blobs;

/// <summary>What a layer's descriptor and its image's config say of it. Size in bytes, compressed.</summary>
sealed record CompressedLayer(string MediaType, Digest Digest, long Size, Digest DiffId)
{
    public Descriptor Descriptor => new(MediaType, Digest, Size);
}
