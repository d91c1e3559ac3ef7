using System;
using System.Collections.Generic;
using SharpRun.LayerStore;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Layers.Unions;

/// <summary>The read-only directories of a union, open, the lowest first. Those of the store are held: no garbage collection takes them meanwhile.</summary>
sealed class LowerTrees : IDisposable
{
    private readonly List<int> _trees = [];
    private HeldLayer? _top;

    private LowerTrees(IReadOnlyList<Digest> chain, IReadOnlyList<string> paths) => (Chain, Paths) = (chain, paths);

    /// <summary>The chain ids; none when they are directories of the caller.</summary>
    public IReadOnlyList<Digest> Chain { get; }

    /// <summary>Absolute, one for each tree.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>O_PATH.</summary>
    public IReadOnlyList<int> Trees => _trees;

    /// <summary>The layer and all below it.</summary>
    public static LowerTrees Below(StorePaths store, Digest top)
    {
        using var layers = LayerStore.Layers.Of(store);
        // A layer that is held keeps those below it, so that the chain stays while it is read.
        using var held = layers.TryHold(top) ?? throw new ImageError($"there is no layer {top} (sharprun-image unpack --layers makes those of an image)");
        return OfLayers(store, layers.ChainOf(top));
    }

    public static LowerTrees OfLayers(StorePaths store, IReadOnlyList<Digest> chain)
    {
        using var layers = LayerStore.Layers.Of(store);
        var paths = new List<string>(chain.Count);
        foreach (var chainId in chain)
        {
            paths.Add(layers.TreeOf(chainId));
        }
        var trees = new LowerTrees(chain, paths);
        try
        {
            foreach (var chainId in chain)
            {
                var held = layers.TryHold(chainId) ?? throw new ImageError($"open layer {chainId}: it is not there");
                trees._top?.Dispose();
                trees._top = held;
                trees._trees.Add(held.OpenTree());
            }
            return trees;
        }
        catch (Exception)
        {
            trees.Dispose();
            throw;
        }
    }

    public static LowerTrees OfDirectories(IReadOnlyList<string> paths)
    {
        var trees = new LowerTrees([], paths);
        try
        {
            foreach (var path in paths)
            {
                trees._trees.Add(Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_PATH | Native.O_DIRECTORY).OrThrow($"open the lower directory {path}"));
            }
            return trees;
        }
        catch (Exception)
        {
            trees.Dispose();
            throw;
        }
    }

    public static LowerTrees Of(StorePaths store, UnionRecord record) =>
        record.Lower.Count > 0 ? OfDirectories(record.Lower) : OfLayers(store, record.Chain);

    public void Dispose()
    {
        _trees.ForEach(tree => Sys.Close(tree));
        _trees.Clear();
        _top?.Dispose();
        _top = null;
    }
}
