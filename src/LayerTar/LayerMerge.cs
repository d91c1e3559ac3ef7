using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.LayerTar;

/// <summary>Layers in overlay's form, one over the other, into one plain tree: what overlay would show of them.</summary>
public static class LayerMerge
{
    /// <summary>One more layer over what the tree is so far.</summary>
    /// <param name="root">A descriptor of the tree's root.</param>
    /// <param name="isFirst">The tree is empty.</param>
    public static void Add(int root, TreeRoot layer, CopyUp copyUp, bool isFirst)
    {
        using var maker = new TreeMaker(layer, root, copyUp, SourceDate.None);
        using var walk = new TreeWalk(layer, devicesFirst: true);
        while (walk.Next())
        {
            var entry = walk.Current;
            OverlayMarks.RefuseRedirections(entry, layer);
            // Overlay merges the roots of all layers, opaque or not.
            var hides = !isFirst && entry.Path.Length > 0;
            if (hides && (!entry.Status.IsDirectory || OverlayMarks.IsOpaque(entry)))
            {
                maker.Remove(entry.Path);
            }
            if (entry.Status.IsDirectory)
            {
                maker.MakeDirectory(entry);
            }
            else if (!OverlayMarks.IsWhiteout(entry))
            {
                maker.Make(entry);
            }
        }
        maker.Finish();
    }
}

/// <summary>Overlay's upper directory as a layer of the store: the same entries as in the archive that <see cref="TreeLayer"/> makes of it, without what
/// the kernel has noted for itself.</summary>
public static class UpperCopy
{
    /// <param name="into">A descriptor of an empty directory; its own attributes are the caller's to set.</param>
    public static void Make(TreeRoot upper, int into, OverlayWords words, CopyUp copyUp, SourceDate date, LayerRules rules)
    {
        using var maker = new TreeMaker(upper, into, copyUp, date, words);
        using var walk = new TreeWalk(upper, devicesFirst: true);
        while (walk.Next())
        {
            var entry = walk.Current;
            if (entry.Path.Length == 0)
            {
                // The archive would say that all below is gone; overlay itself heeds no opaque root.
                if (TreeCheck.CopiedRootIsNotOpaque.Fails(OverlayMarks.IsOpaque(entry)))
                {
                    throw new ImageError($"copy {upper.Name}: its root is marked opaque, which no mount does");
                }
                continue;
            }
            TreeLayer.RequireUnmounted(walk, upper);
            OverlayMarks.RefuseRedirections(entry, upper);
            if (entry.Status.IsSocket)
            {
                rules.Warn($"{upper.Act("pack", entry.Path)}: a socket cannot be in a layer, left out");
            }
            else if (entry.Status.IsDirectory)
            {
                maker.MakeDirectory(entry, OverlayMarks.IsOpaque(entry));
            }
            else if (OverlayMarks.IsWhiteout(entry))
            {
                maker.MakeWhiteout(entry.Path);
            }
            else
            {
                maker.Make(entry);
            }
        }
        maker.Finish();
    }
}
