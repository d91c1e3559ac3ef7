using System;
using System.Globalization;

namespace SharpRun.Netlink;

/// <summary>Hardware addresses as text: bytes in hexadecimal, with colons.</summary>
public static class MacAddress
{
    private const int Bytes = 6;

    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        var text = Convert.ToHexStringLower(bytes);
        for (var at = bytes.Length - 1; at > 0; at--)
        {
            text = text.Insert(at * 2, ":");
        }
        return text;
    }

    /// <summary>Six bytes with colons or dashes; that of no group, and not all zero: such a one can be an interface's own.</summary>
    public static bool TryParse(string text, out byte[] bytes)
    {
        bytes = new byte[Bytes];
        if (text.Length != Bytes * 3 - 1)
        {
            return false;
        }
        for (var at = 0; at < Bytes; at++)
        {
            if (!byte.TryParse(text.AsSpan(at * 3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[at])
                || (at > 0 && text[at * 3 - 1] is not (':' or '-')))
            {
                return false;
            }
        }
        return (bytes[0] & 1) == 0 && bytes.AsSpan().ContainsAnyExcept((byte)0);
    }
}
