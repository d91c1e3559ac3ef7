using System.Collections.Generic;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Layers.Drivers;

/// <summary>A snapshot of a subvolume that the chain has been copied into once.</summary>
sealed class BtrfsDriver : PlainDriver
{
    public override DriverKind Kind => DriverKind.Btrfs;

    public override string? WhyNot(StorePaths paths)
    {
        var unions = Entries.MakeDirectory(paths.Unions, Native.S_IRWXU);
        var error = Sys.StatFs(unions, out var magic);
        Sys.Close(unions);
        return error != Errno.OK ? error.Sentence()
            : UnionCheck.StoreIsOnBtrfs.Passes(magic == Native.BTRFS_SUPER_MAGIC) ? null
            : $"{paths.Root} is not on btrfs";
    }

    public override void Create(Union union, LowerTrees lowers)
    {
        if (lowers.Chain.Count == 0)
        {
            Sys.MakeSubvolume(union.Directory, ZeroTerminated.Of(Tree)).OrThrow($"make a subvolume for union {union.Name}");
            var tree = union.OpenDirectory(Tree);
            Fill(tree, lowers);
            Sys.Close(tree);
            return;
        }
        using var bases = Subvolumes.Of(union.Paths);
        var top = Hold(bases, lowers);
        var error = Sys.MakeSnapshot(top, union.Directory, ZeroTerminated.Of(Tree));
        Sys.Close(top);
        error.OrThrow($"make a snapshot for union {union.Name}");
        Sys.SyncFs(union.Directory).OrThrow($"write union {union.Name} to the disk");
    }

    public override long Remove(Union union)
    {
        Subvolumes.Remove(union.Directory, Tree).OrThrow($"remove {union.Path}/{Tree}");
        return base.Remove(union);
    }

    /// <summary>The bases of chain ids that no union has, and what killed calls have left. Those that were removed.</summary>
    public static IReadOnlyList<Digest> CollectGarbage(StorePaths paths, IReadOnlySet<Digest> needed)
    {
        if (Sys.Stat(Native.AT_FDCWD, ZeroTerminated.Of(paths.Btrfs), 0, out _) != Errno.OK)
        {
            return [];
        }
        using var bases = Subvolumes.Of(paths);
        return bases.Collect(needed);
    }

    // From the highest base that is there, upwards.
    private static int Hold(Subvolumes bases, LowerTrees lowers)
    {
        var next = lowers.Chain.Count;
        int? held = null;
        while (next > 0 && held is null)
        {
            held = bases.TryHold(lowers.Chain[next - 1]);
            next -= held is null ? 1 : 0;
        }
        for (; next < lowers.Chain.Count; next++)
        {
            var layer = next;
            var made = bases.HoldOrMake(lowers.Chain[layer], held, tree =>
            {
                using var root = TreeOwner.Open(lowers.Trees[layer], lowers.Paths[layer]);
                LayerMerge.Add(tree, root, TreeOwner.Copier, layer == 0);
            });
            if (held is { } below)
            {
                Sys.Close(below);
            }
            held = made;
        }
        return held!.Value;
    }
}
