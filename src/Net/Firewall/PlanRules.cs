using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SharpRun.Cni;
using SharpRun.Netlink;

namespace SharpRun.Net.Firewall;

/// <summary>A host port in a map: where it leads.</summary>
sealed record PortElement(NftSet Map, byte[] Key, byte[] Data, PortMapping Port, bool IsV6);

/// <summary>What a plan is made of in the table; worked out before anything is asked or changed.</summary>
sealed class PlanRules
{
    // IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP (linux/in.h).
    private const byte Tcp = 6, Udp = 17, Sctp = 132;
    private const int InterfaceNameLength = 16;

    private PlanRules(FirewallPlan plan) => Plan = plan;

    public FirewallPlan Plan { get; }

    public byte[] UserData { get; private init; } = [];

    /// <summary>All in the chain postrouting.</summary>
    public List<byte[]> Rules { get; } = [];

    public List<PortElement> Ports { get; } = [];

    /// <summary>The bridge of which route_localnet is switched on; null: none.</summary>
    public string? LoopbackBridge { get; private set; }

    public bool IsEmpty => Rules.Count == 0 && Ports.Count == 0;

    public static PlanRules Of(FirewallPlan plan)
    {
        var comment = plan.Tag.ToString();
        if (NetCheck.CommentIsShort.Fails(Encoding.UTF8.GetByteCount(comment) > NftAnswer.LongestComment) || NetCheck.CommentIsReadAgain.Fails(Tag.TryParse(comment) != plan.Tag))
        {
            throw new NetError($"mark the rules of {comment}: the names have a slash or are longer than {NftAnswer.LongestComment} bytes");
        }
        var rules = new PlanRules(plan) { UserData = NftAnswer.Comment(comment) };
        foreach (var source in plan.Masquerade)
        {
            rules.Masquerade(source);
        }
        foreach (var port in plan.Ports)
        {
            rules.Publish(port);
        }
        if (plan.PortsFromLoopback)
        {
            rules.OpenLoopback();
        }
        if (plan.MasqueradePorts)
        {
            rules.MasqueradePorts();
        }
        return rules;
    }

    /// <summary>The fixed rules that these need.</summary>
    public IEnumerable<FixedRules> Fixed()
    {
        if (Ports.Count == 0)
        {
            yield break;
        }
        foreach (var jump in Table.JumpsToPorts)
        {
            yield return jump;
        }
        if (Ports.Exists(static port => !port.IsV6))
        {
            yield return Table.PortsV4;
        }
        if (Ports.Exists(static port => port.IsV6))
        {
            yield return Table.PortsV6;
        }
        if (LoopbackBridge is not null)
        {
            yield return Table.Guard;
        }
    }

    public static byte[] InterfaceName(string name)
    {
        var bytes = new byte[InterfaceNameLength];
        Encoding.UTF8.GetBytes(name, bytes);
        return bytes;
    }

    // From an address of the container to anywhere but its own network and multicast, as ipMasq of CNI's bridge.
    private void Masquerade(Cidr source)
    {
        if (NetCheck.NetworkIsNotTheWorld.Fails(source.PrefixLength == 0))
        {
            return; // all the world is its own network
        }
        var isV6 = source.IsV6;
        var address = source.Address.GetAddressBytes();
        var expressions = From(address);
        Outside(expressions, isV6, address, source.PrefixLength);
        Outside(expressions, isV6, isV6 ? [0xFF, .. new byte[15]] : [0xE0, 0, 0, 0], isV6 ? 8 : 4);
        Rules.Add(expressions.Masquerade().Bytes.ToArray());
    }

    private void Publish(PortMapping port)
    {
        var isNoNumber = port.HostPort is < 1 or > 65535 || port.ContainerPort is < 1 or > 65535;
        var protocol = port.Protocol switch { "tcp" => Tcp, "udp" => Udp, "sctp" => Sctp, _ => (byte)0 };
        if (NetCheck.PublishedPortIsInRange.Fails(isNoNumber) || NetCheck.PublishedProtocolHasPorts.Fails(protocol == 0))
        {
            throw new NetError($"publish {port}: {(isNoNumber ? "ports are numbers from 1 to 65535" : "only tcp, udp and sctp have ports")}");
        }
        var count = Ports.Count;
        foreach (var target in Plan.Targets)
        {
            var isV6 = target.AddressFamily == AddressFamily.InterNetworkV6;
            if (port.HostIp is { } hostIp && NetCheck.TargetIsOfThePortsFamily.Fails(hostIp.AddressFamily != target.AddressFamily))
            {
                continue;
            }
            var hasHostIp = !port.IsOnAllAddresses;
            byte[] key = [.. hasHostIp ? port.HostIp!.GetAddressBytes() : [], protocol, 0, 0, 0, .. Port(port.HostPort)];
            Ports.Add(new PortElement(Table.PortsOf(isV6, hasHostIp), key, [.. target.GetAddressBytes(), .. Port(port.ContainerPort)], port, isV6));
        }
        if (NetCheck.PortLeadsSomewhere.Fails(Ports.Count == count))
        {
            throw new NetError($"publish {port}: the container has no address of that family");
        }
    }

    // What comes back must come back through this host: for its own 127.0.0.1 there is no way from the bridge, and who sits on the same bridge would be
    // answered by the container directly, from an address that it never asked.
    private void OpenLoopback()
    {
        foreach (var target in Plan.Targets)
        {
            var isV6 = target.AddressFamily == AddressFamily.InterNetworkV6;
            if (NetCheck.WayBackIsOfAPort.Fails(!Ports.Exists(port => port.IsV6 == isV6)))
            {
                continue;
            }
            var address = target.GetAddressBytes();
            if (!isV6)
            {
                var loopback = Table.Loopback(Table.Family(Table.NetworkV4), Table.SourceOffsetV4);
                Rules.Add(To(loopback, address).Masquerade().Bytes.ToArray());
                LoopbackBridge = Plan.Bridge;
            }
            Rules.Add(To(From(address), address).DestinationWasChanged().Masquerade().Bytes.ToArray());
            if (Plan.Bridge is { } bridge)
            {
                Rules.Add(To(Through(bridge, isV6), address).DestinationWasChanged().Masquerade().Bytes.ToArray());
            }
        }
    }

    private void MasqueradePorts()
    {
        foreach (var target in Plan.Targets)
        {
            var isV6 = target.AddressFamily == AddressFamily.InterNetworkV6;
            if (Ports.Exists(port => port.IsV6 == isV6))
            {
                Rules.Add(To(Table.Family(isV6 ? Table.NetworkV6 : Table.NetworkV4), target.GetAddressBytes()).DestinationWasChanged().Masquerade().Bytes.ToArray());
            }
        }
    }

    // In by the bridge and out by it. That the input is known behind routing: since 5.7. With br_netfilter it is not, but then neighbours' answers pass
    // connection tracking on the bridge itself.
    private static NftExpressions Through(string bridge, bool isV6) => new NftExpressions()
        .Meta(NftMeta.InputName).Compare(NftCompare.Equal, InterfaceName(bridge))
        .Meta(NftMeta.OutputName).Compare(NftCompare.Equal, InterfaceName(bridge))
        .Meta(NftMeta.Family).Compare(NftCompare.Equal, [isV6 ? Table.NetworkV6 : Table.NetworkV4]);

    private static NftExpressions From(byte[] address) => address.Length == 16
        ? Table.Family(Table.NetworkV6).Payload(NftHeader.Network, Table.SourceOffsetV6, 16).Compare(NftCompare.Equal, address)
        : Table.Family(Table.NetworkV4).Payload(NftHeader.Network, Table.SourceOffsetV4, 4).Compare(NftCompare.Equal, address);

    private static NftExpressions To(NftExpressions expressions, byte[] address) => expressions
        .Payload(NftHeader.Network, address.Length == 16 ? Table.DestinationOffsetV6 : Table.DestinationOffsetV4, address.Length)
        .Compare(NftCompare.Equal, address);

    // Whole bytes of a prefix are compared as they are; a mask is for one that ends within a byte.
    private static void Outside(NftExpressions expressions, bool isV6, byte[] network, int prefix)
    {
        var offset = isV6 ? Table.DestinationOffsetV6 : Table.DestinationOffsetV4;
        if (prefix % 8 == 0)
        {
            expressions.Payload(NftHeader.Network, offset, prefix / 8).Compare(NftCompare.NotEqual, network.AsSpan(0, prefix / 8));
            return;
        }
        var mask = new byte[network.Length];
        var masked = new byte[network.Length];
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = (byte)(0xFF00 >> Math.Clamp(prefix - (i * 8), 0, 8));
            masked[i] = (byte)(network[i] & mask[i]);
        }
        expressions.Payload(NftHeader.Network, offset, network.Length).Mask(mask).Compare(NftCompare.NotEqual, masked);
    }

    // In a key or in data a field of two bytes takes four.
    private static byte[] Port(int port)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)port);
        return bytes;
    }
}
