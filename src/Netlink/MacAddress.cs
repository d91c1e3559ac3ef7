using System;

namespace SharpRun.Netlink;

/// <summary>Hardware addresses as text: bytes in hexadecimal, with colons.</summary>
public static class MacAddress
{
    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        var text = Convert.ToHexStringLower(bytes);
        for (var at = bytes.Length - 1; at > 0; at--)
        {
            text = text.Insert(at * 2, ":");
        }
        return text;
    }

    /// <summary>Of a text that is known to be one.</summary>
    public static byte[] ToBytes(string text) => Convert.FromHexString(text.Replace(":", "", StringComparison.Ordinal));
}
