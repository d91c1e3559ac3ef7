using System;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SharpRun.Cni;

/// <summary>An address and the length of its network's prefix, "10.83.0.7/24"; the host's part may be zero: then it names the network.</summary>
public readonly record struct Cidr(IPAddress Address, int PrefixLength)
{
    public bool IsV6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    public override string ToString() => $"{Address}/{PrefixLength}";

    public static bool TryParse(string text, out Cidr cidr)
    {
        cidr = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || text.Contains('%') || !IPAddress.TryParse(text.AsSpan(0, slash), out var address)
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > (address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32))
        {
            return false;
        }
        cidr = new Cidr(address, length);
        return true;
    }
}
