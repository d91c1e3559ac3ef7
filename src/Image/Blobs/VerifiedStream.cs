using System;
using System.IO;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Blobs;

/// <summary>
/// A blob's bytes as they come; its end is only an end when size and digest are those of the descriptor, anything else an <see cref="ImageError"/>.
/// Never asks for more than one byte beyond the size. Owns the source.
/// </summary>
sealed class VerifiedStream(Stream source, Descriptor descriptor) : ForwardStream
{
    private readonly Hasher _hasher = new(descriptor.Digest.Algorithm);

    public override bool CanRead => true;

    /// <summary>Bytes that have come.</summary>
    public long Count { get; private set; }

    public bool IsVerified { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        if (IsVerified || buffer.IsEmpty)
        {
            return 0;
        }
        var most = (int)Math.Min(buffer.Length, descriptor.Size - Count + 1);
        var got = source.Read(buffer[..most]);
        Count += got;
        if (ImageCheck.BlobIsNotLonger.Fails(Count > descriptor.Size))
        {
            throw Error($"it has more than its {descriptor.Size} bytes");
        }
        _hasher.Append(buffer[..got]);
        if (got == 0)
        {
            Verify();
        }
        return got;
    }

    private void Verify()
    {
        if (ImageCheck.BlobIsNotShorter.Fails(Count < descriptor.Size))
        {
            throw Error($"it ends after {Count} of its {descriptor.Size} bytes");
        }
        var digest = _hasher.Finish();
        IsVerified = ImageCheck.BlobHasItsDigest.Passes(digest == descriptor.Digest) ? true : throw Error($"its bytes are those of {digest}");
    }

    private ImageError Error(string problem) => new($"read blob {descriptor.Digest}: {problem}");

    /// <summary>A whole small blob. Limit: of its size in bytes.</summary>
    public static byte[] ReadAll(Stream source, Descriptor descriptor, int limit)
    {
        using var verified = new VerifiedStream(source, descriptor);
        if (ImageCheck.SmallBlobIsSmall.Fails(descriptor.Size < 0 || descriptor.Size > limit))
        {
            throw verified.Error($"it has {descriptor.Size} bytes, more than the {limit} that are read");
        }
        var content = new byte[descriptor.Size];
        verified.ReadExactlyOrFail(content);
        return content;
    }

    // A short blob is found by the read that finds its end.
    private void ReadExactlyOrFail(Span<byte> content)
    {
        while (!content.IsEmpty)
        {
            content = content[Read(content)..];
        }
        Drain();
    }

    /// <summary>Reads what is left, and so verifies.</summary>
    public void Drain()
    {
        var rest = new byte[64 * 1024];
        while (Read(rest) != 0)
        {
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hasher.Dispose();
            source.Dispose();
        }
        base.Dispose(disposing);
    }
}
