using System.Collections.Generic;
using System.Net;
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
/// without the other. As text in a rule's userdata.</summary>
sealed record Tag(string Network, string ContainerId, string IfName, string Plugin = "bridge");

/// <summary>HostIp null: all addresses of the host. Protocol: tcp, udp or sctp.</summary>
sealed record PortMapping(IPAddress? HostIp, int HostPort, int ContainerPort, string Protocol);
