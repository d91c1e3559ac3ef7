using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using SharpRun.Cni;
using SharpRun.Linux;
using SharpRun.Net.Attachments;
using SharpRun.Net.Links;
using SharpRun.Net.Plugin;
using SharpRun.Netlink;
using Xunit;
using static SharpRun.Netlink.RtNetlink;

namespace SharpRun.Net.Tests;

/// <summary>What is there already, and whether it is what it should be.</summary>
public sealed class LinkCheckTests
{
    private const uint Promiscuous = IFF_UP | IFF_PROMISC;

    private static readonly LinkPlan s_plan = new()
    {
        Bridge = new BridgePlan("br0") { Promiscuous = true, VlanFiltering = true },
        Network = "net",
        NetNs = "/n",
        IfName = "eth0",
        ContainerId = "c1",
        Mtu = 1400,
        Hairpin = true,
    };

    private static readonly CniResult s_result = new()
    {
        Interfaces = [new ResultInterface("eth0", "02:00:00:00:00:01"), new ResultInterface("eth0", "02:00:00:00:00:01", "/n"), new ResultInterface("veth1", "02:00:00:00:00:01")],
    };

    // mutant: NetCheck.CheckedBridgeIsOne NetCheck.BridgeIsUp NetCheck.BridgeIsPromiscuous NetCheck.BridgeFiltersVlans NetCheck.MacIsAsTold
    [Theory]
    [InlineData("bridge", Promiscuous, true, null)]
    [InlineData("veth", Promiscuous, true, "eth0 is not a bridge")]
    [InlineData("bridge", IFF_PROMISC, true, "the bridge eth0 is down")]
    [InlineData("bridge", IFF_UP, true, "the bridge eth0 is not promiscuous")]
    [InlineData("bridge", Promiscuous, false, "the bridge eth0 does not filter VLANs")]
    public void A_bridge_is_as_planned(string kind, uint flags, bool filters, string? sentence)
    {
        var bridge = SomeLink.Of(5, kind, flags, data: data => data.Byte(IFLA_BR_VLAN_FILTERING, filters ? (byte)1 : (byte)0));
        Says(sentence, () => LinkChecks.RequireBridge(s_plan, s_result, bridge));
        var other = new CniResult { Interfaces = [new ResultInterface("eth0", "02:00:00:00:00:02")] };
        Says(kind == "veth" ? sentence : "the hardware address of eth0 is 02:00:00:00:00:01, not 02:00:00:00:00:02", () => LinkChecks.RequireBridge(s_plan, other, bridge));
    }

    // mutant: NetCheck.EndIsAPortOfTheBridge NetCheck.PortIsAsPlanned
    [Theory]
    [InlineData(5, 1, 0, null)]
    [InlineData(6, 1, 0, "veth1 is not a port of eth0")]
    [InlineData(5, 0, 0, "the port veth1 of eth0 has hairpin off and isolation off, not on and off")]
    [InlineData(5, 1, 1, "the port veth1 of eth0 has hairpin on and isolation on, not on and off")]
    public void The_host_s_end_is_as_planned(int master, byte hairpin, byte isolated, string? sentence)
    {
        var end = SomeLink.Of(7, more: writer => writer.UInt32(IFLA_MASTER, (uint)master), port: port => port.Byte(IFLA_BRPORT_MODE, hairpin).Byte(IFLA_BRPORT_ISOLATED, isolated));
        Says(sentence, () => LinkChecks.RequireHostEnd(s_plan, s_result, SomeLink.Of(5, "bridge"), end, "veth1"));
    }

    // mutant: NetCheck.EndsAreOfOnePair NetCheck.MtuIsThePlans NetCheck.InterfaceIsUp
    [Theory]
    [InlineData("veth", 7u, 1400u, IFF_UP, null)]
    [InlineData("vlan", 7u, 1400u, IFF_UP, "the other end of eth0 in /n is not eth0")]
    [InlineData("veth", 8u, 1400u, IFF_UP, "the other end of eth0 in /n is not eth0")]
    [InlineData("veth", 7u, 1500u, IFF_UP, "the MTU of eth0 in /n is 1500, not 1400")]
    [InlineData("veth", 7u, 1400u, 0u, "eth0 in /n is down")]
    public void The_container_s_end_is_as_planned(string kind, uint lower, uint mtu, uint flags, string? sentence)
    {
        var end = SomeLink.Of(7, more: static writer => writer.UInt32(IFLA_LINK, 2));
        var link = SomeLink.Of(2, kind, flags, writer => writer.UInt32(IFLA_LINK, lower).UInt32(IFLA_MTU, mtu));
        Says(sentence, () => LinkChecks.RequireInside(s_plan, s_result, end, link));
    }

    // mutant: NetCheck.AddressIsThere NetCheck.AddressIsNobodyElses
    [Theory]
    [InlineData("10.0.0.2", 24, 0u, null)]
    [InlineData("10.0.0.3", 24, 0u, "eth0 does not have the address 10.0.0.2/24")]
    [InlineData("10.0.0.2", 16, 0u, "eth0 does not have the address 10.0.0.2/24")]
    [InlineData("10.0.0.2", 24, IFA_F_DADFAILED, "the address 10.0.0.2/24 of eth0 is another's too")]
    public void Addresses_are_there(string address, int length, uint flags, string? sentence) =>
        Says(sentence, () => LinkChecks.CheckAddresses([There(address, length) with { Flags = flags }], [CidrOf("10.0.0.2/24")], "eth0"));

    // mutant: NetCheck.RouteIsInItsTable NetCheck.RouteHasItsGateway NetCheck.RouteHasItsPriority NetCheck.RouteHasItsMtu
    [Fact]
    public void A_route_is_the_same_in_all_that_is_wanted()
    {
        var there = new Route(IPAddress.Any, 0) { Gateway = IPAddress.Parse("10.0.0.1"), Table = 7, Priority = 5, Mtu = 1400 };
        Assert.True(LinkChecks.IsSame(there, there));
        Assert.True(LinkChecks.IsSame(there, there with { Priority = 0, Mtu = 0 }));
        Assert.True(LinkChecks.IsSame(there with { Gateway = null, IsMultipath = true }, there));
        Assert.False(LinkChecks.IsSame(there, there with { Table = 8 }));
        Assert.False(LinkChecks.IsSame(there, there with { Gateway = null }));
        Assert.False(LinkChecks.IsSame(there, there with { Priority = 6 }));
        Assert.False(LinkChecks.IsSame(there, there with { Mtu = 1300 }));
    }

    // mutant: NetCheck.BridgeIsOne NetCheck.VlanIsOfTheBridge NetCheck.VlanIsTheWanted
    [Fact]
    public void A_name_that_is_another_s_is_not_taken()
    {
        var bridge = SomeLink.Of(5, "bridge");
        BridgeDevice.RequireBridge(bridge, "eth0");
        Says("eth0 is there already, but it is not a bridge", () => BridgeDevice.RequireBridge(SomeLink.Of(5), "eth0"));
        BridgeDevice.RequireVlanOf(bridge, 7, Vlan(5, 7), "br0.7");
        Says("br0.7 is there already, but it is not the VLAN 7 of eth0", () => BridgeDevice.RequireVlanOf(bridge, 7, Vlan(6, 7), "br0.7"));
        Says("br0.7 is there already, but it is not the VLAN 7 of eth0", () => BridgeDevice.RequireVlanOf(bridge, 7, Vlan(5, 8), "br0.7"));

        static Link Vlan(uint below, ushort id) => SomeLink.Of(9, "vlan", more: writer => writer.UInt32(IFLA_LINK, below), data: data => data.UInt16(IFLA_VLAN_ID, id));
    }

    // mutant: NetCheck.WantedAddressStays NetCheck.OtherFamilyStays NetCheck.OtherNetworkStays NetCheck.AddressMayBeReplaced
    [Fact]
    public void A_gateway_s_address_goes_only_for_another_and_by_force()
    {
        List<LinkAddress> there = [There("10.0.0.1", 24), There("10.9.0.1", 24), There("fe80::1", 64), There("fd00::9", 64)];
        var plan = new BridgePlan("eth0") { Addresses = [CidrOf("10.0.0.1/24"), CidrOf("10.0.1.1/24"), CidrOf("fd00::1/64")], ForceAddress = true };
        List<Cidr> v4 = [CidrOf("10.0.1.1/24")], v6 = [CidrOf("fd00::1/64")];
        Assert.Equal("10.9.0.1 fd00::9", Gone(plan, [.. v4, .. v6]));
        Assert.Equal("10.9.0.1", Gone(plan, v4));
        Assert.Equal("fd00::9", Gone(plan, v6));
        Says("eth0 has the address 10.9.0.1/24 already, and should have 10.0.1.1/24", () => Gone(plan with { ForceAddress = false }, v4));
        there.RemoveRange(1, 1);
        Assert.Equal("", Gone(plan with { ForceAddress = false }, v4));

        string Gone(BridgePlan wanted, List<Cidr> missing) => string.Join(' ', BridgeDevice.InTheWay(SomeLink.Of(5, "bridge"), there, missing, wanted).Select(one => one.Address));
    }

    // mutant: NetCheck.OwnEndIsAVeth NetCheck.OwnEndHasOurMark NetCheck.OwnEndIsTheAttachments NetCheck.NetworksEndIsAVeth NetCheck.NetworksEndHasItsMark
    [Theory]
    [InlineData("veth", "sharprun:net/c1/eth0", true, true)]
    [InlineData("dummy", "sharprun:net/c1/eth0", false, false)]
    [InlineData("veth", "mine:net/c1/eth0", false, false)]
    [InlineData("veth", "sharprun:other/c1/eth0", true, false)]
    [InlineData("veth", "sharprun:net/c2/eth0", false, true)]
    [InlineData("veth", "", false, false)]
    public void Ends_of_others_are_not_ours(string kind, string alias, bool isTheAttachments, bool isTheNetworks)
    {
        var link = SomeLink.Of(7, kind, more: writer => writer.Attribute(IFLA_IFALIAS, alias));
        Assert.Equal((isTheAttachments, isTheNetworks), (HostEnd.IsOf(link, "c1", "eth0"), HostEnd.IsOf(link, "net")));
    }

    // mutant: NetCheck.ValidLinkStays NetCheck.OtherPluginsRulesStay NetCheck.ValidRulesStay
    [Fact]
    public void Garbage_is_of_no_valid_attachment()
    {
        Attachment[] valid = [new("a", "eth0")];
        Assert.Equal([HostEnd.NameOf("a", "eth1"), "veth0"], BridgePlugin.UnusedEnds([HostEnd.NameOf("a", "eth0"), HostEnd.NameOf("a", "eth1"), "veth0"], valid));
        Assert.True(RuleGarbage.IsGarbage(Tag("b"), "bridge", valid));
        Assert.False(RuleGarbage.IsGarbage(Tag("a"), "bridge", valid));
        Assert.False(RuleGarbage.IsGarbage(Tag("b"), "portmap", valid));

        static Firewall.Tag Tag(string id) => new("net", id, "eth0");
    }

    // mutant: NetCheck.OnlyABridgeIsRemoved
    [Fact]
    public void An_unused_bridge_is_a_bridge()
    {
        Assert.True(UnusedBridge.IsBridge(SomeLink.Of(1, "bridge")));
        Assert.False(UnusedBridge.IsBridge(SomeLink.Of(1, "veth", more: link => link.Attribute(IFLA_IFNAME, "bridge"))));
        Assert.False(UnusedBridge.IsBridge(Link.From(new MessageWriter().Struct(new IfInfoMsg(AF_UNSPEC, 1)).Bytes)!));
    }

    // mutant: NetCheck.NamespaceIsOfNetworks
    [Theory]
    [InlineData("/proc/self/ns/mnt")]
    [InlineData("/proc/self/stat")]
    public void Another_file_is_no_network_namespace(string path)
    {
        Assert.Equal(CniCode.InvalidNetNs, Assert.Throws<CniError>(() => NetNs.Open(path)).Code);
        Assert.Null(NetNs.OpenIfThere(path));
    }

    // mutant: NetCheck.NamespaceHasAName
    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public void A_namespace_has_a_file_s_name(string name) => Assert.Throws<NetError>(() => NetNs.RequireName(name));

    // mutant: NetCheck.ContainerIsNotTheHost
    [Fact]
    public void The_host_is_no_container()
    {
        var call = Calls.Call("");
        call = call with { Environment = call.Environment with { NetNs = "/proc/self/ns/net" } };
        Assert.Equal(CniCode.InvalidNetNs, Assert.Throws<CniError>(() => PluginNamespace.RequireOther(call)).Code);
        Assert.Equal(CniCode.InvalidNetNs, Assert.Throws<CniError>(() => PluginNamespace.RequireOtherIfThere(call)).Code);
        PluginNamespace.RequireOther(call with { Environment = call.Environment with { MayBeOwnNetNs = true } });
        PluginNamespace.RequireOtherIfThere(call with { Environment = call.Environment with { NetNs = "" } });
    }

    // mutant: NetCheck.SettingIsMade
    [Fact]
    public void A_setting_that_cannot_be_made_is_an_error() =>
        Assert.Throws<ErrnoException>(() => Sysctl.SetOrThrow("ipv4/there-is-no-such-setting", "1"));

    private static void Says(string? sentence, Action act) => Assert.Equal(sentence, Record.Exception(act) is { } error ? Assert.IsType<NetError>(error).Message : null);

    private static LinkAddress There(string address, int length) => new(5, IPAddress.Parse(address), length, 0);

    private static Cidr CidrOf(string text) => Cidr.TryParse(text, out var cidr) ? cidr : throw new ArgumentException(text);
}
