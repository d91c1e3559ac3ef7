using System;
using System.Collections.Generic;
using SharpRun.Linux;

namespace SharpRun.Image.Unpack;

/// <summary>Takes away what the layers below have left, by descriptors and never through a link. A tree is as deep as <see cref="UnpackLimits.Depth"/> at
/// most, so each level may have its descriptor. Nobody else works in the tree.</summary>
sealed class WhiteoutRemoval
{
    private const int RecordsRoom = 4096;

    private static int Directory => Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW;

    private readonly LayerNames _kept;
    private readonly Func<int, Errno> _makeImplicit;

    private WhiteoutRemoval(LayerNames kept, Func<int, Errno> makeImplicit)
    {
        _kept = kept;
        _makeImplicit = makeImplicit;
    }

    /// <summary>A whiteout: what the layers below have under the name. The current layer's entries stay, and so do the directories that they need,
    /// which lose their attributes when the layer does not have them itself.</summary>
    public static Errno WhiteOut(int parent, ulong parentIno, ReadOnlySpan<byte> name, LayerNames kept, Func<int, Errno> makeImplicit) =>
        new WhiteoutRemoval(kept, makeImplicit).RemoveOne(parent, parentIno, name, out _);

    /// <summary>An opaque whiteout: the same with all that is in the directory (opened for reading).</summary>
    public static Errno WhiteOutAll(int directory, ulong ino, LayerNames kept, Func<int, Errno> makeImplicit) =>
        new WhiteoutRemoval(kept, makeImplicit).RemoveChildren(directory, ino, out _);

    private Errno RemoveOne(int parent, ulong parentIno, ReadOnlySpan<byte> name, out bool stays)
    {
        stays = _kept.Contains(parentIno, name[..^1]);
        if (!stays)
        {
            var error = Sys.UnlinkAt(parent, name, 0);
            return error == Errno.EISDIR ? RemoveDirectory(parent, name, out stays) : Missing(error);
        }
        // One of this layer: a directory may have children from below.
        var opened = Sys.Open(parent, name, Directory);
        if (!opened.Ok)
        {
            return opened.Error is Errno.ENOTDIR or Errno.ELOOP or Errno.ENOENT ? Errno.OK : opened.Error;
        }
        var kept = Sys.Stat(opened.Value, default, Native.AT_EMPTY_PATH, out var status);
        kept = kept == Errno.OK ? RemoveChildren(opened.Value, status.Ino, out _) : kept;
        kept = kept == Errno.OK ? Sys.UtimensAt(opened.Value, default, TimeSpec.Omit, status.ModifiedAt, 0) : kept;
        Sys.Close(opened.Value);
        return kept;
    }

    private Errno RemoveDirectory(int parent, ReadOnlySpan<byte> name, out bool stays)
    {
        stays = false;
        var opened = Sys.Open(parent, name, Directory);
        if (!opened.Ok)
        {
            return opened.Error;
        }
        var error = Sys.Stat(opened.Value, default, Native.AT_EMPTY_PATH, out var status);
        error = error == Errno.OK ? RemoveChildren(opened.Value, status.Ino, out stays) : error;
        error = error == Errno.OK && stays ? _makeImplicit(opened.Value) : error;
        Sys.Close(opened.Value);
        return error == Errno.OK && !stays ? Sys.UnlinkAt(parent, name, Native.AT_REMOVEDIR) : error;
    }

    private Errno RemoveChildren(int directory, ulong ino, out bool anyStays)
    {
        // All names first: a directory that changes may be listed twice, or not at all.
        anyStays = false;
        Span<byte> records = stackalloc byte[RecordsRoom];
        var names = new List<byte[]>();
        Sys.Seek(directory, 0, Native.SEEK_SET);
        while (true)
        {
            var read = Sys.GetDents(directory, records);
            if (!read.Ok)
            {
                return read.Error;
            }
            if (read.Value == 0)
            {
                break;
            }
            foreach (var record in new DirectoryRecords(records[..read.Value]))
            {
                names.Add([.. record, 0]);
            }
        }
        foreach (var name in names)
        {
            var error = RemoveOne(directory, ino, name, out var stays);
            if (error != Errno.OK)
            {
                return error;
            }
            anyStays |= stays;
        }
        return Errno.OK;
    }

    private static Errno Missing(Errno error) => error == Errno.ENOENT ? Errno.OK : error;
}
