using System;
using System.Globalization;

namespace SharpRun.Cni;

/// <summary>Ethernet addresses.</summary>
public static class MacText
{
    private const int Length = 6;

    /// <summary>"02:00:00:00:00:01" from that, "02-00-…" or "0200.0000.0001"; null for what is none, or none that an interface can have
    /// (zero, or a group's).</summary>
    public static string? Parse(string text)
    {
        var digits = text.Length switch
        {
            17 when text[2] is ':' or '-' && text.Split(text[2]) is { Length: Length } parts && Array.TrueForAll(parts, part => part.Length == 2) => string.Concat(parts),
            14 when text.Split('.') is { Length: 3 } parts && Array.TrueForAll(parts, part => part.Length == 4) => string.Concat(parts),
            _ => "",
        };
        if (CniCheck.MacIsSixPairs.Fails(!ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) || number == 0)
            || CniCheck.MacIsNoGroups.Fails((number >> 40 & 1) != 0))
        {
            return null;
        }
        Span<char> mac = stackalloc char[3 * Length - 1];
        mac.Fill(':');
        for (var i = 0; i < Length; i++)
        {
            digits.AsSpan(2 * i, 2).ToLowerInvariant(mac[(3 * i)..]);
        }
        return mac.ToString();
    }
}
