using System;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>The root of a tree that is read, by its descriptor, and the files beneath it. Who wrote the tree may be hostile and still at it.</summary>
public sealed class TreeRoot : IDisposable
{
    private const ulong Beneath = Native.RESOLVE_BENEATH | Native.RESOLVE_NO_SYMLINKS | Native.RESOLVE_NO_MAGICLINKS;

    /// <summary>Takes the descriptor of a directory over, which is open for reading.</summary>
    public TreeRoot(int directory, string name)
    {
        (Fd, Name) = (directory, name);
        var error = Sys.Stat(directory, default, Native.AT_EMPTY_PATH, out var status);
        if (error != Errno.OK || !status.IsDirectory)
        {
            Sys.Close(directory);
            (error == Errno.OK ? Errno.ENOTDIR : error).Throw($"read directory {name}");
        }
        MountId = status.MountId;
    }

    /// <summary>A path of the user's, whose links are his.</summary>
    public static TreeRoot Open(string path) =>
        new(Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY).OrThrow($"open directory {path}"), path);

    public int Fd { get; }

    /// <summary>For errors.</summary>
    public string Name { get; }

    public ulong MountId { get; }

    /// <summary>The flags of everything that is opened here: a fifo or a device that was put in the place of a file is neither waited for nor
    /// made our terminal, and what is no regular file is closed unread.</summary>
    public static int ReadFlags => Native.O_RDONLY | Native.O_NOFOLLOW | Native.O_NONBLOCK | Native.O_NOCTTY;

    /// <summary>A file's content; it is still the file that was looked at. To be closed by the caller.</summary>
    public int OpenContent(TreeEntry entry)
    {
        var file = Sys.OpenAt2(Fd, (byte[])[.. entry.Path, 0], ReadFlags, 0, Beneath);
        if (file.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.ENXIO)
        {
            throw Changed(entry.Path);
        }
        file.OrThrow(Act("open", entry.Path));
        var error = Sys.Stat(file.Value, default, Native.AT_EMPTY_PATH, out var status);
        if (error == Errno.OK && TreeCheck.OpenedFileIsTheSame.Passes(status.IsRegular && InodeKey.Of(status) == entry.Inode && IsSame(status, entry)))
        {
            return file.Value;
        }
        Sys.Close(file.Value);
        error.OrThrow(Act("read", entry.Path));
        throw Changed(entry.Path);
    }

    /// <summary>To be asked when the content has been read: whether it is still what the entry says.</summary>
    public void VerifyUnchanged(int file, TreeEntry entry)
    {
        Sys.Stat(file, default, Native.AT_EMPTY_PATH, out var status).OrThrow(Act("read", entry.Path));
        if (TreeCheck.ReadFileIsTheSame.Fails(!IsSame(status, entry)))
        {
            throw Changed(entry.Path);
        }
    }

    /// <summary>"read a/b in /rootfs": what an error is about.</summary>
    public string Act(string verb, ReadOnlySpan<byte> path) => $"{verb} {Of(path)} in {Name}";

    public ImageError Changed(ReadOnlySpan<byte> path) => new($"{Act("read", path)}: it changed while it was read; try again when nothing writes there");

    public void Dispose() => Sys.Close(Fd);

    private static bool IsSame(in FileStatus status, TreeEntry entry) =>
        status.Size == entry.Status.Size && status.ModifiedAt == entry.Status.ModifiedAt;

    private static string Of(ReadOnlySpan<byte> path) => path.IsEmpty ? "/" : TarText.Of(path);
}
