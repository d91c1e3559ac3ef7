using System.Collections.Generic;
using System.Net;
using SharpRun.Cni;

namespace SharpRun.Net.Links;

/// <summary>All that is decided about a bridge and one veth pair on it, before anything is made.</summary>
sealed record LinkPlan
{
    public required BridgePlan Bridge { get; init; }

    /// <summary>The network's name: with ContainerId and IfName in the alias of the host's end, by which GC knows ours from others'.</summary>
    public required string Network { get; init; }

    /// <summary>The path of the container's network namespace.</summary>
    public required string NetNs { get; init; }

    /// <summary>The interface's name in there.</summary>
    public required string IfName { get; init; }

    /// <summary>Names the host's end ("veth" and 8 hexadecimal digits of a hash of this and IfName), so that DEL and GC find it without the namespace.</summary>
    public required string ContainerId { get; init; }

    public string? Mac { get; init; }

    /// <summary>0: the bridge's.</summary>
    public int Mtu { get; init; }

    public bool Hairpin { get; init; }

    public int Vlan { get; init; }

    /// <summary>Tagged VLANs that pass, as ranges; beside Vlan.</summary>
    public IReadOnlyList<(int First, int Last)> VlanTrunk { get; init; } = [];

    public bool PreserveDefaultVlan { get; init; }

    public bool PortIsolation { get; init; }

    /// <summary>The container's interface stays down (CNI's disableContainerInterface).</summary>
    public bool IsDisabled { get; init; }

    public bool EnableDad { get; init; }

    /// <summary>Empty: layer 2 alone.</summary>
    public IReadOnlyList<ResultIp> Addresses { get; init; } = [];

    /// <summary>In this order. Without a gateway: on the link.</summary>
    public IReadOnlyList<ResultRoute> Routes { get; init; } = [];
}

/// <summary>A bridge as it must be; what is there already and agrees is left alone.</summary>
sealed record BridgePlan(string Name)
{
    public int Mtu { get; init; }

    public string? Mac { get; init; }

    public bool Promiscuous { get; init; }

    public bool VlanFiltering { get; init; }

    /// <summary>The bridge's own addresses: the gateways of its networks. ForceAddress replaces others of the same family.</summary>
    public IReadOnlyList<Cidr> Addresses { get; init; } = [];

    public bool ForceAddress { get; init; }

    /// <summary>ip_forward of the families of the addresses is switched on.</summary>
    public bool Forwards { get; init; }
}

/// <summary>What was made.</summary>
sealed record LinkOutcome(string BridgeMac, string HostVeth, string HostMac, string ContainerMac, int Mtu)
{
    /// <summary>With a VLAN the gateway's addresses are on this one; it belongs into the result.</summary>
    public ResultInterface? VlanInterface { get; init; }
}
