using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.LayerStore;

/// <summary>
/// The unpacked layers: layers/sha256/CHAINID/{fs,parent,done} (spec/layers.md). "fs" is the layer in overlay's on-disk form; "parent" holds the chain
/// id below, nothing in the lowest layer; "done" holds the chain id itself, and without it the directory is garbage. A layer is written in a directory
/// ".CHAINID", whose flock(2) is the lock of the chain id, and gets its name by a rename after one syncfs(2): so what has the name is whole, after a
/// kill -9 and after a power cut.
/// </summary>
public sealed class Layers : IDisposable
{
    internal const string Tree = "fs", Parent = "parent", Done = "done";

    /// <summary>As many as overlay can take at all (OVL_MAX_STACK): a longer chain is a loop of parents.</summary>
    public const int MostInChain = 500;

    private const uint OwnersAll = 0x1C0; // 0700

    private readonly StorePaths _paths;
    private readonly Dictionary<string, int> _directories = [];

    private Layers(StorePaths paths) => _paths = paths;

    public static Layers Of(StorePaths paths) => new(paths);

    /// <summary>The layer's tree, an absolute path, for a mount.</summary>
    public string TreeOf(Digest chainId) => $"{_paths.LayerOf(chainId)}/{Tree}";

    public bool Has(Digest chainId) => TryHold(chainId) is { } held && Close(held);

    /// <summary>The layer, which no garbage collection takes until it is disposed of. Null: there is none that is whole.</summary>
    public HeldLayer? TryHold(Digest chainId)
    {
        if (TryDirectory(chainId) is not { } parent)
        {
            return null;
        }
        var opened = Entries.OpenDirectory(parent, chainId.Hex);
        if (!opened.Ok)
        {
            return opened.Error == Errno.ENOENT ? null : throw new ErrnoException($"open layer {chainId}", opened.Error);
        }
        Sys.Flock(opened.Value, Native.LOCK_SH).OrThrow($"lock layer {chainId}");
        // The collector may have taken it while we waited.
        if (LayerCheck.HeldLayerIsStillThere.Passes(Entries.AreSame(opened.Value, parent, chainId.Hex)) && IsDone(opened.Value, chainId))
        {
            return new HeldLayer(chainId, opened.Value);
        }
        Sys.Close(opened.Value);
        return null;
    }

    /// <summary>The chain ids from the lowest layer up to this one.</summary>
    public IReadOnlyList<Digest> ChainOf(Digest top)
    {
        var chain = new List<Digest>();
        for (Digest? next = top; next is { } chainId;)
        {
            if (LayerCheck.ChainIsShort.Fails(chain.Count == MostInChain))
            {
                throw new ImageError($"read the chain of layer {top}: it has more than {MostInChain} layers");
            }
            using var layer = TryHold(chainId) ?? throw new ImageError(
                $"read the chain of layer {top}: {(chain.Count == 0 ? "there is no such layer" : $"its layer {chainId} is not there")}");
            chain.Add(chainId);
            next = layer.ReadParent();
        }
        chain.Reverse();
        return chain;
    }

    /// <summary>Takes the chain id's lock, and a directory for the layer. Null: the layer is there, perhaps by another process for which this call has
    /// waited (<paramref name="waits"/> is told). What a killed process has left is removed.</summary>
    public StagedLayer? Begin(Digest chainId, Digest? parent, Action? waits = null)
    {
        var directory = DirectoryOf(chainId);
        while (!Has(chainId))
        {
            if (TryLock(directory, chainId, waits) is not { } staging)
            {
                continue;
            }
            if (Has(chainId))
            {
                RemoveStaging(directory, chainId, staging);
                break;
            }
            TreeRemover.Clear(staging);
            // A directory of this name that is not whole was not made by us, or was damaged.
            var error = Sys.RenameAt(directory, ZeroTerminated.Of(chainId.Hex), staging, "damaged\0"u8);
            if (error is not (Errno.OK or Errno.ENOENT))
            {
                error.Throw($"put the unfinished layer {chainId} aside");
            }
            TreeRemover.Clear(staging);
            return new StagedLayer(chainId, parent, directory, staging);
        }
        return null;
    }

    public void Dispose()
    {
        foreach (var directory in _directories.Values)
        {
            Sys.Close(directory);
        }
        _directories.Clear();
    }

    internal static string StagingOf(Digest chainId) => "." + chainId.Hex;

    /// <summary>The locked staging directory of the chain id; null when its last owner has just let go of it, so that one has to try again.
    /// Without waiting: null as well when it is locked.</summary>
    internal static int? TryLock(int directory, Digest chainId, Action? waits, bool isPatient = true)
    {
        var name = StagingOf(chainId);
        var error = Sys.MkdirAt(directory, ZeroTerminated.Of(name), OwnersAll);
        if (error is not (Errno.OK or Errno.EEXIST))
        {
            error.Throw($"make a directory for layer {chainId}");
        }
        var opened = Entries.OpenDirectory(directory, name);
        if (!opened.Ok)
        {
            return opened.Error == Errno.ENOENT ? null : throw new ErrnoException($"open the directory of layer {chainId}", opened.Error);
        }
        var locked = Sys.Flock(opened.Value, Native.LOCK_EX | Native.LOCK_NB).Error;
        if (locked == Errno.EAGAIN && isPatient)
        {
            waits?.Invoke();
            locked = Sys.Flock(opened.Value, Native.LOCK_EX).Error;
        }
        // The one who had the lock has renamed or removed what we have waited for.
        if (LayerCheck.StagingIsLocked.Passes(locked == Errno.OK) && LayerCheck.StagingIsStillThere.Passes(Entries.AreSame(opened.Value, directory, name)))
        {
            return opened.Value;
        }
        Sys.Close(opened.Value);
        if (locked is not (Errno.OK or Errno.EAGAIN))
        {
            locked.Throw($"lock layer {chainId}");
        }
        return null;
    }

    /// <summary>Also lets go of the lock. The bytes that were freed.</summary>
    internal static long RemoveStaging(int directory, Digest chainId, int staging)
    {
        var bytes = TreeRemover.Clear(staging);
        Sys.UnlinkAt(directory, ZeroTerminated.Of(StagingOf(chainId)), Native.AT_REMOVEDIR).OrThrow($"remove the directory of layer {chainId}");
        Sys.Close(staging);
        return bytes;
    }

    internal static bool IsDone(int layer, Digest chainId) =>
        LayerCheck.LayerIsDone.Passes(Entries.TryRead(layer, Done) is { } done && Encoding.ASCII.GetString(done).Trim() == chainId.Text);

    /// <summary>Null: there is none yet.</summary>
    internal int? TryDirectory(Digest chainId)
    {
        if (!_directories.TryGetValue(chainId.Algorithm, out var directory))
        {
            var opened = Entries.OpenDirectory(Native.AT_FDCWD, $"{_paths.Layers}/{chainId.Algorithm}");
            if (opened.Error == Errno.ENOENT)
            {
                return null;
            }
            _directories[chainId.Algorithm] = directory = opened.OrThrow($"open {_paths.Layers}/{chainId.Algorithm}");
        }
        return directory;
    }

    private int DirectoryOf(Digest chainId) =>
        TryDirectory(chainId) ?? (_directories[chainId.Algorithm] = Entries.MakeDirectory($"{_paths.Layers}/{chainId.Algorithm}", OwnersAll));

    private static bool Close(HeldLayer layer)
    {
        layer.Dispose();
        return true;
    }
}
