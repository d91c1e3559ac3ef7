using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Json;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>
/// A .dockerignore: patterns of docker's own kind, one a line; the last one that matches decides, "!" takes back. A pattern matches a path or
/// any directory above it. Paths are relative to the context, without "./" and without a final slash.
/// </summary>
public sealed class IgnoreRules
{
    private readonly List<(PathPattern Pattern, bool Excludes)> _rules = [];

    public static IgnoreRules None { get; } = new();

    /// <summary>A rule takes something back, so a directory that is ignored must be looked into.</summary>
    public bool HasExceptions { get; private set; }

    public bool IsEmpty => _rules.Count == 0;

    /// <summary>Name is what errors call the file. Throws ImageError "NAME:LINE: …".</summary>
    public static IgnoreRules Read(ReadOnlySpan<byte> bytes, string name)
    {
        if (bytes.Length > DockerfileLimits.MostBytes)
        {
            throw new ImageError($"read {name}: it is longer than {DockerfileLimits.MostBytes} bytes");
        }
        if (bytes.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }
        var rules = new IgnoreRules();
        var number = 0;
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n'))
        {
            number++;
            // A "#" behind a blank is a name, as docker has it.
            if (line.StartsWith('#'))
            {
                continue;
            }
            try
            {
                rules.Add(line.Trim());
            }
            catch (JsonError error)
            {
                throw new ImageError($"{name}:{number}: {error.Message}");
            }
        }
        return rules;
    }

    private void Add(string line)
    {
        var excludes = !line.StartsWith('!');
        var pattern = PathPattern.Clean(excludes ? line : line[1..].Trim());
        if (!excludes && line.AsSpan(1).Trim().IsEmpty)
        {
            throw new ImageError("\"!\" alone is no pattern");
        }
        // The whole context cannot be ignored; docker passes "." over.
        if (pattern.Length > 0)
        {
            HasExceptions |= !excludes;
            _rules.Add((PathPattern.Parse(pattern), excludes));
        }
    }

    /// <summary>What each rule says of a path, for those below it. Of the context itself, null.</summary>
    public sealed class State
    {
        internal State(bool[] matches, bool isIgnored) => (Matches, IsIgnored) = (matches, isIgnored);

        internal bool[] Matches { get; }

        public bool IsIgnored { get; }
    }

    /// <summary>Above is the answer for the directory that holds the path.</summary>
    public State Match(string path, State? above)
    {
        var matches = new bool[_rules.Count];
        var isIgnored = false;
        for (var i = 0; i < matches.Length; i++)
        {
            matches[i] = above is not null && above.Matches[i] || _rules[i].Pattern.Matches(path);
            isIgnored = matches[i] ? _rules[i].Excludes : isIgnored;
        }
        return new State(matches, isIgnored);
    }

    /// <summary>Of a path alone, its directories looked at one after the other.</summary>
    public bool Ignores(string path)
    {
        State? state = null;
        for (var slash = path.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = path.IndexOf('/', slash + 1))
        {
            state = Match(path[..slash], state);
        }
        return Match(path, state).IsIgnored;
    }
}
