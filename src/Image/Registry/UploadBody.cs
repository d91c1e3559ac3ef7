using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using SharpRun.Image.Blobs;
using SharpRun.Image.Transports;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>A blob on its way from a source: read once when all goes well, and again from its start when a piece must be repeated. The last
/// bytes are only sent when size and digest are right, so a wrong blob never becomes a whole one.</summary>
sealed class UploadBody(Descriptor blob, ImageSource source, Action<long> received) : IDisposable
{
    private readonly byte[] _buffer = new byte[128 << 10];
    private Stream? _stream;
    private Hasher? _hash;
    private long _at;
    private long _told;

    /// <summary>The content of one message: these bytes of the blob.</summary>
    public HttpContent Piece(long first, long count)
    {
        var content = new PieceContent(this, first, count);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/octet-stream");
        return content;
    }

    /// <summary>At the end: what was not told of yet, because the registry had it already.</summary>
    public void TellAll() => Tell(blob.Size);

    private void CopyTo(Stream to, long first, long count)
    {
        if (_stream is null || _at > first)
        {
            Restart();
        }
        while (_at < first)
        {
            Read((int)Math.Min(_buffer.Length, first - _at));
        }
        for (var end = first + count; _at < end;)
        {
            var read = Read((int)Math.Min(_buffer.Length, end - _at));
            if (_at == blob.Size)
            {
                VerifyEnd();
            }
            to.Write(_buffer, 0, read);
            Tell(_at);
        }
    }

    private void Restart()
    {
        Dispose();
        _hash = new Hasher(blob.Digest.Algorithm);
        _at = 0;
        _stream = source.OpenBlob(blob, 0);
    }

    private int Read(int count)
    {
        var read = ReadSource(_buffer.AsSpan(0, count));
        if (read == 0)
        {
            throw new ImageError($"read the blob {blob.Digest} of {source.Name}: it ends after {_at} of {blob.Size} bytes");
        }
        _hash!.Append(_buffer.AsSpan(0, read));
        _at += read;
        return read;
    }

    private int ReadSource(Span<byte> buffer)
    {
        try
        {
            return _stream!.Read(buffer);
        }
        catch (IOException error)
        {
            throw new ImageError($"read the blob {blob.Digest} of {source.Name}: {error.Message}");
        }
    }

    private void VerifyEnd()
    {
        Span<byte> more = stackalloc byte[1];
        if (ReadSource(more) > 0)
        {
            throw new ImageError($"read the blob {blob.Digest} of {source.Name}: it has more than {blob.Size} bytes");
        }
        var digest = _hash!.Finish();
        if (ImageCheck.SentBlobHasItsDigest.Fails(digest != blob.Digest))
        {
            throw new ImageError($"read the blob {blob.Digest} of {source.Name}: its digest is {digest}");
        }
    }

    private void Tell(long at)
    {
        if (at > _told)
        {
            try
            {
                received(at - _told);
            }
            catch (OperationCanceledException)
            {
                // The caller wants no more; the connection is not to blame, and this is not to be tried again.
                throw new ImageError($"push the blob {blob.Digest}: stopped");
            }
            _told = at;
        }
    }

    public void Dispose()
    {
        _stream?.Dispose();
        _hash?.Dispose();
        (_stream, _hash) = (null, null);
    }

    private sealed class PieceContent(UploadBody body, long first, long count) : HttpContent
    {
        protected override void SerializeToStream(Stream stream, TransportContext? context, CancellationToken stop) => body.CopyTo(stream, first, count);

        // The BCL asks in this way even behind a blocking call, when the server is asked first (Expect).
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            body.CopyTo(stream, first, count);
            return Task.CompletedTask;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = count;
            return true;
        }
    }
}
