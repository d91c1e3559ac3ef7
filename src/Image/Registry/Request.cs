using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net.Http;
using System.Net.Http.Headers;

namespace SharpRun.Image.Registry;

/// <summary>One request, from which any number of HTTP messages is made: after a sign-on, a redirect or a failure it is sent again.</summary>
sealed record Request(HttpMethod Method, Uri Uri)
{
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>Makes the body anew for every message.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>The first byte that is wanted; null: all, without a Range.</summary>
    public long? From { get; init; }

    /// <summary>First and last byte of an upload's chunk, in the form of the distribution-spec: without a unit.</summary>
    public (long First, long Last)? Chunk { get; init; }

    /// <summary>Repeated after a cut and after what passes (429, 5xx); else the caller finds out what came through.</summary>
    public bool CanRepeat { get; init; } = true;

    /// <summary>For the first host only; never sent on to where that redirects. Null: the registry's own, at the registry.</summary>
    public AuthenticationHeaderValue? Authorization { get; init; }

    /// <summary>False: for a token server, with a header of its own.</summary>
    public bool IsForRegistry { get; init; } = true;

    /// <summary>The body, too, is for the first host only.</summary>
    public bool HasSecretBody { get; init; }

    /// <summary>Asks before a long body is sent whether it is wanted.</summary>
    public bool AsksFirst { get; init; }

    public HttpRequestMessage ToMessage(Uri uri)
    {
        var message = new HttpRequestMessage(Method, uri) { Content = Body?.Invoke() };
        message.Headers.TryAddWithoutValidation("User-Agent", "sharprun-image/" + BuildInfo.Version);
        foreach (var type in Accept)
        {
            message.Headers.TryAddWithoutValidation("Accept", type);
        }
        if (From is { } from)
        {
            message.Headers.Range = new RangeHeaderValue(from, null);
        }
        if (Chunk is { } chunk)
        {
            message.Content?.Headers.TryAddWithoutValidation("Content-Range", string.Create(CultureInfo.InvariantCulture, $"{chunk.First}-{chunk.Last}"));
        }
        message.Headers.ExpectContinue = AsksFirst ? true : null;
        return message;
    }
}
