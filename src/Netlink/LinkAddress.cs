using System;
using System.Net;
using System.Runtime.InteropServices;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Netlink;

/// <summary>struct ifaddrmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
public record struct IfAddrMsg(byte Family, byte PrefixLength = 0, int Index = 0)
{
    public byte Family = Family, PrefixLength = PrefixLength, Flags, Scope;
    public int Index = Index;

    public const int Length = 8;
}

/// <summary>An interface's address as RTM_NEWADDR tells it.</summary>
public readonly record struct LinkAddress(int Index, IPAddress Address, int PrefixLength, uint Flags)
{
    /// <summary>Null when it is not one of IPv4 or IPv6.</summary>
    public static LinkAddress? From(ReadOnlySpan<byte> payload)
    {
        if (NetlinkCheck.AddressHasItsHeader.Fails(payload.Length < IfAddrMsg.Length))
        {
            return null;
        }
        var header = MemoryMarshal.Read<IfAddrMsg>(payload);
        uint flags = header.Flags;
        ReadOnlySpan<byte> address = default, local = default;
        var attributes = new AttributeReader(payload[IfAddrMsg.Length..]);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case IFA_ADDRESS:
                    address = attributes.Value;
                    break;
                case IFA_LOCAL:
                    local = attributes.Value;
                    break;
                case IFA_FLAGS:
                    flags = attributes.UInt32;
                    break;
            }
        }
        // IFA_ADDRESS is the other end's on a point-to-point link; IPv6 has IFA_LOCAL only there (linux/if_addr.h).
        var own = local.IsEmpty ? address : local;
        return NetlinkCheck.AddressHasItsLength.Passes(own.Length is 4 or 16) ? new LinkAddress(header.Index, new IPAddress(own), header.PrefixLength, flags) : null;
    }
}
