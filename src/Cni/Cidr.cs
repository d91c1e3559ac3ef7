using System;
using System.Globalization;
using System.Net;

namespace SharpRun.Cni;

/// <summary>An address and the length of its network's prefix, "10.83.0.7/24"; the host's part may be zero: then it names the network.</summary>
public readonly record struct Cidr(IPAddress Address, int PrefixLength)
{
    public bool IsV6 => Address.IsV6();

    /// <summary>The same prefix with the host's part zero.</summary>
    public Cidr Network => new(IpText.ToAddress(Address.ToNumber() & ~HostMask, IsV6), PrefixLength);

    /// <summary>The host's part all ones: IPv4's broadcast address.</summary>
    public IPAddress Last => IpText.ToAddress(Address.ToNumber() | HostMask, IsV6);

    public bool IsNetwork => (Address.ToNumber() & HostMask) == 0;

    private UInt128 HostMask => PrefixLength == 0 && IsV6 ? UInt128.MaxValue : (UInt128.One << ((IsV6 ? 128 : 32) - PrefixLength)) - 1;

    public bool Contains(IPAddress address) => address.IsV6() == IsV6 && ((address.ToNumber() ^ Address.ToNumber()) & ~HostMask) == 0;

    public override string ToString() => $"{Address}/{PrefixLength}";

    public static bool TryParse(string text, out Cidr cidr)
    {
        cidr = default;
        var slash = text.IndexOf('/');
        if (slash < 0 || !IpText.TryParse(text.AsSpan(0, slash), out var address)
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || CniCheck.PrefixIsShort.Fails(length > (address.IsV6() ? 128 : 32)))
        {
            return false;
        }
        cidr = new Cidr(address, length);
        return true;
    }
}
