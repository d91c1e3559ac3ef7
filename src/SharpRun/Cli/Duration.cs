using System;
using System.Globalization;

namespace SharpRun.Cli;

/// <summary>A span of time as managers write it: numbers with units, "5s", "500ms", "1m30s", "1.5h".</summary>
static class Duration
{
    /// <summary>Nanoseconds; null when it is none.</summary>
    public static long? Parse(string text)
    {
        var rest = text.AsSpan();
        var isNegative = rest is ['-', ..];
        rest = rest is ['-' or '+', ..] ? rest[1..] : rest;
        if (rest is "0")
        {
            return 0;
        }
        decimal sum = 0;
        do
        {
            var digits = 0;
            while (digits < rest.Length && IsOfNumber(rest[digits]))
            {
                digits++;
            }
            var end = digits;
            while (end < rest.Length && !IsOfNumber(rest[end]))
            {
                end++;
            }
            if (Unit(rest[digits..end]) is not { } unit
                || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || number > (decimal)long.MaxValue / unit || (sum += number * unit) > long.MaxValue)
            {
                return null;
            }
            rest = rest[end..];
        }
        while (rest.Length > 0);
        return (long)(isNegative ? -sum : sum);
    }

    private static bool IsOfNumber(char letter) => char.IsAsciiDigit(letter) || letter == '.';

    private static long? Unit(ReadOnlySpan<char> unit) => unit switch
    {
        "ns" => 1,
        "us" or "µs" or "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => null,
    };
}
