using System;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SharpRun.Cni;

/// <summary>Addresses as text, read as every other reader of these documents reads them, and as numbers.</summary>
public static class IpText
{
    /// <summary>Four decimal numbers, or IPv6 without brackets and zone. An IPv4 address in IPv6's clothes is the IPv4 address.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        // The BCL also reads "10.1", "0x0a.1", octal numbers, "[::1]" and "fe80::1%eth0".
        if (CniCheck.AddressHasNoZone.Fails(text.ContainsAny('%', '[', ']')) || CniCheck.AddressIsDotted.Fails(!text.Contains(':') && !IsDotted(text))
            || !IPAddress.TryParse(text, out var parsed))
        {
            return false;
        }
        address = CniCheck.MappedAddressIsIPv4.Fails(parsed.IsIPv4MappedToIPv6) ? parsed.MapToIPv4() : parsed;
        return true;
    }

    /// <summary>With or without the length of a prefix, which is left out.</summary>
    public static bool TryParseLoose(string text, out IPAddress address)
    {
        if (Cidr.TryParse(text, out var cidr))
        {
            address = cidr.Address;
            return true;
        }
        return TryParse(text, out address);
    }

    public static bool IsV6(this IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>0.0.0.0 or ::, all addresses of the host.</summary>
    public static bool IsAny(this IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    public static UInt128 ToNumber(this IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        return length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    public static IPAddress ToAddress(UInt128 number, bool isV6)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return new IPAddress(isV6 ? bytes : bytes[12..]);
    }

    private static bool IsDotted(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var part in text.Split('.'))
        {
            var number = text[part];
            parts++;
            if (number.Length is 0 or > 3 || number.ContainsAnyExceptInRange('0', '9') || CniCheck.AddressIsNotOctal.Fails(number.Length > 1 && number[0] == '0'))
            {
                return false;
            }
        }
        return parts == 4;
    }
}
