using SharpRun.Json;

namespace SharpRun.Cni;

/// <summary>What the plugin portmap takes beside the members of all plugins. markMasqBit and externalSetMarkChain are looked at and then
/// without effect: our rules masquerade where they match, and mark nothing.</summary>
public sealed record PortmapConfig
{
    /// <summary>Also the host itself by 127.0.0.1, and the container by its own published port, reach it.</summary>
    public bool Snat { get; init; }

    /// <summary>Whoever comes by a published port is masqueraded.</summary>
    public bool MasqueradeAll { get; init; }

    public static PortmapConfig Read(NetworkConfig network)
    {
        var part = network.Document;
        var fields = new Fields(part, ["snat", "masqAll", "markMasqBit", "externalSetMarkChain", "conditionsV4", "conditionsV6", "backend"], anyCase: true);
        RequireNone(fields.Find("conditionsV4"));
        RequireNone(fields.Find("conditionsV6"));
        if (fields.Find("markMasqBit") is { } bit)
        {
            ResultReader.Within(bit, 0, 31);
            if (CniCheck.MarkIsOneOfTwo.Fails(fields.Text("externalSetMarkChain") is not null))
            {
                throw part.Invalid("markMasqBit and externalSetMarkChain: only one of them");
            }
        }
        fields.Text("externalSetMarkChain");
        var backend = fields.Text("backend");
        if (CniCheck.PortmapBackendIsKnown.Fails(backend is not (null or "iptables" or "nftables")))
        {
            throw part.Invalid($"backend: \"{JsonPart.Short(backend!)}\" is neither iptables nor nftables");
        }
        return new PortmapConfig
        {
            Snat = fields.Find("snat")?.Flag() ?? true,
            MasqueradeAll = fields.Find("masqAll")?.Flag() ?? false,
        };
    }

    // They are words of the command iptables.
    private static void RequireNone(JsonPart? conditions)
    {
        if (conditions is { } part && CniCheck.ConditionsAreNone.Fails(part.Texts().Count > 0))
        {
            throw part.Unsupported("conditions in iptables' words are not supported");
        }
    }
}
