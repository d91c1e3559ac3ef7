using System;
using SharpRun.Netlink;

namespace SharpRun.Net.Firewall;

/// <summary>The table as it is laid out. Whose a port is stands in a map, so that the kernel itself refuses a second owner, and a packet finds its port by one
/// look; what is masqueraded stands in rules, which are read only for the first packet of a connection. No chain lets forwarded packets pass: a FORWARD
/// chain of another's with the policy DROP (docker's, firewalld's) keeps its word, since a verdict "accept" here would not be heard there; nor do CNI's
/// bridge and portmap meddle with it, but its plugin "firewall".</summary>
static class Table
{
    public const string Name = "sharprun", PortsChain = "ports", Postrouting = "postrouting", Bridges = "bridges";

    // NFPROTO_IPV4, NFPROTO_IPV6 (linux/netfilter.h).
    public const byte NetworkV4 = 2, NetworkV6 = 10;

    public const int SourceOffsetV4 = 12, DestinationOffsetV4 = 16, SourceOffsetV6 = 8, DestinationOffsetV6 = 24;

    // NF_IP_PRI_RAW, NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC (linux/netfilter_ipv4.h).
    private const int Raw = -300, DestinationNat = -100, SourceNat = 100;
    private const int ProtocolLength = 4, PortLength = 4, PortOffset = 2;

    /// <summary>Host ports by protocol and port, on all addresses of the host ("ports", "ports6") or on one ("ports_at", "ports6_at").</summary>
    public static NftSet PortsOf(bool isV6, bool hasHostIp)
    {
        var (address, length) = isV6 ? (NftSet.Address6, 16) : (NftSet.Address, 4);
        var data = NftSet.Concatenation(address, NftSet.Port);
        var key = hasHostIp ? NftSet.Concatenation(address, NftSet.Protocol, NftSet.Port) : NftSet.Concatenation(NftSet.Protocol, NftSet.Port);
        return new NftSet($"ports{(isV6 ? "6" : "")}{(hasHostIp ? "_at" : "")}", key, (hasHostIp ? length : 0) + ProtocolLength + PortLength, data, length + PortLength);
    }

    /// <summary>Bridges whose ports may be reached from 127.0.0.1.</summary>
    public static NftSet BridgesSet { get; } = new(Bridges, NftSet.InterfaceName, 16);

    public static void AddPostrouting(TableState state, NftBatch batch) => AddBaseChain(state, batch, Postrouting, "nat", NftHook.Postrouting, SourceNat);

    public static void AddPorts(TableState state, NftBatch batch)
    {
        if (!state.HasChain(PortsChain))
        {
            batch.AddChain(PortsChain);
        }
        AddBaseChain(state, batch, "prerouting", "nat", NftHook.Prerouting, DestinationNat);
        AddBaseChain(state, batch, "output", "nat", NftHook.Output, DestinationNat);
    }

    public static void AddGuard(TableState state, NftBatch batch) => AddBaseChain(state, batch, "guard", "filter", NftHook.Prerouting, Raw);

    // One that is there is not sent again: the kernel would take it for a change, and let the closing of the socket wait for it (8 ms).
    private static void AddBaseChain(TableState state, NftBatch batch, string name, string type, NftHook hook, int priority)
    {
        if (NetCheck.ChainIsNew.Passes(!state.HasChain(name)))
        {
            batch.AddBaseChain(name, type, hook, priority);
        }
    }

    /// <summary>The rules that are nobody's: packets of whoever asks for one of our ports come to the chain of ports, those that the host sends as well.</summary>
    public static FixedRules[] JumpsToPorts { get; } =
    [
        new("prerouting", [Bytes(new NftExpressions().Jump(PortsChain))]),
        new("output", [Bytes(new NftExpressions().Jump(PortsChain))]),
    ];

    /// <summary>A port on one address goes before the same on all.</summary>
    public static FixedRules PortsV4 { get; } = new(PortsChain,
    [
        Bytes(ToPort(Family(NetworkV4).Payload(NftHeader.Network, DestinationOffsetV4, 4), 4, NetworkV4, PortsOf(false, true))),
        Bytes(ToPort(new NftExpressions().ToThisHost(), 0, NetworkV4, PortsOf(false, false))),
    ]);

    /// <summary>[::1] is left to the host: there is no route_localnet for IPv6, so that an answer could never come back.</summary>
    public static FixedRules PortsV6 { get; } = new(PortsChain,
    [
        Bytes(ToPort(Family(NetworkV6).Payload(NftHeader.Network, DestinationOffsetV6, 16), 16, NetworkV6, PortsOf(true, true))),
        Bytes(ToPort(Family(NetworkV6).Payload(NftHeader.Network, DestinationOffsetV6, 16).Compare(NftCompare.NotEqual, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
            .ToThisHost(), 0, NetworkV6, PortsOf(true, false))),
    ]);

    /// <summary>route_localnet would also let whoever sits on the bridge speak to the host's 127.0.0.0/8 (CVE-2020-8558). Before connection tracking no
    /// honest packet has such a destination: answers still go to the bridge's address.</summary>
    public static FixedRules Guard { get; } = new("guard",
    [
        Bytes(Loopback(new NftExpressions().Meta(NftMeta.InputName).IsIn(Bridges).Meta(NftMeta.Family).Compare(NftCompare.Equal, [NetworkV4]), DestinationOffsetV4).Drop()),
    ]);

    public static NftExpressions Family(byte family) => new NftExpressions().Meta(NftMeta.Family).Compare(NftCompare.Equal, [family]);

    public static NftExpressions Loopback(NftExpressions expressions, int offset) =>
        expressions.Payload(NftHeader.Network, offset, 1).Compare(NftCompare.Equal, [127]);

    /// <summary>The key begins with what is in the registers already.</summary>
    private static NftExpressions ToPort(NftExpressions expressions, int begun, int family, NftSet map) => expressions
        .Meta(NftMeta.Protocol, NftExpressions.Word(begun))
        .Payload(NftHeader.Transport, PortOffset, 2, NftExpressions.Word(begun + ProtocolLength))
        .Map(map.Name)
        .DestinationNat(family, NftExpressions.Word(map.DataLength - PortLength));

    private static byte[] Bytes(NftExpressions expressions) => expressions.Bytes.ToArray();
}

/// <summary>Rules that stand in this order in a chain, and belong to no attachment.</summary>
sealed record FixedRules(string Chain, byte[][] Rules);
