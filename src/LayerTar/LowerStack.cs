using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.LayerTar;

/// <summary>What a name is in the layers below. Layer: the one that has it. Lower: of a directory, the layers that are merged in it.</summary>
public readonly record struct LowerName(bool IsThere, int Layer, FileStatus Status, int[] Lower)
{
    public static LowerName None => new(false, -1, default, []);

    public bool IsDirectory => IsThere && Lower.Length > 0;
}

/// <summary>
/// The layers below, uppermost first, seen as overlay merges them (overlayfs.rst): a directory goes on into the layers below it until one has no such
/// directory but something else, a whiteout, or an opaque one. Every look is one openat2(2) that follows no link, so it stays in the layer.
/// </summary>
public sealed class LowerStack(IReadOnlyList<int> trees, Func<int, bool> isOpaque)
{
    public const ulong Beneath = Native.RESOLVE_BENEATH | Native.RESOLVE_NO_SYMLINKS | Native.RESOLVE_NO_MAGICLINKS;

    public int Count => trees.Count;

    /// <summary>An O_PATH descriptor of what has the name, a link itself included, or an errno.</summary>
    public static Result Look(int tree, LayerDirectory directory, string? name, out FileStatus status)
    {
        status = default;
        var found = Sys.OpenAt2(tree, directory.PathOf(name), Native.O_PATH | Native.O_NOFOLLOW, 0, Beneath);
        if (!found.Ok)
        {
            return found;
        }
        var error = Sys.Stat(found.Value, default, Native.AT_EMPTY_PATH, out status);
        if (error == Errno.OK)
        {
            return found;
        }
        Sys.Close(found.Value);
        return Result.Failed(error);
    }

    public Result Look(int layer, LayerDirectory directory, string? name) => Look(trees[layer], directory, name, out _);

    /// <summary>A name in a directory, whatever this layer has made of it.</summary>
    public LowerName Find(LayerDirectory directory, string name)
    {
        var first = LowerName.None;
        List<int>? merged = null;
        foreach (var layer in directory.Lower)
        {
            var look = Look(trees[layer], directory, name, out var status);
            if (look.Error == Errno.ENOENT)
            {
                continue;
            }
            var found = look.OrThrow($"look into a lower layer for {LayerDirectory.Say(name)}");
            var isLast = !status.IsDirectory || isOpaque(found);
            Sys.Close(found);
            if (status.IsDirectory)
            {
                (merged ??= []).Add(layer);
            }
            if (!first.IsThere && !OverlayWords.IsWhiteout(status))
            {
                first = new LowerName(true, layer, status, []);
            }
            if (isLast)
            {
                break;
            }
        }
        return merged is null ? first : first with { Lower = [.. merged] };
    }

    /// <summary>All names that lower layers have in the directory, also those that are whiteouts.</summary>
    public SortedSet<string> Names(LayerDirectory directory)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        var records = new byte[16 << 10];
        foreach (var layer in directory.Lower)
        {
            var opened = Sys.OpenAt2(trees[layer], directory.PathOf(null), Native.O_RDONLY | Native.O_DIRECTORY, 0, Beneath)
                .OrThrow("list a directory of a lower layer");
            while (Sys.GetDents(opened, records).OrThrow("list a directory of a lower layer") is > 0 and var length)
            {
                foreach (var name in new DirectoryRecords(records.AsSpan(0, length)))
                {
                    names.Add(Encoding.Latin1.GetString(name));
                }
            }
            Sys.Close(opened);
        }
        return names;
    }
}
