using System;
using System.Globalization;
using System.Text;

namespace SharpRun.DBus;

/// <summary>Where a bus is (D-Bus specification, "Server Addresses"): "unix:path=/run/dbus/system_bus_socket,guid=…;unix:abstract=/x".</summary>
public static class BusAddress
{
    /// <summary>The first socket of the list that we can connect to: its path, or "@name" for an abstract one; null when there is none.</summary>
    public static string? SocketOf(string addresses)
    {
        foreach (var address in addresses.Split(';'))
        {
            if (!address.StartsWith("unix:", StringComparison.Ordinal))
            {
                continue;
            }
            foreach (var pair in address["unix:".Length..].Split(','))
            {
                if (pair.StartsWith("path=", StringComparison.Ordinal))
                {
                    return Unescape(pair["path=".Length..]);
                }
                if (pair.StartsWith("abstract=", StringComparison.Ordinal))
                {
                    return "@" + Unescape(pair["abstract=".Length..]);
                }
            }
        }
        return null;
    }

    private static string Unescape(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length
                && byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                bytes[length++] = value;
                i += 2;
            }
            else
            {
                length += Encoding.UTF8.GetBytes(text.AsSpan(i, 1), bytes.AsSpan(length));
            }
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }
}
