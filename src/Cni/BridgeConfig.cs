using System.Collections.Generic;
using SharpRun.Json;

namespace SharpRun.Cni;

/// <summary>What the plugin bridge takes beside the members of all plugins.</summary>
public sealed record BridgeConfig
{
    private const int LeastMtu = 68, MostMtu = 65535, LastVlan = 4094;

    private static readonly string[] s_members =
    [
        "bridge", "isGateway", "isDefaultGateway", "forceAddress", "ipMasq", "ipMasqBackend", "mtu", "hairpinMode", "promiscMode", "vlan", "vlanTrunk",
        "preserveDefaultVlan", "macspoofchk", "enabledad", "disableContainerInterface", "portIsolation",
    ];

    public required string Bridge { get; init; }

    public bool IsGateway { get; init; }

    public bool IsDefaultGateway { get; init; }

    public bool ForceAddress { get; init; }

    public bool IpMasq { get; init; }

    /// <summary>0: the kernel's.</summary>
    public int Mtu { get; init; }

    public bool HairpinMode { get; init; }

    public bool PromiscMode { get; init; }

    public int Vlan { get; init; }

    public IReadOnlyList<(int First, int Last)> VlanTrunk { get; init; } = [];

    /// <summary>A trunk without one VLAN in it also makes the bridge filter.</summary>
    public bool VlanFiltering { get; init; }

    public bool PreserveDefaultVlan { get; init; }

    public bool EnableDad { get; init; }

    public bool DisableContainerInterface { get; init; }

    public bool PortIsolation { get; init; }

    public static BridgeConfig Read(NetworkConfig network)
    {
        var part = network.Document;
        var fields = new Fields(part, s_members, anyCase: true);
        var vlan = fields.Find("vlan") is { } id ? ResultReader.Within(id, 0, LastVlan) : 0;
        var trunk = fields.Find("vlanTrunk");
        var config = new BridgeConfig
        {
            Bridge = fields.Text("bridge") ?? "cni0",
            IsGateway = Flag("isGateway") || Flag("isDefaultGateway"),
            IsDefaultGateway = Flag("isDefaultGateway"),
            ForceAddress = Flag("forceAddress"),
            IpMasq = Flag("ipMasq"),
            Mtu = fields.Find("mtu") is { } mtu ? MtuOf(mtu) : 0,
            HairpinMode = Flag("hairpinMode"),
            PromiscMode = Flag("promiscMode"),
            Vlan = vlan,
            VlanTrunk = trunk?.Items(LastVlan).ConvertAll(Trunk).FindAll(range => range.First > 0) ?? [],
            VlanFiltering = vlan > 0 || trunk is not null,
            PreserveDefaultVlan = fields.Find("preserveDefaultVlan")?.Flag() ?? true,
            EnableDad = Flag("enabledad"),
            DisableContainerInterface = Flag("disableContainerInterface"),
            PortIsolation = Flag("portIsolation"),
        };
        if (CniCheck.MacSpoofCheckIsNotWanted.Fails(Flag("macspoofchk")))
        {
            throw part.Unsupported("macspoofchk is not supported");
        }
        config.RequireSane(part, network, fields.Text("ipMasqBackend"));
        return config;

        bool Flag(string name) => fields.Find(name)?.Flag() ?? false;
    }

    private void RequireSane(JsonPart part, NetworkConfig network, string? backend)
    {
        var problem = CniEnvironment.ProblemOfIfName(Bridge);
        if (CniCheck.BridgeHasAName.Fails(problem is not null))
        {
            throw part.Invalid($"bridge: {problem}");
        }
        if (CniCheck.HairpinIsNotPromiscuous.Fails(HairpinMode && PromiscMode))
        {
            throw part.Invalid("hairpinMode and promiscMode are not for one bridge: a frame would come back twice");
        }
        if (CniCheck.VlanIsNoTrunk.Fails(Vlan > 0 && VlanTrunk.Count > 0))
        {
            throw part.Invalid("vlan and vlanTrunk: a port has the one or the other");
        }
        if (Vlan > 0 && IsGateway && network.HasAddresses && CniCheck.VlanHasAName.Fails(CniEnvironment.ProblemOfIfName($"{Bridge}.{Vlan}") is not null))
        {
            throw part.Invalid($"bridge: the gateway's interface in the VLAN would be called \"{Bridge}.{Vlan}\", more than 15 bytes");
        }
        if (CniCheck.DisabledInterfaceHasNoAddress.Fails(DisableContainerInterface && network.HasAddresses))
        {
            throw part.Invalid("disableContainerInterface: an interface that stays down gets no address; \"ipam\" must be absent");
        }
        // Either is answered by our one table of nf_tables.
        if (CniCheck.MasqueradeBackendIsKnown.Fails(backend is not (null or "iptables" or "nftables")))
        {
            throw part.Invalid($"ipMasqBackend: \"{JsonPart.Short(backend!)}\" is neither iptables nor nftables");
        }
    }

    private static int MtuOf(JsonPart part)
    {
        var mtu = ResultReader.Within(part, 0, MostMtu);
        return CniCheck.MtuIsEnough.Passes(mtu is 0 or >= LeastMtu) ? mtu : throw part.Invalid($"{mtu} is less than IPv4's least, {LeastMtu}");
    }

    // (0, 0) for an element that says nothing, which the reference lets pass.
    private static (int First, int Last) Trunk(JsonPart part)
    {
        var fields = new Fields(part, ["minID", "maxID", "id"], anyCase: true);
        int? Id(string name) => fields.Find(name) is { } id ? ResultReader.Within(id, 1, LastVlan) : null;
        var (first, last, one) = (Id("minID"), Id("maxID"), Id("id"));
        if (CniCheck.TrunkHasBothEnds.Fails((first is null) != (last is null)))
        {
            throw part.Invalid("minID and maxID belong together");
        }
        if (CniCheck.TrunkIsOneOfTwoForms.Fails(first is not null && one is not null))
        {
            throw part.Invalid("minID and maxID, or id, not both");
        }
        if (first is not { } least || last is not { } most)
        {
            return one is { } vlan ? (vlan, vlan) : default;
        }
        return CniCheck.TrunkIsInOrder.Passes(least <= most) ? (least, most) : throw part.Invalid($"minID {least} is greater than maxID {most}");
    }
}
