using System;
using System.Collections.Generic;
using System.Text;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>
/// A pattern over paths: * and ? (never a slash), [a-z] and [^a-z], \x, and ** for any number of directories where it is allowed
/// (.dockerignore, not COPY). Matched by a table, so no pattern takes more time than its length times the path's.
/// </summary>
public sealed class PathPattern
{
    private enum Kind
    {
        Letter, AnyLetter, Letters, Run, DirectoryRun, Everything,
    }

    private readonly record struct Part(Kind Kind, char Letter, string Set);

    private readonly List<Part> _parts;

    private PathPattern(List<Part> parts, bool isPlain) => (_parts, IsPlain) = (parts, isPlain);

    /// <summary>It matches one path alone.</summary>
    public bool IsPlain { get; }

    /// <summary>Go's path.Clean beneath a root: no empty, "." or ".." components, no slash at either end. "" is the context itself.</summary>
    public static string Clean(string path)
    {
        List<string> clean = [];
        foreach (var part in path.Split('/'))
        {
            if (part == ".." && clean.Count > 0)
            {
                clean.RemoveAt(clean.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                clean.Add(part);
            }
        }
        return string.Join('/', clean);
    }

    /// <summary>The pattern is clean. Throws ImageError about a bracket that is not closed or an escape at the end.</summary>
    public static PathPattern Parse(string pattern, bool hasDirectoryRuns = true)
    {
        List<Part> parts = [];
        var isPlain = true;
        for (var at = 0; at < pattern.Length;)
        {
            var part = Next(pattern, ref at, hasDirectoryRuns);
            isPlain &= part.Kind == Kind.Letter;
            parts.Add(part);
        }
        return new PathPattern(parts, isPlain);
    }

    private static Part Next(string pattern, ref int at, bool hasDirectoryRuns)
    {
        var letter = pattern[at++];
        switch (letter)
        {
            case '*' when hasDirectoryRuns && at < pattern.Length && pattern[at] == '*':
                at++;
                at += at < pattern.Length && pattern[at] == '/' ? 1 : 0;
                // At the end it is "anything, slashes too"; everywhere else, "**x" included, docker reads it as "**/".
                return new Part(at == pattern.Length ? Kind.Everything : Kind.DirectoryRun, '\0', "");
            case '*':
                return new Part(Kind.Run, '\0', "");
            case '?':
                return new Part(Kind.AnyLetter, '\0', "");
            case '[':
                return Bracket(pattern, ref at);
            case '\\':
                return at < pattern.Length ? new Part(Kind.Letter, pattern[at++], "")
                    : throw new ImageError($"the pattern \"{pattern}\" ends with an escape");
            default:
                return new Part(Kind.Letter, letter, "");
        }
    }

    // The set is kept as pairs of first and last letter; the pair "^^" in front means "none of them".
    private static Part Bracket(string pattern, ref int at)
    {
        var set = new StringBuilder();
        var isNegated = at < pattern.Length && pattern[at] == '^';
        at += isNegated ? 1 : 0;
        var start = at;
        while (at < pattern.Length && (pattern[at] != ']' || at == start))
        {
            var first = Letter(pattern, ref at);
            var last = first;
            if (at + 1 < pattern.Length && pattern[at] == '-' && pattern[at + 1] != ']')
            {
                at++;
                last = Letter(pattern, ref at);
            }
            set.Append(first).Append(last);
        }
        if (at == pattern.Length)
        {
            throw new ImageError($"a bracket of the pattern \"{pattern}\" is not closed");
        }
        at++;
        return new Part(Kind.Letters, isNegated ? '^' : '\0', set.ToString());
    }

    private static char Letter(string pattern, ref int at)
    {
        at += pattern[at] == '\\' ? 1 : 0;
        return at < pattern.Length ? pattern[at++] : throw new ImageError($"a bracket of the pattern \"{pattern}\" is not closed");
    }

    /// <summary>The whole path; its directories are not looked at.</summary>
    public bool Matches(string path)
    {
        // reached[i]: the parts before i can match what was read of the path so far.
        var reached = new bool[_parts.Count + 1];
        reached[0] = true;
        Skip(reached, true);
        for (var at = 0; at < path.Length; at++)
        {
            var next = new bool[_parts.Count + 1];
            for (var i = 0; i < _parts.Count; i++)
            {
                if (reached[i] && Takes(_parts[i], path[at]))
                {
                    next[i + (Stays(_parts[i].Kind) ? 0 : 1)] = true;
                }
            }
            reached = next;
            Skip(reached, path[at] == '/');
        }
        return reached[^1];
    }

    private static bool Stays(Kind kind) => kind is Kind.Run or Kind.DirectoryRun or Kind.Everything;

    // A run may end without a letter; a run of directories only behind a slash or at the start.
    private void Skip(bool[] reached, bool isBehindSlash)
    {
        for (var i = 0; i < _parts.Count; i++)
        {
            reached[i + 1] |= reached[i] && (_parts[i].Kind is Kind.Run or Kind.Everything || _parts[i].Kind == Kind.DirectoryRun && isBehindSlash);
        }
    }

    private static bool Takes(Part part, char letter) => part.Kind switch
    {
        Kind.Letter => part.Letter == letter,
        Kind.AnyLetter or Kind.Run => letter != '/',
        Kind.Letters => letter != '/' && IsIn(part.Set, letter) != (part.Letter == '^'),
        _ => true,
    };

    private static bool IsIn(string set, char letter)
    {
        for (var i = 0; i < set.Length; i += 2)
        {
            if (letter >= set[i] && letter <= set[i + 1])
            {
                return true;
            }
        }
        return false;
    }
}
