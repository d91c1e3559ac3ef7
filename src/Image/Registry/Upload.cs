using System;
using System.Globalization;
using System.Net;
using System.Net.Http;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>
/// One blob's upload (distribution-spec, "Pushing blobs"): mounted from another repository of the same registry, or sent whole in one PUT. After
/// a cut, or where that is too long for the server, in PATCH chunks from the byte on that the registry has; a registry that has forgotten the
/// upload gets a new one. Location is opaque, and each answer may bring another.
/// </summary>
sealed class Upload(RegistryClient client, Descriptor blob, ImageSource source, Action<long> received)
{
    private const long ChunkSize = 16 << 20, LongBody = 1 << 20;

    private readonly string _act = $"push the blob {blob.Digest} to {client.Endpoint}";
    private Uri? _location;
    private long _offset;
    private long _chunkSize = ChunkSize;
    private bool _isInChunks;

    /// <summary>The caller knows that the registry does not have it; isThere asks again, when an answer was lost.</summary>
    public void Put(Func<bool> isThere)
    {
        using var body = new UploadBody(blob, source, received);
        for (var failures = 1; !TryPut(body, out var reason); failures++)
        {
            if (failures >= RegistryLimits.Attempts)
            {
                throw new ImageError($"{reason} (tried {failures} times)");
            }
            client.Wait(failures, null);
            if (!TryFindOffset() && isThere())
            {
                break; // all had come through but the answer
            }
        }
        body.TellAll();
    }

    // False: what came through must be found out, then the rest be sent. An ImageError: there is no use in going on.
    private bool TryPut(UploadBody body, out string reason)
    {
        reason = "";
        try
        {
            if (_location is null && Begin())
            {
                return true;
            }
            if (_isInChunks)
            {
                while (_offset < blob.Size)
                {
                    SendChunk(body);
                }
                return IsDone(Close(null));
            }
            var answer = Close(body);
            _isInChunks = true;
            return answer.Status != HttpStatusCode.RequestEntityTooLarge && IsDone(answer);
        }
        catch (CutException error)
        {
            _isInChunks = true;
            reason = error.Message;
            return false;
        }
    }

    // POST; true when the blob is there at once, by a mount.
    private bool Begin()
    {
        _offset = 0;
        var uri = client.InRepository("blobs/uploads/");
        if (source is RegistrySource other && ImageCheck.MountIsOfTheSameRegistry.Passes(other.Endpoint.Server == client.Endpoint.Server) && other.Endpoint.Repository != client.Endpoint.Repository)
        {
            client.Authorization.AddScope($"repository:{other.Endpoint.Repository}:pull");
            var mount = Address.WithQuery(uri, $"mount={Uri.EscapeDataString(blob.Digest.Text)}&from={Uri.EscapeDataString(other.Endpoint.Repository)}");
            var mounted = Ask(HttpMethod.Post, mount);
            if (mounted.Status == HttpStatusCode.Created)
            {
                return true;
            }
            if (mounted.Status == HttpStatusCode.Accepted)
            {
                Remember(mounted, uri);
                return false;
            }
            // A registry that refuses the mount may still take the blob.
        }
        var answer = Ask(HttpMethod.Post, uri);
        if (answer.Status == HttpStatusCode.Created)
        {
            return true;
        }
        if (answer.Status != HttpStatusCode.Accepted)
        {
            throw client.Refused(_act, answer);
        }
        Remember(answer, uri);
        return false;
    }

    private Answer Ask(HttpMethod method, Uri uri)
    {
        var request = new Request(method, uri) { Body = method == HttpMethod.Post ? static () => new ByteArrayContent([]) : null };
        return client.Ask(request, _act, RegistryLimits.ErrorBody);
    }

    private void Remember(Answer answer, Uri asked)
    {
        if (answer.Header("Location") is { } location)
        {
            _location = Address.Resolve(asked, location, $"{_act}: Location");
        }
        else if (_location is null)
        {
            throw new ImageError($"{_act}: the registry says no Location for the upload");
        }
        if (answer.Header("OCI-Chunk-Min-Length") is { } least && long.TryParse(least, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes))
        {
            _chunkSize = Math.Max(ChunkSize, bytes);
        }
    }

    private void SendChunk(UploadBody body)
    {
        var (first, count) = (_offset, Math.Min(_chunkSize, blob.Size - _offset));
        var asked = _location!;
        var request = new Request(HttpMethod.Patch, asked)
        {
            Body = () => body.Piece(first, count),
            Chunk = (first, first + count - 1),
            CanRepeat = false,
            AsksFirst = count > LongBody,
        };
        var answer = client.Ask(request, _act, RegistryLimits.ErrorBody);
        if (answer.Status is not (HttpStatusCode.Accepted or HttpStatusCode.Created or HttpStatusCode.NoContent))
        {
            throw Failed(answer);
        }
        Remember(answer, asked);
        var reached = Reached(answer) ?? first + count;
        if (reached > first + count || reached <= first)
        {
            throw new CutException($"{_act}: bytes up to {first + count} were sent, and the registry says it has {reached}");
        }
        _offset = reached;
    }

    // The last PUT, with the whole blob or with nothing.
    private Answer Close(UploadBody? body) => client.Ask(
        new Request(HttpMethod.Put, Address.WithQuery(_location!, "digest=" + Uri.EscapeDataString(blob.Digest.Text)))
        {
            Body = () => body is null ? new ByteArrayContent([]) : body.Piece(0, blob.Size),
            CanRepeat = false,
            AsksFirst = body is not null && blob.Size > LongBody,
        },
        _act,
        RegistryLimits.ErrorBody);

    private bool IsDone(Answer answer)
    {
        if (answer.Status is not (HttpStatusCode.Created or HttpStatusCode.NoContent or HttpStatusCode.OK))
        {
            throw Failed(answer);
        }
        if (answer.Header("Docker-Content-Digest") is { } said && ImageCheck.UploadHasItsDigest.Fails(said != blob.Digest.Text))
        {
            throw new ImageError($"{_act}: the registry took it as {OneLine.Of(said)}");
        }
        return true;
    }

    // What passes, an upload that is forgotten, and a wrong offset are as good as a cut.
    private Exception Failed(Answer answer)
    {
        var mayGoOn = RegistryClient.Passes(answer.Status) || answer.Status is HttpStatusCode.NotFound or HttpStatusCode.RequestedRangeNotSatisfiable;
        var error = client.Refused(_act, answer);
        return mayGoOn ? new CutException(error.Message) : error;
    }

    // False: there is no upload to go on with.
    private bool TryFindOffset()
    {
        var asked = _location;
        if (asked is null)
        {
            return true;
        }
        var answer = Ask(HttpMethod.Get, asked);
        if (answer.Status is HttpStatusCode.NoContent or HttpStatusCode.OK or HttpStatusCode.Accepted)
        {
            Remember(answer, asked);
            _offset = Reached(answer) ?? 0;
            if (_offset > blob.Size)
            {
                throw new ImageError($"{_act}: the registry says it has {_offset} of {blob.Size} bytes");
            }
            return true;
        }
        // Forgotten, or not to be continued (docker's registry refuses an upload that was cut within a chunk): a new one, whole.
        _location = null;
        _isInChunks = false;
        return false;
    }

    // "0-99" or "bytes=0-99": 100 bytes. docker's registry says "0-0" of none; one byte would be that, too, and is sent again.
    private static long? Reached(Answer answer)
    {
        var range = answer.Header("Range");
        if (range is null)
        {
            return null;
        }
        var last = range[(range.IndexOf('-', StringComparison.Ordinal) + 1)..];
        var isNumber = long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < long.MaxValue;
        return !isNumber ? null : number == 0 ? 0 : number + 1;
    }
}
