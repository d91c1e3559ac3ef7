using System;
using System.Collections.Generic;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>A whole tree as a layer: a directory of the user's, or overlay's upper directory, whose own marks become those of layers
/// (Documentation/filesystems/overlayfs.rst; image-spec, layer.md, "Whiteouts").</summary>
public static class TreeLayer
{
    private static readonly byte[][] s_prefixes = ["trusted.overlay."u8.ToArray(), "user.overlay."u8.ToArray()];

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
                RefuseRedirections(entry, root);
                if (IsWhiteout(entry))
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

    // "x" is not opaque: there are whiteouts in it that are files with an attribute (kernel 6.7).
    private static void WriteOpaque(LayerArchive layer, TreeEntry entry)
    {
        if (Own(entry, "opaque") is [(byte)'y'])
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
        if (walk.IsMountPoint)
        {
            throw new ImageError($"{root.Act("pack", walk.Current.Path)}: something is mounted there, unmount it first");
        }
    }

    private static bool IsWhiteout(TreeEntry entry) =>
        entry.Status is { IsCharDevice: true, RdevMajor: 0, RdevMinor: 0 }
        || (entry.Status is { IsRegular: true, Size: 0 } && Own(entry, "whiteout") is not null);

    // What is in another place of the layers below cannot be said in a layer, only its whole content.
    private static void RefuseRedirections(TreeEntry entry, TreeRoot root)
    {
        if (Own(entry, "redirect") is not null)
        {
            throw new ImageError($"{root.Act("pack", entry.Path)}: overlay has renamed it without copying what is in it; mount with redirect_dir=off");
        }
        if (Own(entry, "metacopy") is not null)
        {
            throw new ImageError($"{root.Act("pack", entry.Path)}: overlay has not copied its content (metacopy); mount it with metacopy=off");
        }
    }

    private static byte[]? Own(TreeEntry entry, string name)
    {
        foreach (var prefix in s_prefixes)
        {
            if (entry.Attribute([.. prefix, .. System.Text.Encoding.ASCII.GetBytes(name)]) is { } value)
            {
                return value;
            }
        }
        return null;
    }
}
