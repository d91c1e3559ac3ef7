using System;
using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Netlink;

/// <summary>What stands behind the header of a request of rtnetlink(7).</summary>
public static class RtNetlinkWriter
{
    // What the kernel gives to an Ethernet link of its own (ETH_DATA_LEN).
    public const int DefaultMtu = 1500;

    /// <summary>RTM_GETLINK and RTM_DELLINK by name.</summary>
    public static MessageWriter LinkName(this MessageWriter writer, string name) =>
        writer.Struct(new IfInfoMsg(AF_UNSPEC)).Attribute(IFLA_IFNAME, name);

    /// <summary>RTM_GETLINK by name or, without one, by index; without the counters, which are most of an answer.</summary>
    public static MessageWriter LinkQuestion(this MessageWriter writer, string name, int index = 0)
    {
        writer.Struct(new IfInfoMsg(AF_UNSPEC, index));
        return (name.Length > 0 ? writer.Attribute(IFLA_IFNAME, name) : writer).UInt32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    }

    /// <summary>A dump of RTM_GETLINK: the ports of one bridge that are veths.</summary>
    public static MessageWriter PortsQuestion(this MessageWriter writer, int bridge) =>
        writer.Struct(new IfInfoMsg(AF_UNSPEC)).UInt32(IFLA_MASTER, (uint)bridge).UInt32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
            .Nest(IFLA_LINKINFO, static info => info.Attribute(IFLA_INFO_KIND, "veth"));

    /// <summary>A new bridge, down. Its hardware address is told, because one that the kernel chose would change with the ports.</summary>
    public static MessageWriter NewBridge(this MessageWriter writer, string name, byte[] mac, int mtu, bool vlanFiltering) =>
        writer.Struct(new IfInfoMsg(AF_UNSPEC)).Attribute(IFLA_IFNAME, name).Attribute(IFLA_ADDRESS, mac).Mtu(mtu)
            .Nest(IFLA_LINKINFO, info =>
            {
                info.Attribute(IFLA_INFO_KIND, "bridge");
                if (vlanFiltering)
                {
                    info.Nest(IFLA_INFO_DATA, static data => data.Byte(IFLA_BR_VLAN_FILTERING, 1));
                }
            });

    public static MessageWriter VlanFiltering(this MessageWriter writer, int bridge) =>
        writer.Struct(new IfInfoMsg(AF_UNSPEC, bridge)).Nest(IFLA_LINKINFO, static info => info.Attribute(IFLA_INFO_KIND, "bridge")
            .Nest(IFLA_INFO_DATA, static data => data.Byte(IFLA_BR_VLAN_FILTERING, 1)));

    /// <summary>A link that carries one VLAN of the link below, up.</summary>
    public static MessageWriter NewVlan(this MessageWriter writer, string name, int below, int vlan) =>
        writer.Struct(new IfInfoMsg(AF_UNSPEC, 0, IFF_UP, IFF_UP)).Attribute(IFLA_IFNAME, name).UInt32(IFLA_LINK, (uint)below)
            .Nest(IFLA_LINKINFO, info => info.Attribute(IFLA_INFO_KIND, "vlan")
                .Nest(IFLA_INFO_DATA, data => data.UInt16(IFLA_VLAN_ID, (ushort)vlan)));

    /// <summary>A pair: this end a port of the bridge and up, the other end in the namespace of the descriptor and down (the kernel sets no end up that
    /// has no peer yet).</summary>
    public static MessageWriter NewPair(this MessageWriter writer, string name, int bridge, int mtu, int peerNetNs, string peerName, byte[]? peerMac) =>
        writer.Struct(new IfInfoMsg(AF_UNSPEC, 0, IFF_UP, IFF_UP)).Attribute(IFLA_IFNAME, name).Mtu(mtu).UInt32(IFLA_MASTER, (uint)bridge)
            .Nest(IFLA_LINKINFO, info => info.Attribute(IFLA_INFO_KIND, "veth").Nest(IFLA_INFO_DATA, data => data.Nest(VETH_INFO_PEER, peer =>
            {
                peer.Struct(new IfInfoMsg(AF_UNSPEC)).Attribute(IFLA_IFNAME, peerName).Mtu(mtu).UInt32(IFLA_NET_NS_FD, (uint)peerNetNs);
                if (peerMac is not null)
                {
                    peer.Attribute(IFLA_ADDRESS, peerMac);
                }
            })));

    /// <summary>The alias of a bridge's port, and how the bridge treats it.</summary>
    public static MessageWriter Port(this MessageWriter writer, string name, string alias, bool hairpin, bool isolated) =>
        writer.Struct(new IfInfoMsg(AF_UNSPEC)).Attribute(IFLA_IFNAME, name).Attribute(IFLA_IFALIAS, alias)
            .Nest(IFLA_LINKINFO, info => info.Attribute(IFLA_INFO_SLAVE_KIND, "bridge").Nest(IFLA_INFO_SLAVE_DATA, data =>
            {
                data.Byte(IFLA_BRPORT_MODE, hairpin ? (byte)1 : (byte)0);
                if (isolated)
                {
                    data.Byte(IFLA_BRPORT_ISOLATED, 1);
                }
            }));

    /// <summary>RTM_SETLINK: flags of IFF_.</summary>
    public static MessageWriter LinkFlags(this MessageWriter writer, int index, uint flags) =>
        writer.Struct(new IfInfoMsg(AF_UNSPEC, index, flags, flags));

    /// <summary>RTM_SETLINK: when it comes up, or is given its hardware address, an interface tells its IPv4 addresses to all (arp_notify of sysctl).</summary>
    public static MessageWriter ArpNotify(this MessageWriter writer, int index) =>
        writer.Struct(new IfInfoMsg(AF_UNSPEC, index)).Nest(IFLA_AF_SPEC, static families => families.Nest(AF_INET, static inet =>
            inet.Nest(IFLA_INET_CONF, static conf => conf.UInt32(IPV4_DEVCONF_ARP_NOTIFY, 1))));

    /// <summary>RTM_SETLINK (more VLANs) and RTM_DELLINK (fewer) of a bridge's port, or of the bridge itself.</summary>
    public static MessageWriter Vlans(this MessageWriter writer, int index, bool isBridge, params ReadOnlySpan<(int First, int Last, int Flags)> vlans)
    {
        var ranges = vlans.ToArray();
        return writer.Struct(new IfInfoMsg(AF_BRIDGE, index)).Nest(IFLA_AF_SPEC, spec =>
        {
            spec.UInt16(IFLA_BRIDGE_FLAGS, isBridge ? BRIDGE_FLAGS_SELF : BRIDGE_FLAGS_MASTER);
            foreach (var (first, last, flags) in ranges)
            {
                if (first == last)
                {
                    spec.Vlan(first, flags);
                }
                else
                {
                    spec.Vlan(first, flags | BRIDGE_VLAN_INFO_RANGE_BEGIN).Vlan(last, flags | BRIDGE_VLAN_INFO_RANGE_END);
                }
            }
        });
    }

    /// <summary>RTM_NEWADDR, RTM_DELADDR.</summary>
    public static MessageWriter Address(this MessageWriter writer, int index, IPAddress address, int prefixLength, uint flags = 0)
    {
        var bytes = address.GetAddressBytes();
        writer.Struct(new IfAddrMsg(FamilyOf(address), (byte)prefixLength, index)).Attribute(IFA_LOCAL, bytes).Attribute(IFA_ADDRESS, bytes);
        if (bytes.Length == 4 && prefixLength < 31)
        {
            // The kernel has none of its own accord.
            var broadcast = BinaryPrimitives.ReadUInt32BigEndian(bytes) | (uint)((1UL << (32 - prefixLength)) - 1);
            writer.BigEndian32(IFA_BROADCAST, broadcast);
        }
        return flags != 0 ? writer.UInt32(IFA_FLAGS, flags) : writer;
    }

    /// <summary>A dump of RTM_GETADDR, of one interface; AF_UNSPEC: both families.</summary>
    public static MessageWriter AddressQuestion(this MessageWriter writer, byte family, int index) => writer.Struct(new IfAddrMsg(family, 0, index));

    /// <summary>A dump of RTM_GETROUTE, of all tables.</summary>
    public static MessageWriter RouteQuestion(this MessageWriter writer, byte family) => writer.Struct(new RtMsg(family));

    /// <summary>RTM_NEWROUTE.</summary>
    public static MessageWriter Route(this MessageWriter writer, Route route)
    {
        writer.Struct(new RtMsg(FamilyOf(route.Destination))
        {
            DestinationLength = (byte)route.PrefixLength,
            Table = route.Table <= byte.MaxValue ? (byte)route.Table : RT_TABLE_UNSPEC,
            Protocol = RTPROT_BOOT,
            Scope = route.Scope,
            Type = RTN_UNICAST,
            Flags = route.IsOnLink ? RTNH_F_ONLINK : 0,
        });
        if (route.PrefixLength > 0)
        {
            writer.Attribute(RTA_DST, route.Destination.GetAddressBytes());
        }
        if (route.Gateway is { } gateway)
        {
            writer.Attribute(RTA_GATEWAY, gateway.GetAddressBytes());
        }
        writer.UInt32(RTA_OIF, (uint)route.Interface).NotZero(RTA_PRIORITY, route.Priority);
        if (route.Table > byte.MaxValue)
        {
            writer.UInt32(RTA_TABLE, route.Table);
        }
        return route.Mtu == 0 && route.AdvMss == 0
            ? writer
            : writer.Nest(RTA_METRICS, metrics => metrics.NotZero(RTAX_MTU, route.Mtu).NotZero(RTAX_ADVMSS, route.AdvMss));
    }

    public static byte FamilyOf(IPAddress address) => address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? AF_INET6 : AF_INET;

    private static MessageWriter Mtu(this MessageWriter writer, int mtu) => mtu is 0 or DefaultMtu ? writer : writer.UInt32(IFLA_MTU, (uint)mtu);

    private static MessageWriter NotZero(this MessageWriter writer, int type, uint value) => value == 0 ? writer : writer.UInt32(type, value);

    // struct bridge_vlan_info.
    private static MessageWriter Vlan(this MessageWriter writer, int vlan, int flags)
    {
        Span<ushort> info = [(ushort)flags, (ushort)vlan];
        return writer.Attribute(IFLA_BRIDGE_VLAN_INFO, MemoryMarshal.AsBytes(info));
    }
}
