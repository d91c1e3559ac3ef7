using System;
using SharpRun.Image.Blobs;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>The digest of bytes that are at hand, by the algorithm of the digest that they should have.</summary>
static class ContentHash
{
    public static Digest Of(ReadOnlySpan<byte> content, string algorithm)
    {
        using var hasher = new Hasher(algorithm);
        hasher.Append(content);
        return hasher.Finish();
    }

    /// <summary>The bytes are those of the digest, or it is said whose they are not.</summary>
    public static void Verify(ReadOnlySpan<byte> content, Digest digest, string what)
    {
        var found = Of(content, digest.Algorithm);
        if (ImageCheck.StoredBlobHasItsDigest.Fails(found != digest))
        {
            throw new ImageError($"verify {what}: its digest is {found}, not {digest}");
        }
    }
}
