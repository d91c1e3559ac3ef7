using System.Text;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.LayerTar;

/// <summary>What entries of a tree in overlay's form mean (Documentation/filesystems/overlayfs.rst), whoever has written it: root in trusted.*, others
/// in user.*.</summary>
public static class OverlayMarks
{
    private static readonly byte[][] s_prefixes = ["trusted.overlay."u8.ToArray(), "user.overlay."u8.ToArray()];

    /// <summary>What has the name below is not there any more: a device 0:0, or an empty file with an attribute (kernel 6.7).</summary>
    public static bool IsWhiteout(TreeEntry entry) =>
        OverlayWords.IsWhiteout(entry.Status) || (entry.Status is { IsRegular: true, Size: 0 } && Value(entry, "whiteout") is not null);

    /// <summary>Nothing from below shows through. "x" is not opaque: there are whiteouts in it that are files with an attribute.</summary>
    public static bool IsOpaque(TreeEntry entry) => entry.Status.IsDirectory && Value(entry, "opaque") is [(byte)'y'];

    /// <summary>What is in another place of the layers below cannot be said in a layer, only its whole content.</summary>
    public static void RefuseRedirections(TreeEntry entry, TreeRoot root)
    {
        if (TreeCheck.NothingIsRedirected.Fails(Value(entry, "redirect") is not null))
        {
            throw new ImageError($"{root.Act("pack", entry.Path)}: overlay has renamed it without copying what is in it; mount with redirect_dir=off");
        }
        if (TreeCheck.ContentIsCopied.Fails(Value(entry, "metacopy") is not null))
        {
            throw new ImageError($"{root.Act("pack", entry.Path)}: overlay has not copied its content (metacopy); mount it with metacopy=off");
        }
    }

    private static byte[]? Value(TreeEntry entry, string name)
    {
        foreach (var prefix in s_prefixes)
        {
            if (entry.Attribute([.. prefix, .. Encoding.ASCII.GetBytes(name)]) is { } value)
            {
                return value;
            }
        }
        return null;
    }
}
