using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using SharpRun.Cni;

namespace SharpRun.Net.Firewall;

/// <summary>The rules of one attachment. Every one carries the tag, and is found and removed by it.</summary>
sealed record FirewallPlan(Tag Tag)
{
    /// <summary>Source addresses with their networks: what leaves for elsewhere than the network (and multicast) is masqueraded.</summary>
    public IReadOnlyList<Cidr> Masquerade { get; init; } = [];

    public IReadOnlyList<PortMapping> Ports { get; init; } = [];

    /// <summary>Where the ports lead, at most one address of each family.</summary>
    public IReadOnlyList<IPAddress> Targets { get; init; } = [];

    /// <summary>Also the host's own 127.0.0.1, and the container by its own published port (portmap's "snat").</summary>
    public bool PortsFromLoopback { get; init; } = true;

    /// <summary>All that comes by a published port is masqueraded (portmap's "masqAll").</summary>
    public bool MasqueradePorts { get; init; }

    /// <summary>The bridge's name, for what is true of all its ports; null when it is not known.</summary>
    public string? Bridge { get; init; }
}

/// <summary>Whose rules: network, container, interface, and the plugin that made them: bridge's masquerading and portmap's ports come and go one
/// without the other. As text, "NETWORK/ID/IFNAME" or "NETWORK/ID/IFNAME/PLUGIN", it is the comment of every rule and port, for people who list them by nft.</summary>
sealed record Tag(string Network, string ContainerId, string IfName, string Plugin = Tag.Bridge)
{
    public const string Bridge = "bridge";

    public override string ToString() => $"{Network}/{ContainerId}/{IfName}{(Plugin == Bridge ? "" : $"/{Plugin}")}";

    /// <summary>CNI allows no slash in any of them; an interface's name cannot have one.</summary>
    public static Tag? TryParse(string? text) => text?.Split('/') switch
    {
        [var network, var id, var ifName] => new Tag(network, id, ifName),
        [var network, var id, var ifName, var plugin] => new Tag(network, id, ifName, plugin),
        _ => null,
    };
}

/// <summary>HostIp null: all addresses of the host, as is 0.0.0.0 or :: for those of its family. Protocol: tcp, udp or sctp.</summary>
sealed record PortMapping(IPAddress? HostIp, int HostPort, int ContainerPort, string Protocol)
{
    public bool IsOnAllAddresses => HostIp is null || HostIp.IsAny();

    public override string ToString() =>
        HostIp is null ? $"{HostPort}/{Protocol}" : HostIp.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{HostIp}]:{HostPort}/{Protocol}" : $"{HostIp}:{HostPort}/{Protocol}";
}
