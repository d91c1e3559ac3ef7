using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Image.Transports;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

/// <summary>An image's layers into the store, each once, the lowest first: a layer needs those below it to be done. What is done already is not
/// even opened.</summary>
sealed class ChainUnpack : IDisposable
{
    private readonly Layers _layers;
    private readonly Owners _owners;
    private readonly Losses _losses;
    private readonly Action<string> _tell;

    // From the lowest one on. Held until the end: a garbage collection in between takes none of them.
    private readonly List<HeldLayer> _held = [];

    private ChainUnpack(Layers layers, Owners owners, Losses losses, Action<string> tell) =>
        (_layers, _owners, _losses, _tell) = (layers, owners, losses, tell);

    /// <summary>The chain ids, the lowest layer's first. Tell is given a sentence when this call has to wait for another.</summary>
    public static IReadOnlyList<Digest> Into(StorePaths store, OpenImage image, Owners owners, Losses losses, Action<string> tell)
    {
        ImageUnpack.Refuse(image);
        var chain = ChainId.OfAll([.. image.Layers.Select(layer => layer.DiffId)]);
        using var layers = Layers.Of(store);
        using var unpack = new ChainUnpack(layers, owners, losses, tell);
        for (var i = 0; i < chain.Count; i++)
        {
            unpack.Add(chain[i], i == 0 ? null : chain[i - 1], staged =>
            {
                using var blob = ImageUnpack.Open(image, i);
                // Reads what follows the archive, too: only then both digests are known to be right.
                ImageUnpack.Read(blob, image.Layers[i], archive => unpack.Write(staged, archive));
            });
        }
        return chain;
    }

    /// <summary>The same, from archives that nothing is known of: for tests.</summary>
    public static void Into(StorePaths store, IReadOnlyList<Digest> chain, Func<int, TarReader> open, Owners owners, Losses losses)
    {
        using var layers = Layers.Of(store);
        using var unpack = new ChainUnpack(layers, owners, losses, _ => { });
        for (var i = 0; i < chain.Count; i++)
        {
            unpack.Add(chain[i], i == 0 ? null : chain[i - 1], staged => unpack.Write(staged, open(i)));
        }
    }

    public void Dispose() => _held.ForEach(layer => layer.Dispose());

    private void Add(Digest chainId, Digest? parent, Action<StagedLayer> write)
    {
        HeldLayer? layer;
        while ((layer = _layers.TryHold(chainId)) is null)
        {
            using var staged = _layers.Begin(chainId, parent, () => _tell($"another call unpacks layer {chainId}: waiting for it"));
            if (staged is not null)
            {
                write(staged);
                staged.Finish();
            }
        }
        _held.Add(layer);
    }

    private void Write(StagedLayer staged, TarReader archive)
    {
        var lower = new List<int>(_held.Count);
        try
        {
            for (var i = _held.Count - 1; i >= 0; i--)
            {
                lower.Add(_held[i].OpenTree());
            }
            using var unpack = new LayerUnpack(staged.Tree, staged.Scratch, lower, _owners, _losses);
            unpack.Add(archive);
            unpack.Finish();
        }
        finally
        {
            lower.ForEach(tree => Sys.Close(tree));
        }
    }
}
