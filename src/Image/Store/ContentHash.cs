using System;
using System.Security.Cryptography;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>The digest of bytes that come in pieces, by the algorithm of the digest that they should have.</summary>
sealed class ContentHash : IDisposable
{
    private readonly bool _isSha512;
    private readonly IncrementalHash _hash;

    public ContentHash(string algorithm)
    {
        _isSha512 = algorithm == "sha512";
        _hash = IncrementalHash.CreateHash(_isSha512 ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);
    }

    public void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    public Digest Finish() => _isSha512 ? Digest.OfSha512(_hash.GetHashAndReset()) : Digest.OfSha256(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();

    public static Digest Of(ReadOnlySpan<byte> content, string algorithm)
    {
        using var hash = new ContentHash(algorithm);
        hash.Append(content);
        return hash.Finish();
    }

    /// <summary>The bytes are those of the digest, or it is said whose they are not.</summary>
    public static void Verify(ReadOnlySpan<byte> content, Digest digest, string what)
    {
        var found = Of(content, digest.Algorithm);
        if (found != digest)
        {
            throw new ImageError($"verify {what}: its digest is {found}, not {digest}");
        }
    }
}
