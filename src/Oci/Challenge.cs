using System;
using System.Collections.Generic;
using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>One way to sign on that a registry offers in WWW-Authenticate (RFC 9110, section 11.6.1): "Bearer" with realm, service and scope,
/// or "Basic". Names of parameters are compared without case.</summary>
public sealed record Challenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public bool Is(string scheme) => Scheme.Equals(scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>Null when it is not there.</summary>
    public string? Find(string name) => Parameters.TryGetValue(name, out var value) ? value : null;

    /// <summary>All of one header, or of several that were joined by a comma.</summary>
    public static IReadOnlyList<Challenge> ParseAll(string header)
    {
        if (OciCheck.ChallengeIsShort.Fails(header.Length > OciLimits.MaxChallengeLength))
        {
            throw new ImageError($"WWW-Authenticate: {header.Length} characters are more than the {OciLimits.MaxChallengeLength} that are read");
        }
        var challenges = new List<Challenge>();
        var at = 0;
        while (true)
        {
            // Elements may be empty (RFC 9110, section 5.6.1.2).
            at = Skip(header, at, " \t,");
            if (at == header.Length)
            {
                return challenges;
            }
            var name = Token(header, ref at);
            var behind = Skip(header, at, " \t");
            if (behind < header.Length && header[behind] == '=' && challenges.Count > 0 && !IsToken68(header, behind))
            {
                at = behind + 1;
                ((Dictionary<string, string>)challenges[^1].Parameters)[name] = Value(header, ref at);
                continue;
            }
            challenges.Add(new Challenge(name, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase)));
            at = ReadFirst(header, behind, challenges[^1]);
        }
    }

    // Behind the scheme stands a parameter, a token68 (Negotiate's, which we do not use), or the next element.
    private static int ReadFirst(string header, int at, Challenge challenge)
    {
        if (at == header.Length || header[at] == ',')
        {
            return at;
        }
        var start = at;
        var name = Token(header, ref at);
        var equals = Skip(header, at, " \t");
        if (equals < header.Length && header[equals] == '=' && !IsToken68(header, equals))
        {
            at = equals + 1;
            ((Dictionary<string, string>)challenge.Parameters)[name] = Value(header, ref at);
            return at;
        }
        at = start;
        while (at < header.Length && header[at] is not (',' or ' ' or '\t'))
        {
            at++;
        }
        return at;
    }

    // "abc==" or "abc=" at the end of an element is one word, not a parameter without a value.
    private static bool IsToken68(string header, int equals)
    {
        var at = Skip(header, equals, "=");
        at = Skip(header, at, " \t");
        return at == header.Length || header[at] == ',';
    }

    private static string Token(string header, ref int at)
    {
        var start = at;
        while (at < header.Length && header[at] is not (' ' or '\t' or ',' or '=' or '"'))
        {
            at++;
        }
        return at > start ? header[start..at] : throw Bad(header, at);
    }

    // Some registries leave the quotes out although a realm has a colon and slashes.
    private static string Value(string header, ref int at)
    {
        at = Skip(header, at, " \t");
        if (at < header.Length && header[at] == '"')
        {
            return Quoted(header, ref at);
        }
        var start = at;
        while (at < header.Length && header[at] is not (' ' or '\t' or ',' or '"'))
        {
            at++;
        }
        return header[start..at];
    }

    private static string Quoted(string header, ref int at)
    {
        var value = new System.Text.StringBuilder();
        for (at++; at < header.Length; at++)
        {
            if (header[at] == '"')
            {
                at++;
                return value.ToString();
            }
            if (header[at] == '\\' && at + 1 < header.Length)
            {
                at++;
            }
            value.Append(header[at]);
        }
        throw Bad(header, at);
    }

    private static int Skip(string header, int at, string letters)
    {
        while (at < header.Length && letters.Contains(header[at], StringComparison.Ordinal))
        {
            at++;
        }
        return at;
    }

    private static ImageError Bad(string header, int at) =>
        new($"WWW-Authenticate: \"{JsonPart.Short(header)}\" is no challenge from character {at + 1} on (RFC 9110, section 11.6.1)");
}
