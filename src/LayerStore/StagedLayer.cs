using System;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.LayerStore;

/// <summary>A layer that is being written, under the lock of its chain id. Disposed of before <see cref="Finish"/>, it is gone.</summary>
public sealed class StagedLayer : IDisposable
{
    private const uint TreeMode = 0x1ED, LinksMode = 0x1C0; // 0755: the root of a file system; 0700

    private readonly int _directory;
    private readonly Digest? _parent;
    private int _staging;
    private bool _isFinished;

    internal StagedLayer(Digest chainId, Digest? parent, int directory, int staging)
    {
        (ChainId, _parent, _directory, _staging) = (chainId, parent, directory, staging);
        Tree = Make(Layers.Tree, TreeMode);
        Scratch = Make("scratch", LinksMode);
        // mkdir(2) heeds the umask.
        Sys.Fchmod(Tree, TreeMode).OrThrow($"make layer {ChainId}");
    }

    public Digest ChainId { get; }

    /// <summary>A descriptor of the empty tree, for fs.</summary>
    public int Tree { get; }

    /// <summary>A descriptor of an empty directory of the same file system, which is gone when the layer is finished.</summary>
    public int Scratch { get; }

    /// <summary>A tree that was made elsewhere, on the same file system, takes the place of the empty one.</summary>
    public void Adopt(int parent, string name) =>
        Sys.RenameAt(parent, ZeroTerminated.Of(name), _staging, ZeroTerminated.Of(Layers.Tree)).OrThrow($"move the tree of layer {ChainId} into the store");

    /// <summary>Everything in the tree is on the disk when the layer gets its name.</summary>
    public void Finish()
    {
        TreeRemover.Clear(Scratch);
        Sys.UnlinkAt(_staging, "scratch\0"u8, Native.AT_REMOVEDIR).OrThrow($"finish layer {ChainId}");
        Entries.Write(_staging, Layers.Parent, _parent);
        Sys.SyncFs(_staging).OrThrow($"write layer {ChainId} to the disk");
        Entries.Write(_staging, Layers.Done, ChainId);
        Sys.RenameAt(_directory, ZeroTerminated.Of(Layers.StagingOf(ChainId)), _directory, ZeroTerminated.Of(ChainId.Hex), Native.RENAME_NOREPLACE)
            .OrThrow($"name layer {ChainId}");
        _isFinished = true;
        // Others may hold it from now on, also this process; a garbage collection may not yet.
        Sys.Flock(_staging, Native.LOCK_SH).OrThrow($"share layer {ChainId}");
    }

    public void Dispose()
    {
        if (_staging < 0)
        {
            return;
        }
        Sys.Close(Tree);
        Sys.Close(Scratch);
        if (_isFinished)
        {
            Sys.Close(_staging);
        }
        else
        {
            Layers.RemoveStaging(_directory, ChainId, _staging);
        }
        _staging = -1;
    }

    private int Make(string name, uint mode)
    {
        Sys.MkdirAt(_staging, ZeroTerminated.Of(name), mode).OrThrow($"make layer {ChainId}");
        return Entries.OpenDirectory(_staging, name).OrThrow($"open layer {ChainId}");
    }
}
