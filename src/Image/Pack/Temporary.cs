using System;
using System.IO;
using System.IO.Compression;
using System.Security.Cryptography;
using SharpRun.Oci;

// Until the branch tar brings them.
namespace SharpRun.Image.Blobs;

enum Compression
{
    None, Gzip, Zstd,
}

sealed class Hasher : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    public Digest Finish() => Digest.OfSha256(_hash.GetHashAndReset());

    public void Dispose() => _hash.Dispose();
}

abstract class ForwardStream : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer) => throw new NotSupportedException();

    public sealed override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

static class LayerCompressor
{
    public static Stream Open(Stream into, Compression compression) => compression switch
    {
        Compression.Gzip => new GZipStream(into, CompressionLevel.Optimal, leaveOpen: true),
        Compression.Zstd => new ZstdSharp.CompressionStream(into, leaveOpen: true),
        _ => new BufferedStream(into),
    };
}
