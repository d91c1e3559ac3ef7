using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.LayerTar;

/// <summary>
/// A tree from its root on, a directory before what it holds, its names in the order of their bytes. The tree may be hostile and may change
/// meanwhile: everything is looked up as one name below an open directory, no link is followed and no device or fifo is opened, so that
/// nothing outside is ever read. What changes under our hands is looked at again, and named when it does not come to rest.
/// A descriptor a level, and no recursion.
/// </summary>
public sealed class TreeWalk : IDisposable
{
    /// <summary>As unpacking has it; each level holds a descriptor.</summary>
    public const int DeepestLevel = 255;

    /// <summary>PATH_MAX without its zero: what no unpacker could make.</summary>
    public const int LongestPath = 4095;

    private const int Attempts = 3;
    private const int RecordsRoom = 32 << 10;

    private readonly TreeRoot _root;
    private readonly bool _hasDevicesFirst;
    private readonly List<Level> _levels = [];
    private readonly TreeAttributes _attributes = new();
    private readonly byte[] _records = new byte[RecordsRoom];
    private bool _isStarted;

    /// <summary>An open directory; its names, each with a final zero; how many of them have been given.</summary>
    private sealed class Level(int directory, byte[] path)
    {
        public readonly int Directory = directory;
        public readonly byte[] Path = path;
        public readonly List<byte[]> Names = [];
        public int Next;
    }

    /// <param name="root">Stays the caller's.</param>
    /// <param name="devicesFirst">An overlay's upper directory has its whiteouts as devices, and in a layer they stand before their siblings.</param>
    public TreeWalk(TreeRoot root, bool devicesFirst = false) => (_root, _hasDevicesFirst) = (root, devicesFirst);

    /// <summary>The last one given.</summary>
    public TreeEntry Current { get; private set; } = null!;

    /// <summary>Another file system is mounted on the current entry: what the image has there is not to be seen. (Never before kernel 5.8.)</summary>
    public bool IsMountPoint => Current.Status.MountId != _root.MountId;

    /// <summary>How many directories stand above the current entry.</summary>
    public int Depth { get; private set; }

    /// <summary>Of the current entry, which is a directory: the names in it, each in its place and with a final zero.</summary>
    public IReadOnlyList<byte[]> Names => _levels[^1].Names;

    /// <summary>The current entry is a directory: what is in it is not given.</summary>
    public void SkipDirectory() => Leave();

    public bool Next()
    {
        if (!_isStarted)
        {
            _isStarted = true;
            Enter(Sys.Open(_root.Fd, ".\0"u8, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow(_root.Act("open", [])), []);
            return true;
        }
        while (_levels.Count > 0)
        {
            var level = _levels[^1];
            if (level.Next == level.Names.Count)
            {
                Leave();
                continue;
            }
            Depth = _levels.Count;
            LookAt(level, level.Names[level.Next++]);
            return true;
        }
        return false;
    }

    public void Dispose()
    {
        while (_levels.Count > 0)
        {
            Leave();
        }
    }

    private void LookAt(Level level, byte[] name)
    {
        var path = Join(level.Path, name.AsSpan()[..^1]);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var error = Sys.Stat(level.Directory, name, Native.AT_SYMLINK_NOFOLLOW | Native.AT_NO_AUTOMOUNT, out var status);
            if (error == Errno.ENOENT)
            {
                break;
            }
            error.OrThrow(_root.Act("read", path));
            if (status.IsDirectory)
            {
                var directory = Sys.Open(level.Directory, name, TreeRoot.ReadFlags | Native.O_DIRECTORY);
                if (directory.Ok)
                {
                    Enter(directory.Value, path);
                    return;
                }
                error = directory.Error;
            }
            else
            {
                Current = new TreeEntry(path, status);
                error = Complete(level.Directory, name);
                if (error == Errno.OK)
                {
                    return;
                }
            }
            if (error is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EINVAL))
            {
                error.Throw(_root.Act("read", path));
            }
        }
        throw _root.Changed(path);
    }

    private byte[] Join(byte[] parent, ReadOnlySpan<byte> name)
    {
        byte[] path = parent.Length == 0 ? [.. name] : [.. parent, (byte)'/', .. name];
        return TreeCheck.TreePathIsShort.Passes(path.Length <= LongestPath)
            ? path
            : throw new ImageError($"{_root.Act("read", path)}: a path of more than {LongestPath} bytes cannot be unpacked again");
    }

    // Where a link leads and the attributes, of the same object if nobody swaps it; if somebody does, it is still one of this directory.
    private Errno Complete(int directory, ReadOnlySpan<byte> name)
    {
        byte[] target = [];
        if (Current.Status.IsSymlink)
        {
            Span<byte> buffer = stackalloc byte[LongestPath + 1];
            var read = Sys.ReadLinkAt(directory, name, buffer);
            if (!read.Ok)
            {
                return read.Error;
            }
            target = buffer[..read.Value].ToArray();
        }
        var error = _attributes.Read(directory, name, out var attributes);
        Current = Current with { LinkTarget = target, Attributes = attributes };
        return error;
    }

    // Takes the descriptor over.
    private void Enter(int directory, byte[] path)
    {
        Depth = _levels.Count;
        var level = new Level(directory, path);
        _levels.Add(level);
        if (TreeCheck.TreeIsNotDeep.Fails(_levels.Count > DeepestLevel + 1))
        {
            throw new ImageError($"{_root.Act("read", path)}: deeper than {DeepestLevel} directories");
        }
        // Of what is open: what had the name may be another one by now.
        Sys.Stat(directory, default, Native.AT_EMPTY_PATH, out var status).OrThrow(_root.Act("read", path));
        Current = new TreeEntry(path, status);
        Complete(directory, ".\0"u8).OrThrow(_root.Act("read the attributes of", path));
        ReadNames(level);
    }

    private void ReadNames(Level level)
    {
        var devices = new List<byte[]>();
        while (true)
        {
            var read = Sys.GetDents(level.Directory, _records).OrThrow(_root.Act("read directory", level.Path));
            if (read == 0)
            {
                break;
            }
            var records = new DirectoryRecords(_records.AsSpan(0, read));
            while (records.MoveNext())
            {
                byte[] name = [.. records.Current, 0];
                var isDevice = _hasDevicesFirst && IsCharDevice(level.Directory, name, records.CurrentType);
                (isDevice ? devices : level.Names).Add(name);
            }
        }
        level.Names.Sort(BytesComparer.Instance);
        devices.Sort(BytesComparer.Instance);
        level.Names.InsertRange(0, devices);
    }

    private static bool IsCharDevice(int directory, byte[] name, byte type) => type == Native.DT_UNKNOWN
        ? Sys.Stat(directory, name, Native.AT_SYMLINK_NOFOLLOW, out var status) == Errno.OK && status.IsCharDevice
        : type == Native.DT_CHR;

    private void Leave()
    {
        Sys.Close(_levels[^1].Directory);
        _levels.RemoveAt(_levels.Count - 1);
    }
}
