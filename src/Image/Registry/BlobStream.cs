using System;
using System.IO;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>
/// A blob's bytes from an offset on. A body that is cut, stalls or drips is continued by Range from the byte that was reached; a server that
/// knows no Range sends all anew, and what was read before is passed over. Not verified; more bytes than the descriptor says are given, and the
/// reader is to stop.
/// </summary>
sealed class BlobStream(Descriptor blob, long offset, string act, RegistryClient client, Func<long, HttpResponseMessage> open) : Stream
{
    private readonly byte[] _skipped = new byte[16 << 10];
    private HttpResponseMessage? _response;
    private Stream? _body;
    private Pace _pace = new(client.Settings.IdleTime);
    private long _at = offset;
    private long _counted = offset;
    private int _failures;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            try
            {
                if (_body is null && _at >= blob.Size)
                {
                    return 0;
                }
                _body ??= Begin();
                var count = _body.Read(buffer);
                if (count > 0)
                {
                    Count(count);
                    return count;
                }
                if (_at >= blob.Size)
                {
                    return 0;
                }
                throw new IOException($"the connection ended after {_at} of {blob.Size} bytes");
            }
            catch (Exception error) when (error is IOException or HttpRequestException)
            {
                Recover(error);
            }
        }
        return 0;
    }

    public override int Read(byte[] buffer, int start, int count) => Read(buffer.AsSpan(start, count));

    /// <summary>Asks for the bytes now, so that a refusal is heard before the first read.</summary>
    public void Start()
    {
        while (_body is null && _at < blob.Size)
        {
            try
            {
                _body = Begin();
            }
            catch (Exception error) when (error is IOException or HttpRequestException)
            {
                Recover(error);
            }
        }
    }

    private void Recover(Exception error)
    {
        CloseBody();
        // A cut behind the last byte is none.
        if (_at < blob.Size)
        {
            if (++_failures >= RegistryLimits.Attempts)
            {
                throw new ImageError($"{act}: {OneLine.Of(Connections.Reason(error))}; {_at} of {blob.Size} bytes came (tried {_failures} times)");
            }
            client.Wait(_failures, null);
        }
    }

    private void Count(int count)
    {
        _at += count;
        if (_at - _counted >= RegistryLimits.Progress)
        {
            (_counted, _failures) = (_at, 0);
        }
        _pace.Count(count);
    }

    private Stream Begin()
    {
        _response = open(_at);
        _pace = new Pace(client.Settings.IdleTime);
        var length = _response.Content.Headers.ContentLength;
        var range = _response.Content.Headers.ContentRange;
        switch (_response.StatusCode)
        {
            case HttpStatusCode.PartialContent when _at > 0:
                CheckRange(range);
                break;
            case HttpStatusCode.OK:
                if (length is { } whole && whole != blob.Size)
                {
                    throw Fail(new ImageError($"{act}: the registry has {whole} bytes of it, the manifest says {blob.Size}"));
                }
                Skip(_response.Content.ReadAsStream(), _at);
                break;
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                throw Fail(new ImageError($"{act}: the registry has no byte {_at} of it, the manifest says {blob.Size} bytes (416)"));
            default:
                var answer = Answer.Read(_response, RegistryLimits.ErrorBody, act, client.Settings);
                throw Fail(client.Refused(act, answer));
        }
        return _response.Content.ReadAsStream();
    }

    // The unit, the first byte, and the whole length, if it is said (RFC 9110, section 14.4).
    private void CheckRange(ContentRangeHeaderValue? range)
    {
        if (ImageCheck.RangeIsTheOneAskedFor.Fails(range is null || range.Unit != "bytes" || range.From != _at || (range.Length is { } whole && whole != blob.Size)))
        {
            var said = range is null ? "none" : $"\"{OneLine.Of(range.ToString())}\"";
            throw Fail(new ImageError($"{act}: bytes from {_at} of {blob.Size} were asked for, and the answer's Content-Range is {said}"));
        }
    }

    private void Skip(Stream body, long count)
    {
        var pace = new Pace(client.Settings.IdleTime);
        while (count > 0)
        {
            var read = body.Read(_skipped.AsSpan(0, (int)Math.Min(count, _skipped.Length)));
            if (read == 0)
            {
                throw new IOException("the connection ended before the byte that was reached before");
            }
            pace.Count(read);
            count -= read;
        }
    }

    private ImageError Fail(ImageError error)
    {
        CloseBody();
        return error;
    }

    private void CloseBody()
    {
        _response?.Dispose();
        (_response, _body) = (null, null);
    }

    protected override void Dispose(bool disposing)
    {
        CloseBody();
        base.Dispose(disposing);
    }

    public override void Flush()
    {
    }

    public override long Seek(long to, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int start, int count) => throw new NotSupportedException();
}
