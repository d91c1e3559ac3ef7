using System.Globalization;

namespace SharpRun.Oci.Dockerfiles;

/// <summary>Durations in Go's words: "300ms", "1m30s", "1.5h".</summary>
static class Duration
{
    private static readonly (string Unit, decimal Nanoseconds)[] s_units =
    [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ];

    /// <summary>Nanoseconds; docker takes nothing shorter than a millisecond but 0.</summary>
    public static bool TryParse(string text, out long nanoseconds)
    {
        nanoseconds = 0;
        decimal sum = 0;
        var at = 0;
        while (at < text.Length)
        {
            var digits = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            {
                at++;
            }
            var unit = at;
            while (at < text.Length && !char.IsAsciiDigit(text[at]) && text[at] != '.')
            {
                at++;
            }
            var row = System.Array.Find(s_units, one => one.Unit == text[unit..at]);
            if (row.Unit is null || !decimal.TryParse(text[digits..unit], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || number > long.MaxValue / row.Nanoseconds)
            {
                return false;
            }
            sum += number * row.Nanoseconds;
        }
        if (text.Length == 0 || sum > long.MaxValue || sum is > 0 and < 1_000_000)
        {
            return text == "0";
        }
        nanoseconds = (long)sum;
        return true;
    }
}
