using System;
using System.Collections.Generic;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>A whole tree as a layer: a directory of the user's, or overlay's upper directory, whose own marks become those of layers
/// (Documentation/filesystems/overlayfs.rst; image-spec, layer.md, "Whiteouts").</summary>
public static class TreeLayer
{
    /// <summary>All that is in the tree is added to the layer; what the rules call an upper directory is read as one.</summary>
    public static void Write(TreeRoot root, LayerRules rules, LayerArchive layer)
    {
        using var walk = new TreeWalk(root, rules.IsUpper);
        var firstNames = new Dictionary<InodeKey, byte[]>();
        while (walk.Next())
        {
            var entry = walk.Current;
            if (rules.IsUpper && entry.Path.Length == 0)
            {
                // Its attributes are of whoever has made the directory, not of the image's root.
                WriteOpaque(layer, entry);
                continue;
            }
            RequireUnmounted(walk, root);
            if (entry.Status.IsSocket)
            {
                rules.Warn($"{root.Act("pack", entry.Path)}: a socket cannot be in a layer, left out");
                continue;
            }
            if (rules.IsUpper)
            {
                OverlayMarks.RefuseRedirections(entry, root);
                if (OverlayMarks.IsWhiteout(entry))
                {
                    layer.AddWhiteout(entry.Path);
                    continue;
                }
            }
            WriteEntry(root, rules, layer, entry, firstNames);
            if (rules.IsUpper && entry.Status.IsDirectory)
            {
                WriteOpaque(layer, entry);
            }
        }
    }

    private static void WriteOpaque(LayerArchive layer, TreeEntry entry)
    {
        if (OverlayMarks.IsOpaque(entry))
        {
            layer.AddOpaque(entry.Path);
        }
    }

    /// <summary>One entry; of several names of one file the first has the content. The names given so far are the caller's to keep.</summary>
    public static void WriteEntry(TreeRoot root, LayerRules rules, LayerArchive layer, TreeEntry entry, Dictionary<InodeKey, byte[]> firstNames)
    {
        var made = rules.EntryOf(entry, root);
        if (entry.HasOtherNames && !firstNames.TryAdd(entry.Inode, entry.Path))
        {
            layer.Add(made with { Kind = TarKind.HardLink, LinkName = firstNames[entry.Inode], Size = 0, Attributes = [] });
            return;
        }
        if (!entry.Status.IsRegular)
        {
            layer.Add(made);
            return;
        }
        var file = root.OpenContent(entry);
        try
        {
            layer.AddFile(made, file, root.Act("read", entry.Path));
            root.VerifyUnchanged(file, entry);
        }
        finally
        {
            Linux.Sys.Close(file);
        }
    }

    /// <summary>What is under a mount is hidden, and would seem deleted or be another thing.</summary>
    public static void RequireUnmounted(TreeWalk walk, TreeRoot root)
    {
        if (TreeCheck.NothingIsMountedInTheTree.Fails(walk.IsMountPoint))
        {
            throw new ImageError($"{root.Act("pack", walk.Current.Path)}: something is mounted there, unmount it first");
        }
    }
}
