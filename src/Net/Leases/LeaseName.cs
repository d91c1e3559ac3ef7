using System;
using System.Globalization;
using System.Net;
using System.Text;
using SharpRun.Cni;

namespace SharpRun.Net.Leases;

/// <summary>The name of a lease's file: the address as Go's net.IP writes it (RFC 5952). The BCL ends some IPv6 addresses in IPv4's form ("::1.2.3.4"),
/// which would be a second file for the same address.</summary>
static class LeaseName
{
    private const int Groups = 8;

    public static string Of(IPAddress address)
    {
        if (!address.IsV6())
        {
            return address.ToString();
        }
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        var (start, length) = LongestZeros(bytes);
        var text = new StringBuilder(39);
        for (var i = 0; i < Groups; i++)
        {
            if (i == start)
            {
                text.Append("::");
                i += length - 1;
                continue;
            }
            if (text.Length > 0 && text[^1] != ':')
            {
                text.Append(':');
            }
            text.Append(CultureInfo.InvariantCulture, $"{Group(bytes, i):x}");
        }
        return text.ToString();
    }

    // The first of the longest runs of two or more groups of zero; its start is -1 when there is none.
    private static (int Start, int Length) LongestZeros(ReadOnlySpan<byte> bytes)
    {
        var (best, bestLength) = (-1, 1);
        for (var i = 0; i < Groups; i++)
        {
            var end = i;
            while (end < Groups && Group(bytes, end) == 0)
            {
                end++;
            }
            if (end - i > bestLength)
            {
                (best, bestLength) = (i, end - i);
            }
        }
        return (best, bestLength);
    }

    private static int Group(ReadOnlySpan<byte> bytes, int index) => (bytes[2 * index] << 8) | bytes[(2 * index) + 1];
}
