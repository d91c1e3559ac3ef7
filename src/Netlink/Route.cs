using System;
using System.Net;
using System.Runtime.InteropServices;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Netlink;

/// <summary>struct rtmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
public record struct RtMsg(byte Family)
{
    public byte Family = Family, DestinationLength, SourceLength, Tos, Table, Protocol, Scope, Type;
    public uint Flags;

    public const int Length = 12;
}

/// <summary>A unicast route as RTM_NEWROUTE tells it, or as it is to be made. Zero: not told, or the kernel's choice.</summary>
public sealed record Route(IPAddress Destination, int PrefixLength)
{
    public IPAddress? Gateway { get; init; }

    public int Interface { get; init; }

    public uint Table { get; init; } = RT_TABLE_MAIN;

    public uint Priority { get; init; }

    public byte Scope { get; init; }

    public uint Mtu { get; init; }

    public uint AdvMss { get; init; }

    /// <summary>The gateway counts as reachable although no address of the interface has it in its network.</summary>
    public bool IsOnLink { get; init; }

    /// <summary>It has several next hops, which are not told here.</summary>
    public bool IsMultipath { get; init; }

    /// <summary>Null when it is no unicast route of IPv4 or IPv6.</summary>
    public static Route? From(ReadOnlySpan<byte> payload)
    {
        if (NetlinkCheck.RouteHasItsHeader.Fails(payload.Length < RtMsg.Length))
        {
            return null;
        }
        var header = MemoryMarshal.Read<RtMsg>(payload);
        if (NetlinkCheck.RouteIsOfIP.Fails(header.Family is not (AF_INET or AF_INET6)) || NetlinkCheck.RouteIsUnicast.Fails(header.Type != RTN_UNICAST))
        {
            return null;
        }
        // A default route has no destination.
        var any = header.Family == AF_INET ? IPAddress.Any : IPAddress.IPv6Any;
        var route = new Route(any, header.DestinationLength) { Table = header.Table, Scope = header.Scope, IsOnLink = (header.Flags & RTNH_F_ONLINK) != 0 };
        var attributes = new AttributeReader(payload[RtMsg.Length..]);
        while (attributes.Next())
        {
            route = route.With(attributes);
        }
        return route;
    }

    private Route With(AttributeReader attribute) => attribute.Type switch
    {
        RTA_DST when NetlinkCheck.DestinationHasItsLength.Passes(attribute.Value.Length is 4 or 16) => this with { Destination = new IPAddress(attribute.Value) },
        RTA_GATEWAY when NetlinkCheck.GatewayHasItsLength.Passes(attribute.Value.Length is 4 or 16) => this with { Gateway = new IPAddress(attribute.Value) },
        RTA_OIF => this with { Interface = (int)attribute.UInt32 },
        RTA_TABLE => this with { Table = attribute.UInt32 },
        RTA_PRIORITY => this with { Priority = attribute.UInt32 },
        RTA_METRICS => WithMetrics(attribute.Inside),
        RTA_MULTIPATH => this with { IsMultipath = true },
        _ => this,
    };

    private Route WithMetrics(AttributeReader metrics)
    {
        var (mtu, advMss) = (Mtu, AdvMss);
        while (metrics.Next())
        {
            mtu = metrics.Type == RTAX_MTU ? metrics.UInt32 : mtu;
            advMss = metrics.Type == RTAX_ADVMSS ? metrics.UInt32 : advMss;
        }
        return this with { Mtu = mtu, AdvMss = advMss };
    }
}
