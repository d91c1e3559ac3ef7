using System;
using System.Collections.Generic;
using System.Globalization;
using SharpRun.Linux;

namespace SharpRun.LayerStore;

/// <summary>Removes a tree of any depth, by descriptors and never through a link, and counts what that frees. A directory that its owner may not enter is
/// opened up first.</summary>
public sealed class TreeRemover
{
    // A descriptor for each level; what lies deeper is moved to the top and removed from there.
    private const int MostLevels = 100;
    private const uint OwnersAll = 0x1C0; // 0700

    private static int Flags => Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW;

    private readonly int _top;
    private readonly byte[] _records = GC.AllocateUninitializedArray<byte>(16 << 10);
    private long _moved, _bytes;

    private TreeRemover(int top) => _top = top;

    /// <summary>Everything in the directory. The bytes of files that had no other name.</summary>
    public static long Clear(int directory)
    {
        var remover = new TreeRemover(directory);
        remover.ClearAll().OrThrow("remove what is in a directory of the store");
        return remover._bytes;
    }

    /// <summary>What has the name (with a final zero), a directory with all below it. What is not there is removed already.</summary>
    public static Errno Remove(int parent, ReadOnlySpan<byte> name)
    {
        var error = Sys.UnlinkAt(parent, name, 0);
        if (error != Errno.EISDIR)
        {
            return OrGone(error);
        }
        var opened = Open(parent, name);
        if (!opened.Ok)
        {
            return OrGone(opened.Error);
        }
        error = new TreeRemover(opened.Value).ClearAll();
        Sys.Close(opened.Value);
        return error == Errno.OK ? OrGone(Sys.UnlinkAt(parent, name, Native.AT_REMOVEDIR)) : error;
    }

    private Errno ClearAll()
    {
        Errno error;
        long moved;
        do
        {
            moved = _moved;
            error = Clear(_top, 0);
        }
        while (error == Errno.OK && _moved != moved);
        return error;
    }

    private Errno Clear(int directory, int level)
    {
        var error = List(directory, out var names);
        foreach (var (name, isDirectory) in names)
        {
            if (error != Errno.OK)
            {
                break;
            }
            error = isDirectory ? Descend(directory, name, level) : RemoveFile(directory, name);
        }
        return error;
    }

    private Errno RemoveFile(int directory, byte[] name)
    {
        if (Sys.Stat(directory, name, Native.AT_SYMLINK_NOFOLLOW, out var status) == Errno.OK && status is { IsRegular: true, Nlink: 1 })
        {
            _bytes += (long)status.Size;
        }
        return OrGone(Sys.UnlinkAt(directory, name, 0));
    }

    private Errno Descend(int parent, byte[] name, int level)
    {
        if (level == MostLevels)
        {
            return MoveUp(parent, name);
        }
        var opened = Open(parent, name);
        if (!opened.Ok)
        {
            return OrGone(opened.Error);
        }
        var error = Clear(opened.Value, level + 1);
        Sys.Close(opened.Value);
        return error == Errno.OK ? OrGone(Sys.UnlinkAt(parent, name, Native.AT_REMOVEDIR)) : error;
    }

    // Under a name that nothing at the top has, whatever a killed call or the tree itself has left there.
    private Errno MoveUp(int parent, byte[] name)
    {
        Errno error;
        do
        {
            var moved = ZeroTerminated.Of(string.Create(CultureInfo.InvariantCulture, $".moved-{_moved++}"));
            error = Sys.RenameAt(parent, name, _top, moved, Native.RENAME_NOREPLACE);
        }
        while (error == Errno.EEXIST);
        return error;
    }

    // With all that its owner needs to remove what is in it.
    private static Result Open(int parent, ReadOnlySpan<byte> name)
    {
        var opened = Sys.Open(parent, name, Flags);
        if (opened.Error == Errno.EACCES)
        {
            var error = Sys.FchmodAt(parent, name, OwnersAll, 0);
            opened = error == Errno.OK ? Sys.Open(parent, name, Flags) : Result.Failed(error);
        }
        if (opened.Ok && Sys.GetEuid() != 0)
        {
            // Another's directory may still be one that we may write to.
            Sys.Fchmod(opened.Value, OwnersAll);
        }
        return opened;
    }

    private Errno List(int directory, out List<(byte[] Name, bool IsDirectory)> names)
    {
        names = [];
        var opened = Sys.Open(directory, ".\0"u8, Native.O_RDONLY | Native.O_DIRECTORY);
        if (!opened.Ok)
        {
            return opened.Error;
        }
        Result read;
        while ((read = Sys.GetDents(opened.Value, _records)) is { Ok: true, Value: > 0 and var length })
        {
            var records = new DirectoryRecords(_records.AsSpan(0, length));
            while (records.MoveNext())
            {
                byte[] name = [.. records.Current, 0];
                names.Add((name, IsDirectory(opened.Value, name, records.CurrentType)));
            }
        }
        Sys.Close(opened.Value);
        return read.Error;
    }

    private static bool IsDirectory(int parent, byte[] name, byte type) => type != Native.DT_UNKNOWN
        ? type == Native.DT_DIR
        : Sys.Stat(parent, name, Native.AT_SYMLINK_NOFOLLOW, out var status) == Errno.OK && status.IsDirectory;

    private static Errno OrGone(Errno error) => error == Errno.ENOENT ? Errno.OK : error;
}
