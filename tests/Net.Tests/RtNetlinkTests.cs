using System;
using System.Net;
using SharpRun.Net.Links;
using SharpRun.Netlink;
using Xunit;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Tests;

public sealed class RtNetlinkTests
{
    [Fact]
    public void An_address_is_written_with_its_broadcast() => Assert.Equal(
        "0218000003000000" + "080002000a090002" + "080001000a090002" + "080004000a0900ff",
        Payload(writer => writer.Address(3, IPAddress.Parse("10.9.0.2"), 24)));

    [Theory]
    [InlineData("10.9.0.2", 31)]
    [InlineData("10.9.0.2", 32)]
    public void Two_addresses_have_no_broadcast(string address, int length) =>
        Assert.DoesNotContain("08000400", Payload(writer => writer.Address(3, IPAddress.Parse(address), length)), StringComparison.Ordinal);

    [Fact]
    public void All_of_IPv4_has_the_broadcast_of_all() =>
        Assert.EndsWith("08000400ffffffff", Payload(writer => writer.Address(3, IPAddress.Parse("10.9.0.2"), 0)), StringComparison.Ordinal);

    [Fact]
    public void An_IPv6_address_has_flags_and_no_broadcast() => Assert.Equal(
        "0a40000003000000" + "14000200fd000000000000000000000000000002" + "14000100fd000000000000000000000000000002" + "0800080002000000",
        Payload(writer => writer.Address(3, IPAddress.Parse("fd00::2"), 64, IFA_F_NODAD)));

    [Fact]
    public void An_address_is_read_as_it_is_written()
    {
        var written = Written(writer => writer.Address(3, IPAddress.Parse("fd00::2"), 64, IFA_F_NODAD));
        Assert.Equal(new LinkAddress(3, IPAddress.Parse("fd00::2"), 64, IFA_F_NODAD), LinkAddress.From(written));
        Assert.Null(LinkAddress.From(written.AsSpan(0, 7)));
    }

    [Fact]
    public void A_default_route_has_no_destination() => Assert.Equal(
        "02000000fe03000100000000" + "080005000a090001" + "0800040007000000",
        Payload(writer => writer.Route(new Route(IPAddress.Any, 0) { Gateway = IPAddress.Parse("10.9.0.1"), Interface = 7 })));

    [Theory]
    [InlineData("0.0.0.0", 0, "10.9.0.1", 254u, 0u, 0u, 0u, false)]
    [InlineData("10.0.0.0", 8, null, 254u, 100u, 1400u, 1360u, false)]
    [InlineData("fd00::", 8, "fd01::1", 300u, 0u, 1400u, 0u, true)]
    public void A_route_is_read_as_it_is_written(string destination, int length, string? gateway, uint table, uint priority, uint mtu, uint advMss, bool isOnLink)
    {
        var route = new Route(IPAddress.Parse(destination), length)
        {
            Gateway = gateway is null ? null : IPAddress.Parse(gateway),
            Interface = 7,
            Table = table,
            Priority = priority,
            Mtu = mtu,
            AdvMss = advMss,
            IsOnLink = isOnLink,
        };
        Assert.Equal(route, Route.From(Written(writer => writer.Route(route))));
    }

    [Fact]
    public void A_pair_has_its_peer_in_the_other_namespace() => Assert.Equal(
        "00000000000000000100000001000000"
        + "0a000300766574683100" + "0000"
        + "0800040078050000"
        + "08000a0005000000"
        + "50001280" + "0900010076657468" + "00000000"
        + "40000280" + "3c000180"
        + "00000000000000000000000000000000"
        + "090003006574683000000000"
        + "0800040078050000"
        + "08001c0009000000"
        + "0a000100020000000001" + "0000",
        Payload(writer => writer.NewPair("veth1", 5, 1400, 9, "eth0", [2, 0, 0, 0, 0, 1])));

    [Fact]
    public void Vlans_are_written_as_ranges() => Assert.Equal(
        "07000000040000000000000000000000" + "24001a80" + "0600000001000000" + "0800020008000a00" + "0800020010001400" + "0800020006006400",
        Payload(writer => writer.Vlans(4, isBridge: false, (10, 20, 0), (100, 100, BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED))));

    [Fact]
    public void A_link_is_read_with_its_kind_and_port()
    {
        var written = Written(writer => writer.Struct(new IfInfoMsg(AF_UNSPEC, 12, IFF_UP | IFF_PROMISC)).Attribute(IFLA_IFNAME, "veth1")
            .Attribute(IFLA_ADDRESS, [2, 0, 0, 0, 0, 0xA1]).UInt32(IFLA_MTU, 1400).UInt32(IFLA_LINK, 2).UInt32(IFLA_MASTER, 5).Byte(IFLA_OPERSTATE, IF_OPER_UP)
            .Attribute(IFLA_IFALIAS, "sharprun:net/c1/eth0")
            .Nest(IFLA_LINKINFO, info => info.Attribute(IFLA_INFO_KIND, "veth").Attribute(IFLA_INFO_SLAVE_KIND, "bridge")
                .Nest(IFLA_INFO_SLAVE_DATA, data => data.Byte(IFLA_BRPORT_MODE, 1).Byte(IFLA_BRPORT_ISOLATED, 1))));
        var link = Link.From(written)!;
        Assert.Equal((12, "veth1", "02:00:00:00:00:a1", 1400, 2, 5), (link.Index, link.Name, link.Mac, link.Mtu, link.Lower, link.Master));
        Assert.True(link.IsUp && link.IsPromiscuous && link.IsOperUp && link.Hairpin && link.Isolated);
        Assert.True(HostEnd.IsOf(link, "c1", "eth0"));
        Assert.True(HostEnd.IsOf(link, "net"));
        Assert.False(HostEnd.IsOf(link, "c1", "eth1") || HostEnd.IsOf(link, "1", "eth0") || HostEnd.IsOf(link, "ne"));
        Assert.Null(Link.From(written.AsSpan(0, 15)));
    }

    [Fact]
    public void A_bridge_is_read_with_its_VLANs()
    {
        var link = Link.From(Written(writer => writer.Struct(new IfInfoMsg(AF_UNSPEC, 3)).Nest(IFLA_LINKINFO, info => info.Attribute(IFLA_INFO_KIND, "bridge")
            .Nest(IFLA_INFO_DATA, data => data.Byte(IFLA_BR_VLAN_FILTERING, 1).UInt16(IFLA_BR_VLAN_DEFAULT_PVID, 7)))))!;
        Assert.Equal(("bridge", true, 7), (link.Kind, link.VlanFiltering, link.DefaultVlan));
    }

    // mutant: NetlinkCheck.DataAreABridges NetlinkCheck.DataAreAVlans
    [Fact]
    public void Data_are_those_of_their_kind()
    {
        Assert.False(SomeLink.Of(3, "vlan", data: data => data.Byte(IFLA_BR_VLAN_FILTERING, 1)).VlanFiltering);
        Assert.Equal(7, SomeLink.Of(3, "vlan", data: data => data.UInt16(IFLA_VLAN_ID, 7)).VlanId);
        Assert.Equal(0, SomeLink.Of(3, "vxlan", data: data => data.UInt16(IFLA_VLAN_ID, 7)).VlanId);
    }

    // mutant: NetlinkCheck.AddressHasItsLength
    [Fact]
    public void An_address_has_the_length_of_its_family() =>
        Assert.Null(LinkAddress.From(Written(writer => writer.Struct(new IfAddrMsg(AF_INET, 24, 3)).Attribute(IFA_ADDRESS, [10, 0, 0]))));

    // mutant: NetlinkCheck.RouteIsOfIP NetlinkCheck.RouteIsUnicast NetlinkCheck.DestinationHasItsLength NetlinkCheck.GatewayHasItsLength
    [Fact]
    public void A_route_is_one_of_IP_to_one_place()
    {
        var route = Route.From(Written(writer => writer.Struct(new RtMsg(AF_INET) { Type = RTN_UNICAST }).Attribute(RTA_DST, [10, 0, 0]).Attribute(RTA_GATEWAY, [10, 0, 0])))!;
        Assert.Equal((IPAddress.Any, null), (route.Destination, route.Gateway));
        Assert.Null(Route.From(Written(writer => writer.Struct(new RtMsg(28) { Type = RTN_UNICAST }))));
        Assert.Null(Route.From(Written(writer => writer.Struct(new RtMsg(AF_INET) { Type = 2 }))));
    }

    // Whatever comes: no exception, because the length of each attribute is looked at.
    [Fact]
    public void What_is_cut_anywhere_is_read_without_an_exception()
    {
        var written = Written(writer => writer.NewPair("veth1", 5, 1400, 9, "eth0", [2, 0, 0, 0, 0, 1]));
        for (var length = 0; length <= written.Length; length++)
        {
            _ = Link.From(written.AsSpan(0, length));
            _ = LinkAddress.From(written.AsSpan(0, length));
            _ = Route.From(written.AsSpan(0, length));
        }
    }

    [Fact]
    public void The_host_s_end_has_a_name_of_its_own_for_each_attachment()
    {
        // printf %s c1/eth0 | sha256sum
        Assert.Equal("vethd72e032f", HostEnd.NameOf("c1", "eth0"));
        Assert.NotEqual(HostEnd.NameOf("c1", "eth0"), HostEnd.NameOf("c1", "eth1"));
    }

    [Fact]
    public void A_long_alias_is_cut_and_stays_ours()
    {
        var id = new string('a', 300);
        var alias = HostEnd.AliasOf("net", id, "eth0");
        Assert.Equal(255, alias.Length);
        var link = Link.From(Written(writer => writer.Struct(new IfInfoMsg(AF_UNSPEC, 3)).Attribute(IFLA_IFALIAS, alias)
            .Nest(IFLA_LINKINFO, info => info.Attribute(IFLA_INFO_KIND, "veth"))))!;
        Assert.True(HostEnd.IsOf(link, id, "eth0") && HostEnd.IsOf(link, "net"));
    }

    private static string Payload(Action<MessageWriter> write) => Convert.ToHexStringLower(Written(write));

    private static byte[] Written(Action<MessageWriter> write)
    {
        var writer = new MessageWriter().Begin(RTM_NEWLINK, 0, 1);
        write(writer);
        return writer.End().Bytes[MessageWriter.HeaderLength..].ToArray();
    }
}
