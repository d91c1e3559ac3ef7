using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;

namespace SharpRun.RandomBundles;

/// <summary>conformance/random-differences.txt: what the runtimes do otherwise, with the reason. A line: a regular expression, two blanks or more, the
/// reason. The expression is compared with each line of a difference: "- " is what only sharprun shows, "+ " what only the other does.</summary>
sealed class Known
{
    private readonly List<(Regex Line, string Reason)> _differences;

    public Known(string path) => _differences = [.. File.ReadLines(path)
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => Regex.Split(line, "  +", RegexOptions.None))
        .Select(words => (new Regex(words[0], RegexOptions.CultureInvariant), words[^1]))];

    public bool Explains(string line)
    {
        foreach (var (expression, _) in _differences)
        {
            if (expression.IsMatch(line))
            {
                return true;
            }
        }
        return false;
    }
}
