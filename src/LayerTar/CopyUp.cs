using System;
using SharpRun.Linux;

namespace SharpRun.LayerTar;

/// <summary>Copies one file of a tree, as overlay would on a first write: content with its holes (the same blocks where the file system can share
/// them), owner, mode, attributes, times.
/// Both places are (descriptor of the directory, name with a final zero).</summary>
public sealed class CopyUp(bool isRootless)
{
    private const int SeekData = 3, SeekHole = 4; // linux/fs.h
    private const int NamesRoom = 64 << 10;       // XATTR_LIST_MAX
    private const int ValueRoom = 64 << 10;       // XATTR_SIZE_MAX
    private const uint AllOfMode = 0xFFF;

    private readonly bool _isRoot = Sys.GetEuid() == 0;
    private readonly byte[] _names = new byte[NamesRoom];
    private readonly byte[] _value = new byte[ValueRoom];

    // Until the kernel says that it cannot.
    private bool _shares = true, _copiesInKernel = true;

    public Errno Copy(int from, ReadOnlySpan<byte> name, int into, ReadOnlySpan<byte> newName)
    {
        var error = Sys.Stat(from, name, Native.AT_SYMLINK_NOFOLLOW, out var status);
        if (error == Errno.OK)
        {
            error = status.IsRegular ? CopyFile(from, name, into, newName, status)
                : status.IsSymlink ? CopyLink(from, name, into, newName)
                : Sys.MknodAt(into, newName, status.Mode & Native.S_IFMT | Native.S_IRUSR, status.RdevMajor, status.RdevMinor);
        }
        return error == Errno.OK ? CopyFacts(from, name, into, newName, status) : error;
    }

    /// <summary>All but the content: of a directory, too, whose time is the caller's to set when all is made in it.</summary>
    public Errno CopyFacts(int from, ReadOnlySpan<byte> name, int into, ReadOnlySpan<byte> newName, in FileStatus status)
    {
        var error = isRootless ? Errno.OK : Sys.FchownAt(into, newName, status.Uid, status.Gid, Native.AT_SYMLINK_NOFOLLOW);
        // Nobody but root writes a user.* attribute where the mode does not let him write, not even the owner (xattr(7)).
        var (mode, first) = (status.Mode & AllOfMode, status.Mode & AllOfMode | (_isRoot ? 0 : Native.S_IWUSR));
        if (error == Errno.OK && !status.IsSymlink)
        {
            // What we have just made, and no link: so the call of every kernel may be used (fchmodat2(2) is of 6.6).
            error = Sys.FchmodAt(into, newName, first, 0);
        }
        error = error == Errno.OK ? CopyAttributes(from, name, into, newName) : error;
        error = error == Errno.OK && mode != first && !status.IsSymlink ? Sys.FchmodAt(into, newName, mode, 0) : error;
        return error == Errno.OK ? Sys.UtimensAt(into, newName, status.ModifiedAt, status.ModifiedAt, Native.AT_SYMLINK_NOFOLLOW) : error;
    }

    private Errno CopyFile(int from, ReadOnlySpan<byte> name, int into, ReadOnlySpan<byte> newName, in FileStatus status)
    {
        var source = Sys.Open(from, name, Native.O_RDONLY | Native.O_NOFOLLOW | Native.O_NOCTTY | Native.O_NONBLOCK);
        if (!source.Ok)
        {
            return source.Error;
        }
        var made = Sys.Open(into, newName, Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, Native.S_IRUSR | Native.S_IWUSR);
        var error = made.Ok ? CopyData(source.Value, made.Value, (long)status.Size) : made.Error;
        if (made.Ok)
        {
            Sys.Close(made.Value);
        }
        Sys.Close(source.Value);
        return error;
    }

    private Errno CopyData(int source, int into, long size)
    {
        if (size > 0 && _shares)
        {
            if (Sys.ShareContent(source, into) == Errno.OK)
            {
                return Errno.OK;
            }
            _shares = false;
        }
        for (long at = 0; at < size;)
        {
            var data = Sys.Seek(source, at, SeekData);
            if (data.Error == Errno.ENXIO)
            {
                break; // Only a hole is left.
            }
            var hole = data.Ok ? Sys.Seek(source, data.Long, SeekHole) : data;
            var back = hole.Ok ? Sys.Seek(source, data.Long, Native.SEEK_SET) : hole;
            back = back.Ok ? Sys.Seek(into, data.Long, Native.SEEK_SET) : back;
            var error = back.Ok ? CopyPiece(source, into, hole.Long - data.Long) : back.Error;
            if (error != Errno.OK)
            {
                return error;
            }
            at = hole.Long;
        }
        return Sys.Ftruncate(into, size);
    }

    private Errno CopyPiece(int source, int into, long length)
    {
        while (length > 0)
        {
            var copied = _copiesInKernel ? Sys.CopyFileRange(source, into, length) : CopyBlock(source, into, length);
            if (copied.Error is Errno.EXDEV or Errno.EOPNOTSUPP or Errno.EINVAL or Errno.ENOSYS && _copiesInKernel)
            {
                // Two file systems before kernel 5.3, two kinds of them from 5.19 on.
                _copiesInKernel = false;
                continue;
            }
            if (!copied.Ok || copied.Long == 0)
            {
                return copied.Ok ? Errno.EIO : copied.Error;
            }
            length -= copied.Long;
        }
        return Errno.OK;
    }

    private Result CopyBlock(int source, int into, long length)
    {
        var read = Sys.Read(source, _value.AsSpan(0, (int)Math.Min(length, ValueRoom)));
        var error = read.Ok ? Sys.WriteAll(into, _value.AsSpan(0, read.Value)) : read.Error;
        return error == Errno.OK ? read : Result.Failed(error);
    }

    private static Errno CopyLink(int from, ReadOnlySpan<byte> name, int into, ReadOnlySpan<byte> newName)
    {
        Span<byte> target = new byte[TreeWalk.LongestPath + 2];
        var read = Sys.ReadLinkAt(from, name, target[..^1]);
        return read.Ok ? Sys.SymlinkAt(target[..(read.Value + 1)], into, newName) : read.Error;
    }

    private Errno CopyAttributes(int from, ReadOnlySpan<byte> name, int into, ReadOnlySpan<byte> newName)
    {
        var listed = Sys.ListAttributesAt(from, name, _names);
        if (!listed.Ok)
        {
            return listed.Error == Errno.EOPNOTSUPP ? Errno.OK : listed.Error;
        }
        for (var rest = _names.AsSpan(0, listed.Value); !rest.IsEmpty;)
        {
            var attribute = rest[..(rest.IndexOf((byte)0) + 1)];
            rest = rest[attribute.Length..];
            if (HostAttributes.Contains(attribute[..^1]) || (isRootless && (attribute.StartsWith("security."u8) || attribute.StartsWith("trusted."u8))))
            {
                continue;
            }
            var got = Sys.GetAttributeAt(from, name, attribute, _value);
            var error = got.Ok ? Sys.SetAttributeAt(into, newName, attribute, _value.AsSpan(0, got.Value)) : got.Error;
            if (error is not (Errno.OK or Errno.ENODATA))
            {
                return error;
            }
        }
        return Errno.OK;
    }
}
