using System;
using System.Collections.Generic;
using System.Globalization;
using SharpRun.Linux;

namespace SharpRun.LayerStore;

/// <summary>Removes a tree of any depth, by descriptors, and counts what that frees. A directory that its owner may not enter is opened up first.</summary>
sealed class TreeRemover
{
    // A descriptor for each level; what lies deeper is moved to the top and removed from there.
    private const int MostLevels = 100;
    private const uint OwnersAll = 0x1C0; // 0700

    private readonly int _top;
    private readonly byte[] _records = GC.AllocateUninitializedArray<byte>(16 << 10);
    private int _moved;
    private long _bytes;

    private TreeRemover(int top) => _top = top;

    /// <summary>Everything in the directory. The bytes of files that had no other name.</summary>
    public static long Clear(int directory)
    {
        var remover = new TreeRemover(directory);
        do
        {
            remover._moved = 0;
            remover.Clear(directory, 0);
        }
        while (remover._moved > 0);
        return remover._bytes;
    }

    private void Clear(int directory, int level)
    {
        foreach (var (name, isDirectory) in List(directory))
        {
            if (isDirectory)
            {
                Descend(directory, name, level);
                continue;
            }
            if (Sys.Stat(directory, name, Native.AT_SYMLINK_NOFOLLOW, out var status) == Errno.OK && status is { IsRegular: true, Nlink: 1 })
            {
                _bytes += (long)status.Size;
            }
            OrGone(Sys.UnlinkAt(directory, name, 0)).OrThrow("remove a file of a layer");
        }
    }

    private void Descend(int parent, byte[] name, int level)
    {
        if (level == MostLevels)
        {
            var moved = Entries.Path(string.Create(CultureInfo.InvariantCulture, $".moved-{_moved++}-{_bytes}-{Environment.TickCount64}"));
            Sys.RenameAt(parent, name, _top, moved).OrThrow("remove a deep directory of a layer");
            return;
        }
        var opened = Sys.Open(parent, name, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW);
        if (opened.Error == Errno.EACCES)
        {
            Sys.FchmodAt(parent, name, OwnersAll, 0).OrThrow("open up a directory of a layer");
            opened = Sys.Open(parent, name, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW);
        }
        var fd = opened.OrThrow("open a directory of a layer");
        if (Sys.GetEuid() != 0)
        {
            Sys.Fchmod(fd, OwnersAll).OrThrow("open up a directory of a layer");
        }
        Clear(fd, level + 1);
        Sys.Close(fd);
        OrGone(Sys.UnlinkAt(parent, name, Native.AT_REMOVEDIR)).OrThrow("remove a directory of a layer");
    }

    private List<(byte[] Name, bool IsDirectory)> List(int directory)
    {
        var names = new List<(byte[], bool)>();
        var opened = Sys.Open(directory, ".\0"u8, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("list a directory of a layer");
        while (Sys.GetDents(opened, _records).OrThrow("list a directory of a layer") is > 0 and var length)
        {
            var records = new DirectoryRecords(_records.AsSpan(0, length));
            while (records.MoveNext())
            {
                var name = new byte[records.Current.Length + 1];
                records.Current.CopyTo(name);
                names.Add((name, IsDirectory(opened, name, records.CurrentType)));
            }
        }
        Sys.Close(opened);
        return names;
    }

    private static bool IsDirectory(int parent, byte[] name, byte type) => type != Native.DT_UNKNOWN
        ? type == Native.DT_DIR
        : Sys.Stat(parent, name, Native.AT_SYMLINK_NOFOLLOW, out var status) == Errno.OK && status.IsDirectory;

    private static Errno OrGone(Errno error) => error == Errno.ENOENT ? Errno.OK : error;
}
