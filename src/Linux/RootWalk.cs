using System;

namespace SharpRun.Linux;

/// <summary>A path that is walked inside a root, as text in the caller's buffer. A link that leads nowhere is replaced in the text by its
/// target; one that leads somewhere stays, since the kernel follows it inside the root by itself.</summary>
ref struct RootWalk(Span<byte> room)
{
    // As the kernel's MAXSYMLINKS.
    private const int MostLinks = 40;

    // A final zero is always behind the text.
    private readonly Span<byte> _room = room;
    private int _length;
    private int _links;

    public Errno Start(ReadOnlySpan<byte> path)
    {
        path = RootPath.WithoutZero(path);
        if (path.Length >= _room.Length)
        {
            return Errno.ENAMETOOLONG;
        }
        path.CopyTo(_room);
        _length = path.Length;
        _room[_length] = 0;
        return Errno.OK;
    }

    /// <summary>The O_PATH descriptor of the whole path as a directory; every missing component is made.</summary>
    public Result MakeAll(int rootFd, uint mode)
    {
        // The directory of the text before `done`; the root itself in the beginning.
        var current = -1;
        var done = 0;
        while (NextComponent(done, out var start, out var end))
        {
            var parent = current < 0 ? rootFd : current;
            var next = OpenPrefix(rootFd, end);
            var isLink = false;
            if (next.Error == Errno.ENOENT)
            {
                next = MakeOne(parent, start, end, mode, out isLink);
            }
            if (isLink)
            {
                var error = Follow(parent, start, end, out var fromRoot);
                if (error == Errno.OK && !fromRoot)
                {
                    continue;
                }
                // From the root again, or at the end.
                next = error == Errno.OK ? RootPath.Open(rootFd, "/"u8, Native.O_PATH | Native.O_DIRECTORY) : Result.Failed(error);
                end = 0;
            }
            if (current >= 0)
            {
                Sys.Close(current);
            }
            if (!next.Ok)
            {
                return next;
            }
            current = next.Value;
            done = end;
        }
        return current < 0 ? Result.Failed(Errno.ENOENT) : Result.Of(current);
    }

    /// <summary>Makes and opens the directory of the last component, and gives that with its final zero.</summary>
    public readonly Result MakeParent(int rootFd, uint mode, out ReadOnlySpan<byte> name)
    {
        var slash = LastSlash;
        name = _room[(slash + 1)..(_length + 1)];
        if (slash <= 0)
        {
            return RootPath.MakeDirectories(rootFd, "/"u8, mode);
        }
        _room[slash] = 0;
        var parent = RootPath.MakeDirectories(rootFd, _room[..(slash + 1)], mode);
        _room[slash] = (byte)'/';
        return parent;
    }

    /// <summary>Puts the target of the last component, a link in this directory, in its place.</summary>
    public Errno FollowLast(int parent) => Follow(parent, LastSlash + 1, _length, out _);

    private readonly int LastSlash => _room[.._length].LastIndexOf((byte)'/');

    private readonly bool NextComponent(int done, out int start, out int end)
    {
        start = done;
        while (start < _length && _room[start] == (byte)'/')
        {
            start++;
        }
        var slash = _room[start.._length].IndexOf((byte)'/');
        end = slash < 0 ? _length : start + slash;
        return start < end;
    }

    private readonly Result OpenPrefix(int rootFd, int end)
    {
        var behind = _room[end];
        _room[end] = 0;
        var opened = RootPath.Open(rootFd, _room[..(end + 1)], Native.O_PATH | Native.O_DIRECTORY);
        _room[end] = behind;
        return opened;
    }

    // Below a descriptor, never through a link: what another process puts there in the meantime is opened only if it is a directory.
    private readonly Result MakeOne(int parent, int start, int end, uint mode, out bool isLink)
    {
        isLink = false;
        // Nothing missing has these names, and below a descriptor ".." would lead out of the root.
        if (_room[start..end].SequenceEqual(".."u8) || _room[start..end].SequenceEqual("."u8))
        {
            return Result.Failed(Errno.ENOENT);
        }
        var behind = _room[end];
        _room[end] = 0;
        var name = _room[start..(end + 1)];
        var error = Sys.MkdirAt(parent, name, mode);
        var result = error is Errno.OK or Errno.EEXIST
            ? Sys.Open(parent, name, Native.O_PATH | Native.O_DIRECTORY | Native.O_NOFOLLOW)
            : Result.Failed(error);
        if (error == Errno.EEXIST && !result.Ok)
        {
            isLink = Sys.Stat(parent, name, Native.AT_SYMLINK_NOFOLLOW, out var status) == Errno.OK && status.IsSymlink;
        }
        _room[end] = behind;
        return result;
    }

    // fromRoot: the target is absolute, which means from the image's root.
    private Errno Follow(int parent, int start, int end, out bool fromRoot)
    {
        fromRoot = false;
        if (_links++ == MostLinks)
        {
            return Errno.ELOOP;
        }
        Span<byte> target = stackalloc byte[_room.Length];
        var behind = _room[end];
        _room[end] = 0;
        var read = Sys.ReadLinkAt(parent, _room[start..(end + 1)], target);
        _room[end] = behind;
        if (!read.Ok || read.Value == 0)
        {
            return read.Ok ? Errno.ENOENT : read.Error;
        }
        target = target[..read.Value];
        fromRoot = target[0] == (byte)'/';
        var keep = fromRoot ? 0 : start;
        var rest = _room[end.._length];
        if (keep + target.Length + rest.Length >= _room.Length)
        {
            return Errno.ENAMETOOLONG;
        }
        rest.CopyTo(_room[(keep + target.Length)..]);
        target.CopyTo(_room[keep..]);
        _length = keep + target.Length + rest.Length;
        _room[_length] = 0;
        return Errno.OK;
    }
}
