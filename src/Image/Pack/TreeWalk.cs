using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Pack;

/// <summary>
/// A tree from its root on, a directory before what it holds, its names in the order of their bytes. The tree may be hostile and may change
/// meanwhile: everything is looked up as one name below an open directory, no link is followed and no device or fifo is opened, so that
/// nothing outside is ever read. What changes under our hands is looked at again, and named when it does not come to rest.
/// Two descriptors a level at most, and no recursion.
/// </summary>
sealed class TreeWalk : IDisposable
{
    /// <summary>As unpacking has it; each level holds a descriptor.</summary>
    public const int DeepestLevel = 255;

    /// <summary>PATH_MAX without its zero: what no unpacker could make.</summary>
    public const int LongestPath = 4095;

    private const int Attempts = 3;
    private const int RecordsRoom = 32 << 10;

    private readonly string _name;
    private readonly bool _hasDevicesFirst;
    private readonly List<Level> _levels = [];
    private readonly TreeAttributes _attributes = new();
    private readonly byte[] _records = new byte[RecordsRoom];
    private readonly int _root;
    private readonly ulong _mountId;
    private bool _isStarted;

    /// <summary>An open directory; its names, each with a final zero; how many of them have been given.</summary>
    private sealed class Level(int directory, byte[] path, List<byte[]> names)
    {
        public readonly int Directory = directory;
        public readonly byte[] Path = path;
        public readonly List<byte[]> Names = names;
        public int Next;
    }

    /// <summary>Takes the descriptor over. The name is for errors. Devices first: an overlay's upper directory has its whiteouts as devices,
    /// and in a layer they stand before their siblings.</summary>
    public TreeWalk(int root, string name, bool devicesFirst = false)
    {
        (_root, _name, _hasDevicesFirst) = (root, name, devicesFirst);
        var error = Sys.Stat(root, default, Native.AT_EMPTY_PATH, out var status);
        if (error != Errno.OK || !status.IsDirectory)
        {
            Sys.Close(root);
            (error == Errno.OK ? Errno.ENOTDIR : error).Throw($"read directory {name}");
        }
        _mountId = status.MountId;
    }

    public static TreeWalk Open(string path, bool devicesFirst = false)
    {
        var flags = Native.O_RDONLY | Native.O_DIRECTORY;
        return new TreeWalk(Sys.Open(Native.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"), flags).OrThrow($"open directory {path}"), path, devicesFirst);
    }

    /// <summary>The last one given.</summary>
    public TreeEntry Current { get; private set; } = null!;

    /// <summary>Another file system is mounted on the current entry: what the image would have there is not to be seen.</summary>
    public bool IsMountPoint => Current.Status.MountId != _mountId;

    /// <summary>Of the current entry, which is a directory: the number of names in it, and each, in order, without a zero.</summary>
    public int NameCount => _levels[^1].Names.Count;

    public ReadOnlySpan<byte> NameAt(int index) => _levels[^1].Names[index].AsSpan()[..^1];

    /// <summary>The current entry is a directory: what is in it is not given.</summary>
    public void SkipDirectory() => Leave();

    public bool Next()
    {
        if (!_isStarted)
        {
            _isStarted = true;
            Enter(_root, []);
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
            LookAt(level, level.Names[level.Next++]);
            return true;
        }
        return false;
    }

    /// <summary>The current entry's content, opened for reading; it is still the file that was looked at. To be closed by the caller.</summary>
    public int OpenContent()
    {
        var file = Sys.Open(_levels[^1].Directory, WithZero(Current.Name), ReadFlags).OrThrow(Act("open"));
        var error = Sys.Stat(file, default, Native.AT_EMPTY_PATH, out var status);
        if (error == Errno.OK && status.IsRegular && InodeKey.Of(status) == Current.Inode && status.Size == Current.Status.Size)
        {
            return file;
        }
        Sys.Close(file);
        error.OrThrow(Act("read"));
        throw Changed(Current.Path);
    }

    /// <summary>To be asked when the content has been read: whether it is still what the entry says.</summary>
    public void VerifyUnchanged(int file)
    {
        Sys.Stat(file, default, Native.AT_EMPTY_PATH, out var status).OrThrow(Act("read"));
        if (status.Size != Current.Status.Size || status.ModifiedAt != Current.Status.ModifiedAt)
        {
            throw Changed(Current.Path);
        }
    }

    /// <summary>"read a/b in /rootfs": what an error about the current entry is about.</summary>
    public string Act(string verb) => $"{verb} {Printable(Current.Path)} in {_name}";

    public ImageError Changed(ReadOnlySpan<byte> path) =>
        new($"read {Printable(path)} in {_name}: it changed while it was read; try again when nothing writes there");

    public void Dispose()
    {
        while (_levels.Count > 0)
        {
            Leave();
        }
        if (!_isStarted)
        {
            Sys.Close(_root);
        }
    }

    /// <summary>For people: what is no text of one line stands as \x and two digits.</summary>
    public static string Printable(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
        {
            return "/";
        }
        var text = new StringBuilder(path.Length);
        while (!path.IsEmpty)
        {
            var isRune = Rune.DecodeFromUtf8(path, out var rune, out var length) == System.Buffers.OperationStatus.Done && !Rune.IsControl(rune);
            if (isRune)
            {
                text.Append(rune.ToString());
            }
            for (var i = 0; !isRune && i < length; i++)
            {
                text.Append(CultureInfo.InvariantCulture, $"\\x{path[i]:x2}");
            }
            path = path[length..];
        }
        return text.ToString();
    }

    private static int ReadFlags => Native.O_RDONLY | Native.O_NOFOLLOW | Native.O_NONBLOCK | Native.O_NOCTTY;

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
            error.OrThrow($"read {Printable(path)} in {_name}");
            if (status.IsDirectory)
            {
                var directory = Sys.Open(level.Directory, name, ReadFlags | Native.O_DIRECTORY);
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
                error.Throw($"read {Printable(path)} in {_name}");
            }
        }
        throw Changed(path);
    }

    private byte[] Join(byte[] parent, ReadOnlySpan<byte> name)
    {
        byte[] path = parent.Length == 0 ? [.. name] : [.. parent, (byte)'/', .. name];
        return path.Length <= LongestPath
            ? path
            : throw new ImageError($"read {Printable(path)} in {_name}: a path of more than {LongestPath} bytes cannot be unpacked again");
    }

    // What a link says and the attributes, of the same object if nobody swaps it; if somebody does, it is still one of this directory.
    private Errno Complete(int directory, ReadOnlySpan<byte> name)
    {
        var target = Array.Empty<byte>();
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
        var level = new Level(directory, path, []);
        _levels.Add(level);
        if (_levels.Count > DeepestLevel)
        {
            throw new ImageError($"read {Printable(path)} in {_name}: deeper than {DeepestLevel} directories");
        }
        // Of what is open: what had the name may be another one by now.
        Sys.Stat(directory, default, Native.AT_EMPTY_PATH, out var status).OrThrow($"read {Printable(path)} in {_name}");
        Current = new TreeEntry(path, status);
        Complete(directory, ".\0"u8).OrThrow(Act("read the attributes of"));
        ReadNames(level);
    }

    private void ReadNames(Level level)
    {
        var devices = new List<byte[]>();
        while (true)
        {
            var read = Sys.GetDents(level.Directory, _records).OrThrow(Act("read directory"));
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

    private static byte[] WithZero(ReadOnlySpan<byte> name) => [.. name, 0];
}
