using System;
using System.IO;
using System.Threading;
using SharpRun.Oci;
using SharpRun.Tar;
using ZstdSharp;

namespace SharpRun.Image.Blobs;

/// <summary>
/// The uncompressed bytes of a layer. A second thread reads the blob, hashes and decompresses it; the caller's hashes what comes out of it, so that
/// on two processors the one who reads does not wait for the one who decompresses. What has been read is only to be believed after
/// <see cref="Finish"/>. An <see cref="ImageError"/> says what is wrong with the blob; errors of the source pass through. Owns the source.
/// </summary>
sealed class BlobReader : ForwardStream
{
    // How long closing waits for the other thread; it does not keep the program from ending.
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(100), s_patience = TimeSpan.FromSeconds(2);

    private readonly Descriptor _descriptor;
    private readonly Digest? _diffId;
    private readonly VerifiedStream _blob;
    private readonly Hasher _hasher;
    private readonly Ring _ring = new();
    private readonly Thread _filler;
    private ReadOnlyMemory<byte> _rest;
    private bool _isAtEnd, _isDisposed;

    /// <summary>The blob from its beginning. With a diff id, <see cref="Finish"/> verifies it.</summary>
    public BlobReader(Stream blob, Descriptor descriptor, Digest? diffId = null)
    {
        _descriptor = descriptor;
        _diffId = diffId;
        _blob = new VerifiedStream(blob, descriptor);
        _hasher = new Hasher(diffId?.Algorithm ?? "sha256");
        _filler = new Thread(Fill) { IsBackground = true, Name = "blob" };
        _filler.Start();
    }

    public override bool CanRead => true;

    /// <summary>Uncompressed bytes that have been read.</summary>
    public long Count { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!Advance())
        {
            return 0;
        }
        var count = Math.Min(buffer.Length, _rest.Length);
        _rest.Span[..count].CopyTo(buffer);
        _rest = _rest[count..];
        Count += count;
        return count;
    }

    /// <summary>Reads what is left, and gives the diff id. ImageError when the blob's size or digest, or the diff id, is another.</summary>
    public Digest Finish()
    {
        while (Advance())
        {
            Count += _rest.Length;
            _rest = default;
        }
        var found = _hasher.Finish();
        return _diffId is { } expected && ImageCheck.LayerHasItsDiffId.Fails(expected != found)
            ? throw new ImageError($"read layer {_descriptor.Digest}: its uncompressed bytes are those of {found}, not of {expected}")
            : found;
    }

    // False at the end.
    private bool Advance()
    {
        if (_rest.IsEmpty && !_isAtEnd)
        {
            _rest = _ring.Next();
            _isAtEnd = _rest.IsEmpty;
            _hasher.Append(_rest.Span);
        }
        return !_isAtEnd;
    }

    private void Fill()
    {
        try
        {
            Compressions.RequireLayer(_descriptor);
            using var stream = Compressions.Open(_blob, _descriptor.Digest);
            var uncompressed = 0L;
            while (_ring.Begin() is { } buffer)
            {
                var count = Decompress(stream, buffer);
                uncompressed += count;
                RefuseBomb(uncompressed);
                if (count == 0)
                {
                    // What comes after the compressed data is not for us, but belongs to the digest.
                    _blob.Drain();
                }
                _ring.End(count);
                if (count == 0)
                {
                    return;
                }
            }
        }
        catch (Exception error)
        {
            _ring.Fail(error);
        }
    }

    private int Decompress(Stream stream, byte[] buffer)
    {
        try
        {
            return stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        }
        catch (Exception error) when (error is InvalidDataException or ZstdException or EndOfStreamException)
        {
            // A blob that came wrong is the better reason, and said by this.
            _blob.Drain();
            throw new ImageError($"read layer {_descriptor.Digest}: decompress it: {error.Message}");
        }
    }

    private void RefuseBomb(long uncompressed)
    {
        if (uncompressed > BlobLimits.MaxLayerBytes)
        {
            throw new ImageError($"read layer {_descriptor.Digest}: it has more than {BlobLimits.MaxLayerBytes} bytes uncompressed");
        }
        if (ImageCheck.LayerIsNoBomb.Fails(uncompressed > BlobLimits.FreeBytes && uncompressed / BlobLimits.MaxRatio > _blob.Count))
        {
            throw new ImageError($"read layer {_descriptor.Digest}: it grows to more than {BlobLimits.MaxRatio} times its size");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _ring.Abandon();
            var hasEnded = _filler.Join(s_moment);
            // A thread that has not ended waits for a source that gives nothing: one that is closed gives an error.
            _blob.Dispose();
            if (!hasEnded)
            {
                _filler.Join(s_patience);
            }
            _hasher.Dispose();
        }
        base.Dispose(disposing);
    }
}
