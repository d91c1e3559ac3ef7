using System;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>The names in a layer that say what is no longer there (image-spec, layer.md, "Whiteouts"). Their entries have nothing that depends on
/// when or by whom they were made.</summary>
public static class Whiteout
{
    private const uint Mode = 0x180; // 0600

    public static ReadOnlySpan<byte> Prefix => ".wh."u8;

    public static ReadOnlySpan<byte> Opaque => ".wh..wh..opq"u8;

    public static TarEntry Of(ReadOnlySpan<byte> path)
    {
        var at = path.LastIndexOf((byte)'/') + 1;
        if (TreeCheck.DeletedNameIsNoWhiteout.Fails(path[at..].StartsWith(Prefix)))
        {
            throw new ImageError($"pack {TarText.Of(path)}: a deleted name that begins with .wh. cannot be said in a layer");
        }
        return new TarEntry(TarKind.File, [.. path[..at], .. Prefix, .. path[at..]]) { Mode = Mode };
    }

    public static TarEntry OpaqueOf(ReadOnlySpan<byte> directory) =>
        new(TarKind.File, directory.IsEmpty ? Opaque.ToArray() : [.. directory, (byte)'/', .. Opaque]) { Mode = Mode };
}
