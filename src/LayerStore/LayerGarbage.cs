using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.LayerStore;

/// <summary>What a collection did. Kept: why layers that look unneeded were left, a sentence each.</summary>
public sealed record CollectedLayers(IReadOnlyList<Digest> Removed, long BytesFreed, IReadOnlyList<string> Kept);

/// <summary>
/// Removes layers that no image and no union needs, and what killed processes left. In doubt a layer stays: any chain id in the record of a union
/// counts, wherever it stands; a union whose record cannot be read keeps all; a locked layer stays, and with it what is below it.
/// </summary>
public sealed class LayerGarbage
{
    private const int HexOfSha256 = 64, HexOfSha512 = 128;

    private readonly StorePaths _paths;
    private readonly Dictionary<Digest, Digest?> _parents = [];
    private readonly HashSet<Digest> _needed = [];
    private readonly List<Digest> _removed = [];
    private readonly List<string> _kept = [];
    private long _bytes;

    private LayerGarbage(StorePaths paths) => _paths = paths;

    /// <summary>Tops: the chain ids of the uppermost layers of all images; what lies below them is needed as well.</summary>
    public static CollectedLayers Collect(StorePaths paths, IEnumerable<Digest> tops)
    {
        var garbage = new LayerGarbage(paths);
        foreach (var algorithm in (ReadOnlySpan<string>)["sha256", "sha512"])
        {
            garbage.ReadParents(algorithm);
        }
        garbage.Need(tops);
        garbage.NeedUnions();
        foreach (var algorithm in (ReadOnlySpan<string>)["sha256", "sha512"])
        {
            garbage.Sweep(algorithm);
        }
        return new CollectedLayers(garbage._removed, garbage._bytes, garbage._kept);
    }

    /// <summary>Only what killed calls have left unfinished: for that nothing has to be known of images. The bytes that were freed.</summary>
    public static long CollectBegun(StorePaths paths)
    {
        var garbage = new LayerGarbage(paths);
        foreach (var algorithm in (ReadOnlySpan<string>)["sha256", "sha512"])
        {
            var opened = Entries.OpenDirectory(Native.AT_FDCWD, $"{paths.Layers}/{algorithm}");
            if (opened.Ok)
            {
                garbage.RemoveAllLeft(opened.Value, algorithm);
                Sys.Close(opened.Value);
            }
        }
        return garbage._bytes;
    }

    private void ReadParents(string algorithm)
    {
        var opened = Entries.OpenDirectory(Native.AT_FDCWD, $"{_paths.Layers}/{algorithm}");
        if (!opened.Ok)
        {
            return;
        }
        foreach (var name in Entries.Names(opened.Value))
        {
            if (Digest.TryParse($"{algorithm}:{name}", out var chainId) && Entries.OpenDirectory(opened.Value, name) is { Ok: true } layer)
            {
                _parents[chainId] = ReadParent(layer.Value);
                Sys.Close(layer.Value);
            }
        }
        Sys.Close(opened.Value);
    }

    // And all below. A layer that is marked has been followed already.
    private void Need(IEnumerable<Digest> chainIds)
    {
        foreach (var chainId in chainIds)
        {
            for (Digest? next = chainId; next is { } needed && _needed.Add(needed);)
            {
                next = ParentOf(needed);
            }
        }
    }

    // Also of a layer that has come since the collection began.
    private Digest? ParentOf(Digest chainId)
    {
        if (!_parents.TryGetValue(chainId, out var parent) && Entries.OpenDirectory(Native.AT_FDCWD, _paths.LayerOf(chainId)) is { Ok: true } layer)
        {
            parent = ReadParent(layer.Value);
            Sys.Close(layer.Value);
        }
        return parent;
    }

    private static Digest? ReadParent(int layer)
    {
        var text = Encoding.ASCII.GetString(Entries.TryRead(layer, Layers.Parent) ?? []).Trim();
        return Digest.TryParse(text, out var parent) ? parent : null;
    }

    // False: a union does not say what it needs, so that nothing may be removed.
    private bool NeedUnions()
    {
        var unions = Entries.OpenDirectory(Native.AT_FDCWD, _paths.Unions);
        if (!unions.Ok)
        {
            return unions.Error == Errno.ENOENT || Keep($"the unions cannot be read: {unions.Error.Sentence()}");
        }
        var areKnown = true;
        foreach (var name in Entries.Names(unions.Value))
        {
            areKnown &= NeedUnion(unions.Value, name);
        }
        Sys.Close(unions.Value);
        return areKnown;
    }

    private bool NeedUnion(int unions, string name)
    {
        var union = Entries.OpenDirectory(unions, name);
        if (!union.Ok)
        {
            return union.Error is Errno.ENOENT or Errno.ENOTDIR || Keep($"union {name} cannot be read: {union.Error.Sentence()}");
        }
        try
        {
            if (Entries.TryRead(union.Value, "record.json") is not { } record)
            {
                return Keep($"union {name} has no record, so that no layer can be known to be unneeded");
            }
            Need(DigestsIn(Encoding.Latin1.GetString(record)));
            return true;
        }
        catch (ErrnoException error)
        {
            return Keep($"union {name}: {error.Message}");
        }
        finally
        {
            Sys.Close(union.Value);
        }
    }

    private bool Keep(string sentence)
    {
        if (!_kept.Contains(sentence))
        {
            _kept.Add(sentence);
        }
        return false;
    }

    // 64 or 128 hexadecimal digits in a row, whatever the record's form.
    private static IEnumerable<Digest> DigestsIn(string record)
    {
        for (var at = 0; at < record.Length;)
        {
            var end = at;
            while (end < record.Length && char.IsAsciiHexDigitLower(record[end]))
            {
                end++;
            }
            if (end - at is HexOfSha256 or HexOfSha512 && Digest.TryParse($"sha{(end - at) * 4}:{record[at..end]}", out var digest))
            {
                yield return digest;
            }
            at = end + 1;
        }
    }

    private void Sweep(string algorithm)
    {
        var opened = Entries.OpenDirectory(Native.AT_FDCWD, $"{_paths.Layers}/{algorithm}");
        if (!opened.Ok)
        {
            return;
        }
        try
        {
            // The upper ones first: a layer never lies there without those below it.
            var layers = _parents.Keys.Where(chainId => chainId.Algorithm == algorithm).OrderByDescending(Height)
                .ThenBy(chainId => chainId.Hex, StringComparer.Ordinal);
            foreach (var chainId in layers)
            {
                Remove(opened.Value, chainId);
            }
            RemoveAllLeft(opened.Value, algorithm);
        }
        finally
        {
            Sys.Close(opened.Value);
        }
    }

    private int Height(Digest chainId)
    {
        var height = 0;
        for (var next = _parents.GetValueOrDefault(chainId); next is { } below && height < Layers.MostInChain; height++)
        {
            next = _parents.GetValueOrDefault(below);
        }
        return height;
    }

    private void Remove(int directory, Digest chainId)
    {
        var layer = Entries.OpenDirectory(directory, chainId.Hex);
        if (!layer.Ok)
        {
            return;
        }
        try
        {
            var isDone = Layers.IsDone(layer.Value, chainId);
            if (LayerCheck.NeededLayerStays.Fails(isDone && _needed.Contains(chainId)))
            {
                return;
            }
            if (LayerCheck.LayerInUseStays.Fails(Sys.Flock(layer.Value, Native.LOCK_EX | Native.LOCK_NB).Error != Errno.OK))
            {
                Keep($"layer {chainId} is in use");
                Need([chainId]);
                return;
            }
            // With the lock: whoever makes a union holds its layers until the record is written.
            if (LayerCheck.UnreadableUnionKeepsAll.Fails(isDone && (!NeedUnions() || _needed.Contains(chainId))))
            {
                return;
            }
            RemoveLocked(directory, chainId, layer.Value);
        }
        finally
        {
            Sys.Close(layer.Value);
        }
    }

    // Into the staging directory, which is garbage by its name: a kill in the middle leaves nothing that looks whole.
    private void RemoveLocked(int directory, Digest chainId, int layer)
    {
        if (Layers.TryLock(directory, chainId, waits: null, isPatient: false) is not { } staging)
        {
            Need([chainId]);
            return;
        }
        if (!Entries.AreSame(layer, directory, chainId.Hex))
        {
            Sys.Close(staging);
            return;
        }
        _bytes += TreeRemover.Clear(staging);
        Sys.RenameAt(directory, ZeroTerminated.Of(chainId.Hex), staging, "removed\0"u8).OrThrow($"remove layer {chainId}");
        _bytes += Layers.RemoveStaging(directory, chainId, staging);
        _removed.Add(chainId);
    }

    private void RemoveAllLeft(int directory, string algorithm)
    {
        foreach (var name in Entries.Names(directory))
        {
            if (name.StartsWith('.') && Digest.TryParse($"{algorithm}:{name[1..]}", out var chainId))
            {
                RemoveLeft(directory, chainId);
            }
        }
    }

    private void RemoveLeft(int directory, Digest chainId)
    {
        if (Layers.TryLock(directory, chainId, waits: null, isPatient: false) is { } staging)
        {
            _bytes += Layers.RemoveStaging(directory, chainId, staging);
        }
    }
}
