using System.Collections.Generic;
using System.Text;

namespace SharpRun.Oci;

/// <summary>The name of a layer together with everything below it (image-spec, config.md, "Layer ChainID").</summary>
public static class ChainId
{
    /// <summary>Of the lowest layer (below is null) it is the diff id.</summary>
    public static Digest Of(Digest? below, Digest diffId) => below is { } parent ? Digest.Of(Encoding.ASCII.GetBytes($"{parent} {diffId}")) : diffId;

    /// <summary>One for each layer, the lowest first.</summary>
    public static IReadOnlyList<Digest> OfAll(IReadOnlyList<Digest> diffIds)
    {
        var chain = new List<Digest>(diffIds.Count);
        foreach (var diffId in diffIds)
        {
            chain.Add(Of(chain.Count == 0 ? null : chain[^1], diffId));
        }
        return chain;
    }
}
