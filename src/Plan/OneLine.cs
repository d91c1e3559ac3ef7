using System;
using System.Globalization;
using System.Text;

namespace SharpRun.Planning;

/// <summary>A sentence quotes what the bundle says. Its control characters could write on the reader's terminal, and its length fill his log,
/// so they are written as `\x1b`, and the middle of a long text is left out.</summary>
public static class OneLine
{
    private const int Longest = 1000, Head = 700;

    public static string Of(string text)
    {
        if (text.Length > Longest)
        {
            text = $"{text.AsSpan(0, Head)} ... {text.AsSpan(text.Length - (Longest - Head))}";
        }
        foreach (var letter in text)
        {
            if (IsControl(letter))
            {
                return Escaped(text);
            }
        }
        return text;
    }

    private static string Escaped(string text)
    {
        var line = new StringBuilder(text.Length + 16);
        foreach (var letter in text)
        {
            _ = letter switch
            {
                '\n' => line.Append("\\n"),
                '\t' => line.Append("\\t"),
                '\r' => line.Append("\\r"),
                < '\x80' when char.IsControl(letter) => line.Append(CultureInfo.InvariantCulture, $"\\x{(int)letter:x2}"),
                _ when IsControl(letter) => line.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => line.Append(letter),
            };
        }
        return line.ToString();
    }

    // Also the line separators, and what turns the direction of a text around.
    private static bool IsControl(char letter) =>
        char.IsControl(letter) || letter is '\u2028' or '\u2029' or '\u061c' or (>= '\u200e' and <= '\u200f') or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
