using System;

namespace SharpRun.Linux;

/// <summary>
/// Paths of an image, which may be full of tricks: each is looked up by the kernel as if the root's descriptor were "/" (openat2,
/// RESOLVE_IN_ROOT), so no link leads out (R1), and what is missing is made one component at a time below a descriptor (R2).
/// A link that leads nowhere is followed inside the root, and its target is made there.
/// </summary>
public static class RootPath
{
    private const ulong InRoot = Native.RESOLVE_IN_ROOT | Native.RESOLVE_NO_MAGICLINKS;
    private const uint ParentMode = 0x1ED; // 0755

    /// <summary>PATH_MAX, with the final zero.</summary>
    private const int Room = 4096;

    public static Result Open(int rootFd, ReadOnlySpan<byte> path, int flags) => Sys.OpenAt2(rootFd, path, flags, 0, InRoot);

    /// <summary>An O_PATH descriptor of the directory; what is missing of it is made.</summary>
    public static Result MakeDirectories(int rootFd, ReadOnlySpan<byte> path, uint mode)
    {
        // Nearly always all of it is there: one call.
        var whole = Open(rootFd, path, Native.O_PATH | Native.O_DIRECTORY);
        if (whole.Error != Errno.ENOENT)
        {
            return whole;
        }
        var walk = new RootWalk(stackalloc byte[Room]);
        var error = walk.Start(path);
        return error == Errno.OK ? walk.MakeAll(rootFd, mode) : Result.Failed(error);
    }

    /// <summary>A descriptor of the file (O_PATH or for reading), made empty when it is missing, and so are its directories (0755).</summary>
    public static Result MakeFile(int rootFd, ReadOnlySpan<byte> path, uint mode)
    {
        var walk = new RootWalk(stackalloc byte[Room]);
        var error = walk.Start(path);
        while (error == Errno.OK)
        {
            var parent = walk.MakeParent(rootFd, ParentMode, out var name);
            if (!parent.Ok)
            {
                return parent;
            }
            var file = MakeOrOpen(parent.Value, name, mode, out var isLink);
            error = isLink ? walk.FollowLast(parent.Value) : file.Error;
            Sys.Close(parent.Value);
            if (!isLink)
            {
                return file;
            }
        }
        return Result.Failed(error);
    }

    private static Result MakeOrOpen(int parent, ReadOnlySpan<byte> name, uint mode, out bool isLink)
    {
        isLink = false;
        if (name.SequenceEqual("\0"u8) || name.SequenceEqual(".\0"u8) || name.SequenceEqual("..\0"u8))
        {
            return Result.Failed(Errno.EISDIR);
        }
        var made = Sys.Open(parent, name, Native.O_RDONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW | Native.O_NOCTTY, mode);
        if (made.Error != Errno.EEXIST)
        {
            return made;
        }
        var there = Sys.Open(parent, name, Native.O_PATH | Native.O_NOFOLLOW);
        isLink = there.Ok && Sys.Stat(there.Value, default, Native.AT_EMPTY_PATH, out var status) == Errno.OK && status.IsSymlink;
        if (isLink)
        {
            Sys.Close(there.Value);
        }
        return there;
    }

    /// <summary>An O_PATH descriptor of the directory that holds the path's last component, and where that stands in the path.</summary>
    public static Result OpenParent(int rootFd, ReadOnlySpan<byte> path, out Range last)
    {
        var text = WithoutZero(path);
        var slash = text.LastIndexOf((byte)'/');
        last = (slash + 1)..text.Length;
        var name = text[last];
        if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            return Result.Failed(Errno.EINVAL);
        }
        if (text.Length >= Room)
        {
            return Result.Failed(Errno.ENAMETOOLONG);
        }
        Span<byte> directory = stackalloc byte[Room];
        directory[0] = (byte)'/';
        text[..Math.Max(slash, 0)].CopyTo(directory);
        directory[Math.Max(slash, 1)] = 0;
        return Open(rootFd, directory, Native.O_PATH | Native.O_DIRECTORY);
    }

    internal static ReadOnlySpan<byte> WithoutZero(ReadOnlySpan<byte> path)
    {
        var end = path.IndexOf((byte)0);
        return end < 0 ? path : path[..end];
    }
}
