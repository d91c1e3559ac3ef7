using System;
using System.Globalization;
using System.Text;

namespace SharpRun.Json;

/// <summary>A sentence quotes what a registry or an image says. Its control characters could write on the reader's terminal, and its length
/// fill his log, so they are written as `\u001b`, and the middle of a long text is left out.</summary>
public static class OneLine
{
    private const int Longest = 1500, Head = 1000;

    public static string Of(string text)
    {
        if (text.Length > Longest)
        {
            text = string.Concat(text.AsSpan(0, Head), " ... ", text.AsSpan(text.Length - (Longest - Head)));
        }
        var line = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            _ = IsUnfit(letter) ? line.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}") : line.Append(letter);
        }
        return line.ToString();
    }

    // Also the line separators, and what turns the direction of a text around.
    private static bool IsUnfit(char letter) =>
        char.IsControl(letter)
        || letter is '\u2028' or '\u2029' or '\u061c' or (>= '\u200e' and <= '\u200f') or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
