using System;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>Addresses that a registry gives are opaque: the BCL would decode and shorten them, and a signature in them would not hold.</summary>
static class Address
{
    private static readonly UriCreationOptions s_asItIs = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>http or https only, nothing but printable ASCII, no user in it.</summary>
    public static Uri Parse(string text, string what)
    {
        var fragment = text.IndexOf('#', StringComparison.Ordinal);
        var whole = (fragment < 0 ? text : text[..fragment]).Replace(" ", "%20", StringComparison.Ordinal);
        var isPrintable = whole.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0;
        return ImageCheck.AddressIsOne.Passes(isPrintable) && Uri.TryCreate(whole, s_asItIs, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri.UserInfo.Length == 0 && uri.Host.Length > 0
            ? uri
            : throw new ImageError($"{what}: \"{OneLine.Of(text)}\" is no http or https address");
    }

    /// <summary>A Location or a Link, which may be relative (RFC 3986, section 5.2, without "." and ".." components).</summary>
    public static Uri Resolve(Uri from, string text, string what)
    {
        if (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return Parse(text, what);
        }
        if (text.StartsWith("//", StringComparison.Ordinal))
        {
            return Parse($"{from.Scheme}:{text}", what);
        }
        var origin = $"{from.Scheme}://{from.Authority}";
        if (text.StartsWith('/'))
        {
            return Parse(origin + text, what);
        }
        var path = from.PathAndQuery;
        var query = path.IndexOf('?', StringComparison.Ordinal);
        path = query < 0 ? path : path[..query];
        return Parse(origin + (text.StartsWith('?') ? path : path[..(path.LastIndexOf('/') + 1)]) + text, what);
    }

    public static Uri WithQuery(Uri uri, string parameter)
    {
        var separator = uri.PathAndQuery.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        return Parse($"{uri.Scheme}://{uri.Authority}{uri.PathAndQuery}{separator}{parameter}", "add to an address");
    }

    public static bool IsSameOrigin(Uri one, Uri other) => one.Scheme == other.Scheme && one.Authority == other.Authority;
}
