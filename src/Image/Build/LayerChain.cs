using System;
using System.Collections.Generic;
using SharpRun.Image.Blobs;
using SharpRun.Image.Store;
using SharpRun.Image.Unpack;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Build;

/// <summary>The unpacked layers that a build stands on: unpacked into the store when they are not there, and held until the build ends.</summary>
sealed class LayerChain(StorePaths paths, OciLayout layout) : IDisposable
{
    private readonly Layers _layers = Layers.Of(paths);
    private readonly Dictionary<Digest, (HeldLayer Layer, int Tree)> _held = [];

    /// <summary>The trees, O_PATH, the lowest first; they stay open until the end.</summary>
    public List<int> Trees(IReadOnlyList<Descriptor> blobs, IReadOnlyList<Digest> diffIds)
    {
        List<int> trees = [];
        var chain = ChainId.OfAll(diffIds);
        for (var i = 0; i < chain.Count; i++)
        {
            if (!_held.TryGetValue(chain[i], out var held))
            {
                var layer = Take(chain[i], i == 0 ? null : chain[i - 1], blobs[i], diffIds[i], trees);
                _held[chain[i]] = held = (layer, layer.OpenTree());
            }
            trees.Add(held.Tree);
        }
        return trees;
    }

    public void Dispose()
    {
        foreach (var (layer, tree) in _held.Values)
        {
            Sys.Close(tree);
            layer.Dispose();
        }
        _layers.Dispose();
    }

    private HeldLayer Take(Digest chainId, Digest? parent, Descriptor blob, Digest diffId, List<int> below)
    {
        HeldLayer? layer;
        while ((layer = _layers.TryHold(chainId)) is null)
        {
            using var staged = _layers.Begin(chainId, parent);
            if (staged is null)
            {
                continue;
            }
            using var reader = new BlobReader(layout.OpenBlob(blob, 0), blob, diffId);
            List<int> lower = [.. below];
            lower.Reverse();
            using (var unpack = new LayerUnpack(staged.Tree, staged.Scratch, lower, Owners.OfImage, new Losses()))
            {
                unpack.Add(new TarReader(reader, TarLimits.Default));
                unpack.Finish();
            }
            // Only now both digests are known to be right.
            reader.Finish();
            staged.Finish();
        }
        return layer;
    }
}
