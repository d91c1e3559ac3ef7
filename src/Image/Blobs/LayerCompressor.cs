using System;
using System.IO;
using SharpRun.Oci;
using SharpRun.Tar;
using ZstdSharp;

namespace SharpRun.Image.Blobs;

/// <summary>
/// Takes the bytes of a layer's archive, writes them compressed, and knows both digests afterwards. The same bytes give the same blob: no time or
/// name in its header, and no matter on how many processors. The destination stays open.
/// </summary>
sealed class LayerCompressor : ForwardStream
{
    // zstd's own default.
    private const int ZstdLevel = 3;

    private readonly Compression _compression;
    private readonly HashedOutput _output;
    private readonly Stream _compressor;
    private readonly Hasher _hasher = new();

    public LayerCompressor(Stream destination, Compression compression)
    {
        _compression = compression;
        _output = new HashedOutput(destination);
        _compressor = compression switch
        {
            Compression.Gzip => new ParallelGzip(_output, Math.Clamp(Environment.ProcessorCount, 1, ParallelGzip.MostThreads)),
            Compression.Zstd => new CompressionStream(_output, ZstdLevel, leaveOpen: true),
            _ => _output,
        };
    }

    public override bool CanWrite => true;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _hasher.Append(buffer);
        _compressor.Write(buffer);
    }

    /// <summary>The last call: everything has been written to the destination.</summary>
    public CompressedLayer Finish()
    {
        _compressor.Dispose();
        _output.Flush();
        var mediaType = _compression switch
        {
            Compression.Gzip => MediaTypes.LayerGzip,
            Compression.Zstd => MediaTypes.LayerZstd,
            _ => MediaTypes.Layer,
        };
        return new CompressedLayer(mediaType, _output.Hasher.Finish(), _output.Count, _hasher.Finish());
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            if (_compressor is ParallelGzip gzip)
            {
                gzip.Abandon();
            }
            _hasher.Dispose();
            _output.Hasher.Dispose();
        }
        base.Dispose(disposing);
    }

    private sealed class HashedOutput(Stream destination) : ForwardStream
    {
        public Hasher Hasher { get; } = new();

        public long Count { get; private set; }

        public override bool CanWrite => true;

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Hasher.Append(buffer);
            destination.Write(buffer);
            Count += buffer.Length;
        }

        public override void Flush() => destination.Flush();
    }
}
