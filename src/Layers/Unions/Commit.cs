using System;
using SharpRun.Json;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Layers.Unions;

/// <summary>What a commit has made. DiffId is null when nothing was changed: ChainId is that of the union's own top then.</summary>
sealed record Committed(Digest ChainId, Digest? DiffId);

/// <summary>
/// A union's writable layer as a read-only layer of the store. It is copied into the union's directory first, and then named by what was copied: so name and
/// content belong together whatever a mounted union's processes write meanwhile (what changes under the copier's hands is an error), and a kill at any
/// moment leaves nothing but that copy, which the next commit, remove or gc takes away. The union stays as it is.
/// </summary>
static class Commit
{
    private const string Staging = "commit", Tree = "fs";

    public static Committed Make(Union union, Action<string> warn)
    {
        if (UnionCheck.CommitIsOverALayer.Fails(union.Record.Chain.Count == 0))
        {
            throw new JsonError($"commit {union.Name}: it is made of directories, and not of layers of the store (create --chain) on which another could lie");
        }
        using var lowers = LowerTrees.Of(union.Paths, union.Record);
        RemoveLeft(union);
        var staging = union.MakeDirectory(Staging, Native.S_IRWXU);
        try
        {
            return Make(union, lowers, staging, warn);
        }
        finally
        {
            Sys.Close(staging);
            RemoveLeft(union);
        }
    }

    /// <summary>Of a commit that was killed; the bytes that were freed.</summary>
    public static long RemoveLeft(Union union)
    {
        var left = Entries.OpenDirectory(union.Directory, Staging);
        if (!left.Ok)
        {
            return 0;
        }
        var bytes = TreeRemover.Clear(left.Value);
        Sys.Close(left.Value);
        Sys.UnlinkAt(union.Directory, ZeroTerminated.Of(Staging), Native.AT_REMOVEDIR).OrThrow($"remove {union.Path}/{Staging}");
        return bytes;
    }

    private static Committed Make(Union union, LowerTrees lowers, int staging, Action<string> warn)
    {
        var date = SourceDate.FromEnvironment();
        Sys.MkdirAt(staging, ZeroTerminated.Of(Tree), Native.S_IRWXU).OrThrow($"make {union.Path}/{Staging}/{Tree}");
        using var tree = new TreeRoot(Entries.OpenDirectory(staging, Tree).OrThrow($"open {union.Path}/{Staging}/{Tree}"), $"{union.Path}/{Staging}/{Tree}");
        union.Driver.CopyChanges(union, lowers, tree.Fd, TreeOwner.Rules(warn, isUpper: true), date);
        DescribeRoot(tree.Fd, lowers.Trees[^1]);
        var parent = lowers.Chain[^1];
        if (LayerDigest.Of(tree, TreeOwner.Rules(warn, isUpper: true), date) is not { } diffId)
        {
            return new Committed(parent, null);
        }
        var chainId = ChainId.Of(parent, diffId);
        using var layers = LayerStore.Layers.Of(union.Paths);
        using var staged = layers.Begin(chainId, parent, () => warn($"another call makes layer {chainId}: waiting for it"));
        if (staged is not null)
        {
            staged.Adopt(staging, Tree);
            staged.Finish();
        }
        return new Committed(chainId, diffId);
    }

    // The archive of an upper directory says nothing of its root, so that unpacking it gives the root of the layer below.
    private static void DescribeRoot(int tree, int below)
    {
        Sys.Stat(below, default, Native.AT_EMPTY_PATH, out var status).OrThrow("look at the root of the layer below");
        TreeOwner.Copier.CopyFacts(below, ".\0"u8, tree, ".\0"u8, status).OrThrow("copy the attributes of the root");
    }
}
