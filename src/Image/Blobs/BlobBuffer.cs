using System;
using System.IO;
using SharpRun.Tar;

namespace SharpRun.Image.Blobs;

/// <summary>A blob read in large pieces, whose beginning can be looked at. Owns it.</summary>
sealed class BlobBuffer(Stream blob) : ForwardStream
{
    // GZipStream asks for 8 KiB at a time.
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _at, _end;

    public override bool CanRead => true;

    /// <summary>The first bytes, fewer when there are not more. To be called before anything is read.</summary>
    public ReadOnlySpan<byte> Peek(int count)
    {
        _end = blob.ReadAtLeast(_buffer, count, throwOnEndOfStream: false);
        return _buffer.AsSpan(0, Math.Min(count, _end));
    }

    public override int Read(Span<byte> buffer)
    {
        if (_at == _end && buffer.Length >= _buffer.Length)
        {
            return blob.Read(buffer);
        }
        if (_at == _end)
        {
            (_at, _end) = (0, blob.Read(_buffer));
        }
        var count = Math.Min(buffer.Length, _end - _at);
        _buffer.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            blob.Dispose();
        }
        base.Dispose(disposing);
    }
}
