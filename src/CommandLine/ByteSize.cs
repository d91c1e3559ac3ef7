using System;
using System.Globalization;

namespace SharpRun.CommandLine;

/// <summary>Amounts of memory as people write them for docker and runc: 67108864, 64m, 64M, 64MB, 64MiB, 1.5g, "64 m"; a kilobyte is 1024 bytes.</summary>
public static class ByteSize
{
    private const string Units = "bkmgtp";

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var length = 0;
        while (length < text.Length && (char.IsAsciiDigit(text[length]) || text[length] == '.'))
        {
            length++;
        }
        var unit = text.AsSpan(length);
        if (length > 0 && unit.StartsWith(" "))
        {
            unit = unit[1..];
        }
        var power = unit.IsEmpty ? 0 : Units.IndexOf(char.ToLowerInvariant(unit[0]), StringComparison.Ordinal);
        var tail = unit.IsEmpty ? unit : unit[1..];
        var isUnit = tail.IsEmpty || (power > 0 && (tail is "b" or "B" || tail.Equals("ib", StringComparison.OrdinalIgnoreCase)));
        if (power < 0 || !isUnit
            || !decimal.TryParse(text.AsSpan(0, length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number > long.MaxValue >> (10 * power))
        {
            return false;
        }
        bytes = (long)(number * (1L << (10 * power)));
        return true;
    }
}
