using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.InitStage;

/// <summary>
/// What a directory holds, copied into another one: files, folders, links as links, devices, fifos and sockets, with owners, modes and extended
/// attributes. Times are those of the copy, and several names of one file become several files.
/// The source may be an image full of tricks: everything is opened below a descriptor and never through a link, no device or fifo is opened
/// (one that another process swaps in just then is closed again, unread), and depth is bounded. Nothing is allocated: a clone child calls this.
/// </summary>
static class TreeCopy
{
    /// <summary>Two descriptors a level.</summary>
    private const int DeepestLevel = 256;

    private const int BlockSize = 64 << 10;
    private const int RecordsRoom = 2048;

    /// <summary>NAME_MAX and a final zero.</summary>
    public const int NameRoom = 256;

    // XATTR_LIST_MAX and XATTR_SIZE_MAX of linux/limits.h.
    private const int AttributeNamesRoom = 64 << 10, AttributeRoom = 64 << 10;

    private static int ReadFlags => Native.O_RDONLY | Native.O_NOFOLLOW | Native.O_NONBLOCK | Native.O_NOCTTY;

    /// <summary>Both are descriptors of directories, the first opened for reading. After a failure, culprit begins with the name it was about.</summary>
    public static Errno Copy(int from, int into, Span<byte> culprit)
    {
        culprit[0] = 0;
        return CopyAll(from, into, stackalloc byte[BlockSize], culprit, 0);
    }

    private static Errno CopyAll(int from, int into, Span<byte> block, Span<byte> culprit, int level)
    {
        if (level == DeepestLevel)
        {
            return Errno.ENAMETOOLONG;
        }
        Span<byte> records = stackalloc byte[RecordsRoom];
        Span<byte> name = stackalloc byte[NameRoom];
        while (true)
        {
            var read = Sys.GetDents(from, records);
            if (!read.Ok || read.Value == 0)
            {
                return read.Error;
            }
            foreach (var record in new DirectoryRecords(records[..read.Value]))
            {
                if (record.Length >= NameRoom)
                {
                    return Errno.ENAMETOOLONG; // FUSE has longer ones.
                }
                record.CopyTo(name);
                name[record.Length] = 0;
                var error = CopyOne(from, into, name[..(record.Length + 1)], block, culprit, level);
                if (error != Errno.OK)
                {
                    if (culprit[0] == 0)
                    {
                        name[..(record.Length + 1)].CopyTo(culprit);
                    }
                    return error;
                }
            }
        }
    }

    private static Errno CopyOne(int from, int into, ReadOnlySpan<byte> name, Span<byte> block, Span<byte> culprit, int level)
    {
        var error = Sys.Stat(from, name, Native.AT_SYMLINK_NOFOLLOW, out var status);
        if (error != Errno.OK)
        {
            return error;
        }
        if (status.IsDirectory)
        {
            return CopyDirectory(from, into, name, block, culprit, level);
        }
        if (status.IsRegular)
        {
            return CopyFile(from, into, name, block);
        }
        error = status.IsSymlink ? CopyLink(from, into, name, block) : Sys.MknodAt(into, name, status.Mode, status.RdevMajor, status.RdevMinor);
        return error == Errno.OK ? Sys.FchownAt(into, name, status.Uid, status.Gid, Native.AT_SYMLINK_NOFOLLOW) : error;
    }

    private static Errno CopyDirectory(int from, int into, ReadOnlySpan<byte> name, Span<byte> block, Span<byte> culprit, int level)
    {
        var source = Sys.Open(from, name, ReadFlags | Native.O_DIRECTORY);
        if (!source.Ok)
        {
            return source.Error;
        }
        // Of what is open: what had the name may be gone.
        var error = Sys.Stat(source.Value, default, Native.AT_EMPTY_PATH, out var status);
        error = error == Errno.OK ? Sys.MkdirAt(into, name, 0x1C0 /* 0700 */) : error;
        var copy = error == Errno.OK ? Sys.Open(into, name, ReadFlags | Native.O_DIRECTORY) : Result.Failed(error);
        error = copy.Error;
        if (copy.Ok)
        {
            error = CopyAll(source.Value, copy.Value, block, culprit, level + 1);
            // Last, so that a default list of access rights has no part in what is made below.
            error = error == Errno.OK ? CopyProperties(source.Value, copy.Value, status) : error;
            Sys.Close(copy.Value);
        }
        Sys.Close(source.Value);
        return error;
    }

    internal static Errno CopyFile(int from, int into, ReadOnlySpan<byte> name, Span<byte> block)
    {
        var source = Sys.Open(from, name, ReadFlags);
        if (!source.Ok)
        {
            return source.Error;
        }
        var error = Sys.Stat(source.Value, default, Native.AT_EMPTY_PATH, out var status);
        if (error == Errno.OK && Check.CopiedFileIsStillOne.Fails(!status.IsRegular))
        {
            // Another process has put something else there, which may have no end.
            error = Errno.EINVAL;
        }
        var copy = error == Errno.OK
            ? Sys.Open(into, name, Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, 0x180 /* 0600 */)
            : Result.Failed(error);
        error = copy.Error;
        if (copy.Ok)
        {
            error = CopyContent(source.Value, copy.Value, block);
            error = error == Errno.OK ? CopyProperties(source.Value, copy.Value, status) : error;
            Sys.Close(copy.Value);
        }
        Sys.Close(source.Value);
        return error;
    }

    private static Errno CopyContent(int from, int into, Span<byte> block)
    {
        while (true)
        {
            var read = Sys.Read(from, block);
            var error = read.Ok ? Sys.WriteAll(into, block[..read.Value]) : read.Error;
            if (error != Errno.OK || read.Value == 0)
            {
                return error;
            }
        }
    }

    private static Errno CopyLink(int from, int into, ReadOnlySpan<byte> name, Span<byte> block)
    {
        var read = Sys.ReadLinkAt(from, name, block[..^1]);
        if (!read.Ok)
        {
            return read.Error;
        }
        block[read.Value] = 0;
        return Sys.SymlinkAt(block[..(read.Value + 1)], into, name);
    }

    // A change of owner takes set-user-id bits and file capabilities away, so it comes first.
    private static Errno CopyProperties(int from, int into, in FileStatus status)
    {
        var error = Sys.FchownAt(into, default, status.Uid, status.Gid, Native.AT_EMPTY_PATH);
        error = error == Errno.OK ? Sys.Fchmod(into, status.Mode & 0xFFF /* 07777 */) : error;
        return error == Errno.OK ? CopyAttributes(from, into) : error;
    }

    // What the other file system, or the user namespace, does not take is left out: a file then has less power, never more.
    private static Errno CopyAttributes(int from, int into)
    {
        Span<byte> names = stackalloc byte[AttributeNamesRoom];
        var listed = Sys.ListAttributes(from, names);
        if (!listed.Ok || listed.Value == 0)
        {
            return listed.Error is Errno.EOPNOTSUPP ? Errno.OK : listed.Error;
        }
        Span<byte> value = stackalloc byte[AttributeRoom];
        for (var rest = names[..listed.Value]; !rest.IsEmpty;)
        {
            var name = rest[..(rest.IndexOf((byte)0) + 1)];
            rest = rest[name.Length..];
            var read = Sys.GetAttribute(from, name, value);
            var error = read.Ok ? Sys.SetAttribute(into, name, value[..read.Value]) : read.Error;
            if (error is not (Errno.OK or Errno.EOPNOTSUPP or Errno.EPERM or Errno.EACCES or Errno.EINVAL or Errno.ENODATA))
            {
                return error;
            }
        }
        return Errno.OK;
    }
}
