using System;
using System.Collections.Generic;
using SharpRun.Layers.Unions;
using SharpRun.LayerTar;
using SharpRun.Linux;

namespace SharpRun.Layers.Drivers;

/// <summary>upper/ is the whole tree, an ordinary directory; mounting binds it. What has changed is found by comparing it with the layers.</summary>
abstract class PlainDriver : Driver
{
    protected const string Tree = "upper";

    public override void Mount(Union union, LowerTrees lowers, int target)
    {
        var tree = union.OpenDirectory(Tree);
        var copy = Sys.OpenTree(tree, default, Native.OPEN_TREE_CLONE | Native.AT_EMPTY_PATH);
        var error = copy.Ok ? Sys.MoveMountOnto(copy.Value, target) : copy.Error;
        if (copy.Ok)
        {
            Sys.Close(copy.Value);
        }
        Sys.Close(tree);
        error.OrThrow($"mount {union.Name}: bind {union.Path}/{Tree}");
    }

    /// <summary>By its path in its file system, and, where nothing lies over it, by what is to be seen there: another store's union can end on the same
    /// path.</summary>
    public override bool IsMountOf(Union union, MountEntry mount)
    {
        if (UnionCheck.TreeIsOfAUnionOfThisName.Fails(!mount.Root.EndsWith($"/{union.Name}/{Tree}", StringComparison.Ordinal)))
        {
            return false;
        }
        var isSeen = Sys.Stat(Native.AT_FDCWD, ZeroTerminated.Of(mount.Point), Native.AT_NO_AUTOMOUNT, out var there) == Errno.OK && there.MountId == mount.Id;
        return !isSeen || UnionCheck.SeenTreeIsThisUnions.Passes(
            Sys.Stat(union.Directory, ZeroTerminated.Of(Tree), Native.AT_SYMLINK_NOFOLLOW, out var tree) == Errno.OK && there.IsSameFile(tree));
    }

    public override IReadOnlyList<ChangedPath> Changes(Union union, LowerTrees lowers, Action<string> warn) =>
        Compare(union, lowers, warn, (changes, _) => changes.Paths());

    public override void CopyChanges(Union union, LowerTrees lowers, int into, LayerRules rules, SourceDate date) =>
        Compare(union, lowers, rules.Warn, (changes, root) =>
        {
            using var maker = new TreeMaker(root, into, TreeOwner.Copier, date);
            changes.Copy(maker);
            maker.Finish();
            return true;
        });

    /// <summary>All layers into an empty tree, which is on the disk afterwards.</summary>
    protected static void Fill(int tree, LowerTrees lowers)
    {
        for (var layer = 0; layer < lowers.Trees.Count; layer++)
        {
            using var root = TreeOwner.Open(lowers.Trees[layer], lowers.Paths[layer]);
            LayerMerge.Add(tree, root, TreeOwner.Copier, layer == 0);
        }
        Sys.SyncFs(tree).OrThrow("write the union to the disk");
    }

    private static T Compare<T>(Union union, LowerTrees lowers, Action<string> warn, Func<TreeChanges, TreeRoot, T> use)
    {
        var rules = TreeOwner.Rules(warn);
        using var merged = new MergedLayers(rules);
        for (var layer = 0; layer < lowers.Trees.Count; layer++)
        {
            merged.Add(TreeOwner.Open(lowers.Trees[layer], lowers.Paths[layer]));
        }
        using var root = new TreeRoot(union.OpenDirectory(Tree), $"{union.Path}/{Tree}");
        return use(TreeChanges.Find(root, merged.Root, rules, [], (entry, lower) => merged.HasSameContent(root, entry, lower)), root);
    }
}
