using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.CommandLine;

namespace SharpRun.Image.Bundle;

/// <summary>A mount of the user's (-v) or of the image (VOLUME). Source is null for a volume, whose files lie in the bundle.</summary>
sealed record BindMount(string? Source, string Destination, IReadOnlyList<string> Options)
{
    /// <summary>"SRC:DEST[:OPTS]", or "DEST" for a volume. Warn is told of what has no effect here.</summary>
    public static BindMount Parse(string text, Action<string> warn)
    {
        var words = text.Split(':');
        if (words.Length > 3)
        {
            throw Bad(text, "SRC:DEST[:OPTIONS] is expected, and no colon in a path");
        }
        var source = words.Length > 1 ? words[0] : null;
        if (source is not null && !source.StartsWith('/'))
        {
            throw Bad(text, source.Length == 0 ? "the source is missing" : $"\"{source}\" is no absolute path, and volumes with names are not kept here");
        }
        var destination = Clean(words[^(words.Length == 3 ? 2 : 1)]) ?? throw Bad(text, "the destination must be an absolute path other than / and without \"..\"");
        return new BindMount(source is null ? null : AbsolutePath.Of(source), destination, OptionsOf(words.Length == 3 ? words[2] : "", text, warn));
    }

    /// <summary>Null: no path that can be mounted on.</summary>
    public static string? Clean(string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal) || path.Split('/').Contains(".."))
        {
            return null;
        }
        var clean = AbsolutePath.Of(path);
        return clean == "/" ? null : clean;
    }

    // rprivate, since what is mounted in the container is nobody else's; rbind, since what is mounted in the source belongs to it.
    private static List<string> OptionsOf(string text, string whole, Action<string> warn)
    {
        var (bind, access, propagation) = ("rbind", "rw", "rprivate");
        foreach (var word in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (word)
            {
                case "ro" or "rw":
                    access = word;
                    break;
                case "bind" or "rbind":
                    bind = word;
                    break;
                case "private" or "rprivate" or "shared" or "rshared" or "slave" or "rslave":
                    propagation = word;
                    break;
                case "z" or "Z":
                    warn($"-v {whole}: \"{word}\" is ignored: nothing is labelled for SELinux here");
                    break;
                case "cached" or "delegated" or "consistent" or "nocopy":
                    break;
                default:
                    throw Bad(whole, $"\"{word}\" is no option: ro, rw, bind, rbind, private, rprivate, shared, rshared, slave, rslave are");
            }
        }
        return [bind, propagation, access];
    }

    private static UsageError Bad(string text, string problem) => new($"-v {text}: {problem}");
}
