using System;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

/// <summary>Names that begin with .wh. (image-spec, layer.md, "Whiteouts").</summary>
static class WhiteoutName
{
    private static ReadOnlySpan<byte> Prefix => ".wh."u8;

    private static ReadOnlySpan<byte> AufsPrefix => ".wh..wh."u8;

    private static ReadOnlySpan<byte> Opaque => ".wh..wh..opq\0"u8;

    /// <summary>One of aufs's own names or in one of its directories: means nothing here. A directory of another such name is refused.</summary>
    public static bool IsForeign(EntryPath path, TarEntry entry)
    {
        for (var rest = path.Parent; rest.IndexOf(Prefix) is >= 0 and var at; rest = rest[(at + 1)..])
        {
            if (at == 0 || rest[at - 1] == (byte)'/')
            {
                return ImageCheck.DirectoryIsNoWhiteout.Passes(rest[at..].StartsWith(AufsPrefix)) ? true
                    : throw new ImageError($"unpack {TarText.Of(entry.Name)}: a directory's name cannot begin with .wh., which marks a whiteout");
            }
        }
        return path.Last.StartsWith(AufsPrefix) && !path.Last.SequenceEqual(Opaque);
    }

    /// <summary>True: a whiteout. Victim: of what in its directory, with a final zero; empty: of everything.</summary>
    public static bool TryGet(EntryPath path, TarEntry entry, out ReadOnlySpan<byte> victim)
    {
        victim = default;
        if (!path.Last.StartsWith(Prefix))
        {
            return false;
        }
        if (path.Last.SequenceEqual(Opaque))
        {
            return true;
        }
        victim = path.Last[Prefix.Length..];
        return victim is not ([(byte)'.', 0] or [(byte)'.', (byte)'.', 0]) && ImageCheck.WhiteoutHasAName.Passes(victim is not [0]) ? true
            : throw new ImageError($"unpack {TarText.Of(entry.Name)}: a whiteout of no name");
    }
}
