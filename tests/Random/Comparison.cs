using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;

namespace SharpRun.RandomBundles;

/// <summary>The same config lived twice.</summary>
sealed class Comparison(World world, string ours, string peer, Known known)
{
    /// <summary>The lines that only one of them shows and that are no known difference, in order of what they are about.</summary>
    public List<string> Differences(IReadOnlyList<Choice> choices, out string said)
    {
        var (first, second) = (Live(choices, ours), Live(choices, peer));
        said = $"{Indented("sharprun", first.Said)}{Indented("peer", second.Said)}";
        List<string> lines = [.. first.Seen.Except(second.Seen).Select(line => "- " + line).Concat(second.Seen.Except(first.Seen).Select(line => "+ " + line))
            .OrderBy(line => line[2..], StringComparer.Ordinal)];
        var ends = lines.Where(IsEnd).Select(line => IsRefusal(line) ? $"{line}: {(line[0] == '-' ? first : second).LastWords}" : line).ToList();
        // What follows from a refusal is long, and no matter of its own.
        return ends.Count == 0 ? [.. lines.Where(line => !known.Explains(line))] : ends.Where(IsRefusal).All(known.Explains) ? [] : ends;
    }

    private static bool IsEnd(string line) => line[2..].Split(' ') is ["create:" or "start:" or "run:", ..] or ["inside:", "ended" or "hangs"];

    private static bool IsRefusal(string line) => line.Contains("refused", StringComparison.Ordinal) || line[2..].StartsWith("run: ended with 1",
        StringComparison.Ordinal);

    private Life Live(IReadOnlyList<Choice> choices, string runtime) => Life.Of(Config.Build(choices, world), world, runtime);

    /// <summary>Leaves out what the difference does not need, as far as ten seconds go. It has to stay a difference of the same line.</summary>
    public List<Choice> Smallest(IReadOnlyList<Choice> choices, string difference, ref List<string> differences, ref string said)
    {
        var rest = choices.ToList();
        var watch = Stopwatch.StartNew();
        for (var i = rest.Count - 1; i >= 0 && watch.Elapsed.TotalSeconds < 10; i--)
        {
            var without = rest.Where((_, index) => index != i).ToList();
            var left = Differences(without, out var words);
            if (left.Any(line => About(line) == About(difference)))
            {
                (rest, differences, said) = (without, left, words);
            }
        }
        return rest;
    }

    /// <summary>"- inside mountinfo: /mnt over /: ..." is about "- inside mountinfo: /mnt".</summary>
    public static string About(string line) => string.Join(' ', line.Split(' ').Take(4));

    private static string Indented(string who, string text) =>
        string.Concat(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"    {who}: {line}\n"));
}
