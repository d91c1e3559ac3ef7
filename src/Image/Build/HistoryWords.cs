using System.Collections.Generic;
using System.Linq;
using System.Text;
using SharpRun.Oci.Dockerfiles;

namespace SharpRun.Image.Build;

/// <summary>created_by of the history, in the words of docker's BuildKit, without its "# buildkit".</summary>
static class HistoryWords
{
    /// <summary>"RUN |1 VERSION=2 /bin/sh -c make": the number of ARGs, and them.</summary>
    public static string OfRun(IReadOnlyList<string> command, IReadOnlyList<Variable> arguments)
    {
        var text = new StringBuilder("RUN ");
        if (arguments.Count > 0)
        {
            text.Append('|').Append(arguments.Count).Append(' ').AppendJoin(' ', arguments.Select(argument => $"{argument.Name}={argument.Value}")).Append(' ');
        }
        return text.AppendJoin(' ', command).ToString();
    }

    public static string OfPairs(string keyword, IEnumerable<Variable> pairs) =>
        $"{keyword} {string.Join(' ', pairs.Select(pair => $"{pair.Name}={pair.Value}"))}";

    public static string OfArguments(IEnumerable<RawPair> pairs) =>
        $"ARG {string.Join(' ', pairs.Select(pair => pair.Value is null ? pair.Name : $"{pair.Name}={pair.Value}"))}";

    /// <summary>CMD ["a" "b"]: Go's %q of a list.</summary>
    public static string OfList(string keyword, IEnumerable<string> words) => $"{keyword} [{string.Join(' ', words.Select(Quoted))}]";

    private static string Quoted(string word)
    {
        var text = new StringBuilder("\"");
        foreach (var letter in word)
        {
            _ = letter switch
            {
                '"' or '\\' => text.Append('\\').Append(letter),
                '\n' => text.Append("\\n"),
                '\t' => text.Append("\\t"),
                '\r' => text.Append("\\r"),
                _ => text.Append(letter),
            };
        }
        return text.Append('"').ToString();
    }
}
