using System;
using System.Collections.Generic;
using SharpRun.LayerStore;
using SharpRun.Linux;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>
/// Makes in one tree, at the same paths, what stands in another: files with their holes (the same blocks where the file system can share them), hard
/// links, devices, owners, modes, attributes, times. A directory comes before what is in it. The directories get what makes them themselves at the end:
/// whatever is made in one changes its time, its default list would go over to it, and its mode may let nobody in.
/// </summary>
public sealed class TreeMaker : IDisposable
{
    private const ulong Below = Native.RESOLVE_BENEATH | Native.RESOLVE_NO_SYMLINKS | Native.RESOLVE_NO_MAGICLINKS;
    private const uint AllOfMode = 0xFFF; // 07777

    private readonly TreeRoot _source;
    private readonly Place _from, _into;
    private readonly CopyUp _copyUp;
    private readonly SourceDate _date;
    private readonly OverlayWords? _words;
    private readonly bool _isRoot = Sys.GetEuid() == 0;
    private readonly TreeAttributes _attributes = new();
    private readonly Dictionary<InodeKey, byte[]> _firstNames = [];
    private readonly List<Directory> _directories = [];

    private readonly record struct Directory(TreeEntry Entry, bool IsOpaque, bool WasThere);

    /// <param name="source">Stays the caller's.</param>
    /// <param name="root">A descriptor of the other tree's root, which stays the caller's.</param>
    /// <param name="date">Nothing that is made is younger.</param>
    /// <param name="words">How the other tree says "opaque"; null: it is no layer in overlay's form.</param>
    public TreeMaker(TreeRoot source, int root, CopyUp copyUp, SourceDate date, OverlayWords? words = null)
    {
        (_source, _copyUp, _date, _words) = (source, copyUp, date, words);
        (_from, _into) = (new Place(source.Fd), new Place(root));
        // A directory around may have given it a default list, which would pass on to everything.
        ForgetList(root, ".\0"u8, "system.posix_acl_default\0"u8);
        ForgetList(root, ".\0"u8, "system.posix_acl_access\0"u8);
    }

    /// <summary>A directory that is there already goes on; anything else that has the name is replaced.</summary>
    public void MakeDirectory(TreeEntry entry, bool isOpaque = false)
    {
        _directories.Add(new Directory(entry, isOpaque, Begin(entry)));
    }

    /// <summary>Anything but a directory; of several names of one file the first is copied, the others are links to it.</summary>
    public void Make(TreeEntry entry)
    {
        var (parent, name) = (Parent(_into, entry.Path), NameOf(entry));
        if (entry.HasOtherNames && !_firstNames.TryAdd(entry.Inode, entry.Path))
        {
            Link(_firstNames[entry.Inode], parent, name, entry);
            return;
        }
        var from = Parent(_from, entry.Path);
        var error = _copyUp.Copy(from, name, parent, name);
        if (error == Errno.ENOENT)
        {
            throw _source.Changed(entry.Path);
        }
        error.OrThrow(_source.Act("copy", entry.Path));
        var isThere = Sys.Stat(from, name, Native.AT_SYMLINK_NOFOLLOW, out var status) == Errno.OK;
        var isSame = isThere && InodeKey.Of(status) == entry.Inode && status.Size == entry.Status.Size && status.ModifiedAt == entry.Status.ModifiedAt;
        if (TreeCheck.CopiedFileIsTheSame.Fails(!isSame))
        {
            throw _source.Changed(entry.Path);
        }
        Clamp(entry, parent, name);
    }

    /// <summary>Overlay's word for a name that is not there any more.</summary>
    public void MakeWhiteout(byte[] path)
    {
        var error = Sys.MknodAt(Parent(_into, path), NameOf(path), Native.S_IFCHR, 0, 0);
        error.OrThrow($"make the whiteout of {TarText.Of(path)}{(error == Errno.EPERM ? " (before kernel 5.8 only root can)" : "")}");
    }

    /// <summary>What has the path, a directory with all that is in it; it may be missing.</summary>
    public void Remove(byte[] path)
    {
        TreeRemover.Remove(Parent(_into, path), NameOf(path)).OrThrow($"remove {TarText.Of(path)}");
    }

    /// <summary>The last call: the directories become what they are.</summary>
    public void Finish()
    {
        for (var i = _directories.Count - 1; i >= 0; i--)
        {
            var (entry, isOpaque, wasThere) = _directories[i];
            var (from, into, name) = (Parent(_from, entry.Path), Parent(_into, entry.Path), NameOf(entry));
            if (wasThere)
            {
                RemoveOther(into, name, entry);
            }
            if (isOpaque)
            {
                _words!.SetOpaqueAt(into, name).OrThrow($"make {TarText.Of(entry.Path)} opaque");
            }
            _copyUp.CopyFacts(from, name, into, name, entry.Status with { ModifiedAt = Clamped(entry) }).OrThrow(_source.Act("copy the attributes of", entry.Path));
        }
    }

    public void Dispose()
    {
        _from.Forget();
        _into.Forget();
    }

    // True: it was there.
    private bool Begin(TreeEntry entry)
    {
        if (entry.Path.Length == 0)
        {
            return true;
        }
        var (parent, name) = (Parent(_into, entry.Path), NameOf(entry));
        var error = Sys.MkdirAt(parent, name, Native.S_IRWXU);
        if (error == Errno.EEXIST && Sys.Stat(parent, name, Native.AT_SYMLINK_NOFOLLOW, out var there) == Errno.OK && there.IsDirectory)
        {
            GoOn(parent, name, there);
            return true;
        }
        if (error == Errno.EEXIST)
        {
            Remove(entry.Path);
            error = Sys.MkdirAt(parent, name, Native.S_IRWXU);
        }
        error.OrThrow($"make directory {TarText.Of(entry.Path)}");
        return false;
    }

    private void GoOn(int parent, byte[] name, in FileStatus there)
    {
        ForgetList(parent, name, "system.posix_acl_default\0"u8);
        if (!_isRoot && (there.Mode & Native.S_IRWXU) != Native.S_IRWXU)
        {
            // A directory that we have seen, in a tree that is ours alone.
            Sys.FchmodAt(parent, name, there.Mode & AllOfMode | Native.S_IRWXU, 0);
        }
    }

    private static void ForgetList(int parent, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute)
    {
        var error = Sys.RemoveAttributeAt(parent, name, attribute);
        if (error is not (Errno.OK or Errno.ENODATA or Errno.EOPNOTSUPP))
        {
            error.Throw("remove the access control list of a new tree");
        }
    }

    // A directory that was there before has the attributes of a lower layer.
    private void RemoveOther(int parent, byte[] name, TreeEntry entry)
    {
        _attributes.Read(parent, name, out var there).OrThrow($"read the attributes of {TarText.Of(entry.Path)}");
        foreach (var attribute in there)
        {
            if (!HostAttributes.Contains(attribute.Name) && entry.Attribute(attribute.Name) is null)
            {
                var error = Sys.RemoveAttributeAt(parent, name, (byte[])[.. attribute.Name, 0]);
                (error == Errno.ENODATA ? Errno.OK : error).OrThrow($"remove the attribute {TarText.Of(attribute.Name)} of {TarText.Of(entry.Path)}");
            }
        }
    }

    private void Link(byte[] first, int parent, byte[] name, TreeEntry entry)
    {
        using var place = new Place(_into.Root);
        Sys.LinkAt(Parent(place, first), NameOf(first), parent, name, 0).OrThrow($"link {TarText.Of(entry.Path)} to {TarText.Of(first)}");
    }

    private void Clamp(TreeEntry entry, int parent, byte[] name)
    {
        var time = Clamped(entry);
        if (time != entry.Status.ModifiedAt)
        {
            Sys.UtimensAt(parent, name, time, time, Native.AT_SYMLINK_NOFOLLOW).OrThrow($"set the time of {TarText.Of(entry.Path)}");
        }
    }

    private TimeSpec Clamped(TreeEntry entry)
    {
        var time = _date.Clamp(entry.ModifiedAt);
        return new TimeSpec(time.Seconds, time.Nanoseconds);
    }

    private static byte[] NameOf(TreeEntry entry) => NameOf(entry.Path);

    // With a final zero; the root's is ".".
    private static byte[] NameOf(byte[] path) =>
        path.Length == 0 ? [(byte)'.', 0] : [.. path.AsSpan(path.AsSpan().LastIndexOf((byte)'/') + 1), 0];

    private static int Parent(Place place, byte[] path) => place.Open(path.AsSpan(0, Math.Max(0, path.AsSpan().LastIndexOf((byte)'/'))));

    /// <summary>The directory of a tree that was asked for last: entries come depth-first.</summary>
    private sealed class Place(int root) : IDisposable
    {
        private byte[]? _path;
        private int _directory = -1;

        public int Root => root;

        public int Open(ReadOnlySpan<byte> path)
        {
            if (path.IsEmpty)
            {
                return root;
            }
            if (_path is null || !path.SequenceEqual(_path))
            {
                Forget();
                _directory = Sys.OpenAt2(root, (byte[])[.. path, 0], Native.O_PATH | Native.O_DIRECTORY, 0, Below).OrThrow($"open directory {TarText.Of(path)}");
                _path = path.ToArray();
            }
            return _directory;
        }

        public void Forget()
        {
            if (_path is not null)
            {
                Sys.Close(_directory);
                _path = null;
            }
        }

        public void Dispose() => Forget();
    }
}
