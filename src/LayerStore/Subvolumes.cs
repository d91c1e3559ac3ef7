using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.LayerStore;

/// <summary>
/// Bases of unions on btrfs: btrfs/sha256/CHAINID is a subvolume with the tree that a layer and all below it make (spec/unions.md). It is written in a
/// directory ".CHAINID", whose flock(2) is the lock of the chain id, and gets its name by a rename after one syncfs(2). A snapshot of it does not need it
/// any more, so that it may be removed at any time.
/// </summary>
public sealed class Subvolumes : IDisposable
{
    private const string Staged = "tree";
    private const uint OwnersAll = 0x1C0; // 0700

    private readonly int _directory;
    private readonly string _path;

    private Subvolumes(int directory, string path) => (_directory, _path) = (directory, path);

    public static Subvolumes Of(StorePaths paths)
    {
        var path = paths.Btrfs + "/sha256";
        return new Subvolumes(Entries.MakeDirectory(path, OwnersAll), path);
    }

    /// <summary>A subvolume by its name in a directory, with all that is in it; it may be missing, or no subvolume.</summary>
    public static Errno Remove(int parent, string name)
    {
        var error = Sys.RemoveSubvolume(parent, ZeroTerminated.Of(name));
        // Others than root may not (mount option user_subvol_rm_allowed), and a container can have made subvolumes in it. One that is empty goes with
        // rmdir(2) from kernel 4.18 on.
        return error is Errno.OK or Errno.ENOENT ? Errno.OK : TreeRemover.Remove(parent, ZeroTerminated.Of(name));
    }

    /// <summary>The base, open and under a shared lock, for the caller to close. Null: there is none.</summary>
    public int? TryHold(Digest chainId)
    {
        var opened = Entries.OpenDirectory(_directory, chainId.Hex);
        if (!opened.Ok)
        {
            return opened.Error == Errno.ENOENT ? null : throw new ErrnoException($"open {_path}/{chainId.Hex}", opened.Error);
        }
        Sys.Flock(opened.Value, Native.LOCK_SH).OrThrow($"lock {_path}/{chainId.Hex}");
        // The collector may have taken it while we waited.
        if (LayerCheck.HeldBaseIsStillThere.Passes(Entries.AreSame(opened.Value, _directory, chainId.Hex)))
        {
            return opened.Value;
        }
        Sys.Close(opened.Value);
        return null;
    }

    /// <summary>The same; it is made when there is none.</summary>
    /// <param name="below">The base of the layer below; null: there is no layer below.</param>
    /// <param name="fill">Is given the root of the new subvolume, which has what is in the base below.</param>
    public int HoldOrMake(Digest chainId, int? below, Action<int> fill)
    {
        while (true)
        {
            if (TryHold(chainId) is { } held)
            {
                return held;
            }
            if (Layers.TryLock(_directory, chainId, waits: null) is not { } staging)
            {
                continue;
            }
            try
            {
                Remove(staging, Staged).OrThrow($"remove {_path}/.{chainId.Hex}/{Staged}");
                if (!Exists(chainId))
                {
                    Make(chainId, below, staging, fill);
                }
            }
            finally
            {
                RemoveStaging(chainId, staging);
            }
        }
    }

    /// <summary>Removes the bases that nobody needs, and what killed calls have left. Those that were removed: not how many bytes, since a base shares its
    /// blocks with others and with the unions that were made of it.</summary>
    public IReadOnlyList<Digest> Collect(IReadOnlySet<Digest> needed)
    {
        var removed = new List<Digest>();
        foreach (var name in Entries.Names(_directory))
        {
            if (Digest.TryParse("sha256:" + name, out var chainId))
            {
                if (LayerCheck.NeededBaseStays.Passes(!needed.Contains(chainId)) && RemoveUnused(chainId))
                {
                    removed.Add(chainId);
                }
            }
            else if (name.StartsWith('.') && Digest.TryParse("sha256:" + name[1..], out chainId)
                && Layers.TryLock(_directory, chainId, waits: null, isPatient: false) is { } staging)
            {
                RemoveStaging(chainId, staging);
            }
        }
        return removed;
    }

    public void Dispose() => Sys.Close(_directory);

    private bool Exists(Digest chainId) => Sys.Stat(_directory, ZeroTerminated.Of(chainId.Hex), Native.AT_SYMLINK_NOFOLLOW, out _) == Errno.OK;

    private void Make(Digest chainId, int? below, int staging, Action<int> fill)
    {
        var name = ZeroTerminated.Of(Staged);
        var error = below is { } lower ? Sys.MakeSnapshot(lower, staging, name) : Sys.MakeSubvolume(staging, name);
        error.OrThrow($"make a subvolume for layer {chainId}");
        var tree = Entries.OpenDirectory(staging, Staged).OrThrow($"open the subvolume of layer {chainId}");
        try
        {
            fill(tree);
            Sys.SyncFs(tree).OrThrow($"write the subvolume of layer {chainId} to the disk");
        }
        finally
        {
            Sys.Close(tree);
        }
        Sys.RenameAt(staging, name, _directory, ZeroTerminated.Of(chainId.Hex), Native.RENAME_NOREPLACE).OrThrow($"name the subvolume of layer {chainId}");
    }

    // False: somebody has it.
    private bool RemoveUnused(Digest chainId)
    {
        var opened = Entries.OpenDirectory(_directory, chainId.Hex);
        if (!opened.Ok)
        {
            return false;
        }
        var isRemoved = false;
        if (LayerCheck.BaseInUseStays.Passes(Sys.Flock(opened.Value, Native.LOCK_EX | Native.LOCK_NB).Error == Errno.OK)
            && Layers.TryLock(_directory, chainId, waits: null, isPatient: false) is { } staging)
        {
            // Under the staging name it is garbage, whatever happens next.
            Remove(staging, Staged).OrThrow($"remove {_path}/.{chainId.Hex}/{Staged}");
            Sys.RenameAt(_directory, ZeroTerminated.Of(chainId.Hex), staging, ZeroTerminated.Of(Staged)).OrThrow($"remove the subvolume of layer {chainId}");
            RemoveStaging(chainId, staging);
            isRemoved = true;
        }
        Sys.Close(opened.Value);
        return isRemoved;
    }

    private void RemoveStaging(Digest chainId, int staging)
    {
        Remove(staging, Staged).OrThrow($"remove {_path}/.{chainId.Hex}/{Staged}");
        Layers.RemoveStaging(_directory, chainId, staging);
    }
}
