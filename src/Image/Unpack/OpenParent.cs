using System;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

/// <summary>
/// The directory in which entries are being made, one at a time: an archive goes depth-first, so that it seldom changes. Looked up by the kernel below the
/// root's descriptor (openat2, RESOLVE_IN_ROOT). When it is left it gets back the time of modification that it had: neither a child in it nor a whiteout is a
/// change of the directory's own entry, in whatever order they come, and so no list of directories need be kept until the end. Made: gets what is missing on
/// the way and made, for it is of this layer although no entry names it.
/// </summary>
sealed class OpenParent(int root, EntryWriter writer, LayerNames? made) : IDisposable
{
    private const ulong InRoot = Native.RESOLVE_IN_ROOT | Native.RESOLVE_NO_MAGICLINKS;

    /// <summary>As the kernel's MAXSYMLINKS, of links that lead nowhere yet.</summary>
    private const int MostLinks = 40;

    /// <summary>Of the stack's 8 MiB they take half a one. A path that has room for <see cref="UnpackLimits.Depth"/> directories may have some links and
    /// ".." as well.</summary>
    private const int MostNested = 2 * UnpackLimits.Depth;

    private static int Flags => Native.O_RDONLY | Native.O_DIRECTORY;

    private readonly byte[] _path = new byte[UnpackLimits.PathBytes + 2];
    private readonly byte[] _wanted = new byte[UnpackLimits.PathBytes + 2];
    private readonly int _rootDepth = RealPath.Depth(root).OrThrow("read /proc/self/fd");
    private int _length = -1;
    private int _links, _nested;

    public EntryParent Current { get; private set; } = new(-1, default);

    /// <summary>Goes into the directory of a path without a final zero. Its missing parts are made, or else the answer is false.</summary>
    public bool Enter(ReadOnlySpan<byte> path, TarEntry entry, bool makes)
    {
        if (_length == path.Length && path.SequenceEqual(_path.AsSpan(0, _length)))
        {
            return true;
        }
        Leave();
        var opened = Open(path, entry);
        if (opened.Error == Errno.ENOENT)
        {
            if (!makes)
            {
                return false;
            }
            opened = Make(path, entry);
        }
        if (opened.Error == Errno.ENOTDIR && !makes)
        {
            return false;
        }
        if (!opened.Ok)
        {
            throw Failed(path, entry, opened.Error);
        }
        Sys.Stat(opened.Value, default, Native.AT_EMPTY_PATH, out var status).OrThrow("look at an open directory");
        Current = new EntryParent(opened.Value, status) { GivesAcl = writer.HasMadeDefaultAcl && EntryWriter.HasDefaultAcl(opened.Value) };
        path.CopyTo(_path);
        _length = path.Length;
        return true;
    }

    /// <summary>The path may lead elsewhere from now on: the next one is looked up again.</summary>
    public void Forget() => _length = -1;

    public void Leave()
    {
        if (Current.Fd >= 0)
        {
            // A directory that has been removed meanwhile takes it, too.
            var error = Sys.UtimensAt(Current.Fd, default, TimeSpec.Omit, Current.Status.ModifiedAt, 0);
            Sys.Close(Current.Fd);
            Current = new(-1, default);
            error.OrThrow("set the time of a directory");
        }
        _length = -1;
    }

    /// <summary>A descriptor of the directory of a path, for looking only.</summary>
    public Result Open(ReadOnlySpan<byte> path, TarEntry entry)
    {
        if (path.IsEmpty)
        {
            return Sys.Open(root, "."u8, Flags);
        }
        path.CopyTo(_wanted);
        _wanted[path.Length] = 0;
        var opened = Sys.OpenAt2(root, _wanted, Flags, 0, InRoot | Native.RESOLVE_NO_SYMLINKS);
        if (opened.Error != Errno.ELOOP)
        {
            return opened;
        }
        // By links a short path goes deep.
        opened = Sys.OpenAt2(root, _wanted, Flags, 0, InRoot);
        if (opened.Ok)
        {
            var depth = RealPath.Depth(opened.Value);
            if (ImageCheck.LinksDoNotLeadDeep.Fails(!depth.Ok || depth.Value - _rootDepth >= UnpackLimits.Depth))
            {
                Sys.Close(opened.Value);
                depth.OrThrow("read /proc/self/fd");
                throw EntryPath.TooDeep(entry.Name);
            }
        }
        return opened;
    }

    public void Dispose()
    {
        if (Current.Fd >= 0)
        {
            Sys.Close(Current.Fd);
            Current = new(-1, default);
        }
    }

    // By links that lead nowhere yet a missing directory needs another, and so on: each is a call within a call.
    private Result Make(ReadOnlySpan<byte> path, TarEntry entry)
    {
        if (++_nested > MostNested)
        {
            throw EntryPath.TooDeep(entry.Name);
        }
        var made = MakeLast(path, entry);
        _nested--;
        return made;
    }

    // One missing directory in the one above, which is entered for that and so keeps its time.
    private Result MakeLast(ReadOnlySpan<byte> path, TarEntry entry)
    {
        var slash = path.LastIndexOf((byte)'/');
        Enter(path[..Math.Max(slash, 0)], entry, makes: true);
        Span<byte> name = stackalloc byte[256];
        var last = path[(slash + 1)..];
        if (last.Length >= name.Length)
        {
            return Result.Failed(Errno.ENAMETOOLONG);
        }
        last.CopyTo(name);
        name[last.Length] = 0;
        var error = Sys.MkdirAt(Current.Fd, name, Native.S_IRWXU);
        if (made is not null && error == Errno.OK)
        {
            made.Add(Current.Status.Ino, last);
        }
        var target = error == Errno.EEXIST ? TargetOf(path[..Math.Max(slash, 0)], name) : null;
        Leave();
        if (error is not (Errno.OK or Errno.EEXIST))
        {
            return Result.Failed(error);
        }
        // It exists and is not to be found: a link that leads nowhere yet. What it leads to is made, inside the root (R2).
        if (error == Errno.EEXIST)
        {
            if (target is not null)
            {
                if (ImageCheck.MissingLinksAreFew.Fails(++_links > MostLinks))
                {
                    return Result.Failed(Errno.ELOOP);
                }
                Enter(target, entry, makes: true);
                Leave();
                _links--;
            }
            return Open(path, entry);
        }
        var opened = Open(path, entry);
        error = opened.Ok ? writer.MakeImplicit(opened.Value) : opened.Error;
        if (error != Errno.OK && opened.Ok)
        {
            Sys.Close(opened.Value);
        }
        return error == Errno.OK ? opened : Result.Failed(error);
    }

    // Where a link in the current directory leads, as a path from the root. Null: it is none.
    private byte[]? TargetOf(ReadOnlySpan<byte> directory, ReadOnlySpan<byte> name)
    {
        Span<byte> target = new byte[UnpackLimits.PathBytes + 1];
        var read = Sys.ReadLinkAt(Current.Fd, name, target);
        if (!read.Ok || read.Value == 0)
        {
            return null;
        }
        target = target[..read.Value];
        byte[] path = target[0] == (byte)'/' ? [.. target.TrimStart((byte)'/')] : [.. directory, (byte)'/', .. target];
        return path.Length <= UnpackLimits.PathBytes ? path : throw new ErrnoException("follow a link of the image", Errno.ENAMETOOLONG);
    }

    private static Exception Failed(ReadOnlySpan<byte> path, TarEntry entry, Errno error) => error switch
    {
        Errno.ENOTDIR => new ImageError($"unpack {TarText.Of(entry.Name)}: {TarText.Of(path)} is no directory"),
        _ => new ErrnoException($"open the directory of {TarText.Of(entry.Name)}", error),
    };
}
