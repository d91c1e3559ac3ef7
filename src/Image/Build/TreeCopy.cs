using System;
using System.Collections.Generic;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Pack;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Build;

/// <summary>A user and a group as numbers.</summary>
readonly record struct Owner(uint Uid, uint Gid);

/// <summary>
/// Copies sources into the root of an image, by docker's rules: of a directory what is in it; over a directory only a directory, over anything
/// else by removing it first, never by writing into it; directories that are missing become 0755. The image may be hostile: the destination is
/// resolved by the kernel inside of the root, and what is below it without following any link. The umask is 022.
/// </summary>
sealed class TreeCopy(int root, bool keepsOwners)
{
    private const uint ImplicitMode = 0x1ED; // 0755
    private const uint AllOfMode = 0xFFF; // 07777
    private const ulong Below = Native.RESOLVE_BENEATH | Native.RESOLVE_NO_SYMLINKS | Native.RESOLVE_NO_MAGICLINKS;

    private readonly byte[] _block = new byte[128 << 10];
    private readonly Dictionary<InodeKey, byte[]> _linked = [];
    private readonly List<(byte[] Path, TarTime Time)> _times = [];

    /// <summary>Null: root's, or the source's own.</summary>
    public Owner? Owner { get; init; }

    /// <summary>--chmod; null: the source's own.</summary>
    public uint? Mode { get; init; }

    /// <summary>Sees what is really copied; may be null.</summary>
    public CopyDigest? Digest { get; init; }

    /// <summary>What an image gets of a file's attributes: not overlay's own words, nor what the host's security modules keep.</summary>
    public static bool IsCopied(ReadOnlySpan<byte> attribute) =>
        attribute.StartsWith("user."u8) && !attribute.StartsWith("user.overlay."u8)
        || attribute.StartsWith("trusted."u8) && !attribute.StartsWith("trusted.overlay."u8)
        || attribute.SequenceEqual("security.capability"u8) || attribute.StartsWith("system.posix_acl_"u8);

    /// <summary>Copies one source to the target.</summary>
    public void Copy(CopySource source, CopyTarget target)
    {
        Digest?.Begin(source);
        _linked.Clear();
        _times.Clear();
        var intoDirectory = source.IsDirectory || target.IsDirectory || IsDirectory(target.Path);
        var slash = target.Path.LastIndexOf('/');
        var directory = intoDirectory ? target.Path : slash == 0 ? "/" : target.Path[..slash];
        using var parent = MakeDirectories(directory, out var isNew);
        var name = intoDirectory ? source.Name : Encoding.UTF8.GetBytes(target.Path[(slash + 1)..]);
        foreach (var entry in source.Entries())
        {
            Digest?.Add(entry, keepsOwners);
            if (source.IsDirectory && entry.Path.Length == 0)
            {
                // A word with a slash at the end makes a directory of docker's own, another one becomes what the source is.
                GiveRoot(parent, entry, isNew && !target.IsDirectory);
                continue;
            }
            CopyOne(source, entry, parent, source.IsDirectory ? entry.Path : name);
        }
        SetTimes(parent);
    }

    /// <summary>The directory, opened for reading, made with all that is missing above it: 0755, and the owner's.</summary>
    public SafeFileHandle MakeDirectories(string path, out bool isNew)
    {
        isNew = false;
        for (var end = path.IndexOf('/', 1); end != 0; end = end == path.Length ? 0 : path.IndexOf('/', end + 1))
        {
            end = end < 0 ? path.Length : end;
            var prefix = ZeroTerminated.Of(path[..end]);
            var there = RootPath.Open(root, prefix, Native.O_PATH | Native.O_DIRECTORY);
            isNew = there.Error == Errno.ENOENT;
            var made = isNew ? RootPath.MakeDirectories(root, prefix, ImplicitMode) : there;
            using var handle = new SafeFileHandle(made.OrThrow($"make the directory {path[..end]} in the image"), ownsHandle: true);
            if (isNew && Owner is { } owner)
            {
                Sys.FchownAt(made.Value, default, owner.Uid, owner.Gid, Native.AT_EMPTY_PATH)
                    .OrThrow($"give the directory {path[..end]} to {owner.Uid}:{owner.Gid}");
            }
        }
        var opened = RootPath.Open(root, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY);
        return new SafeFileHandle(opened.OrThrow($"open the directory {path} in the image"), ownsHandle: true);
    }

    private bool IsDirectory(string path)
    {
        var opened = RootPath.Open(root, ZeroTerminated.Of(path), Native.O_PATH | Native.O_DIRECTORY);
        if (opened.Ok)
        {
            Sys.Close(opened.Value);
        }
        return opened.Ok;
    }

    // A directory that was there stays as it was, a new one becomes what the source is.
    private void GiveRoot(SafeFileHandle directory, TreeEntry entry, bool isNew)
    {
        if (isNew)
        {
            Give((int)directory.DangerousGetHandle(), entry);
            _times.Add(([], entry.ModifiedAt));
        }
    }

    private void CopyOne(CopySource source, TreeEntry entry, SafeFileHandle top, byte[] path)
    {
        var slash = path.AsSpan().LastIndexOf((byte)'/');
        using var parent = slash < 0 ? null : OpenBelow(top, path[..slash]);
        var fd = (int)(parent ?? top).DangerousGetHandle();
        byte[] name = [.. path.AsSpan(slash + 1), 0];
        if (entry.Status.IsDirectory)
        {
            MakeDirectory(fd, name, entry, path);
            return;
        }
        var error = Sys.UnlinkAt(fd, name, 0);
        if (error is Errno.EISDIR)
        {
            throw new ImageError($"copy {TarText.Of(path)}: a directory of the image cannot be replaced by something else");
        }
        (error == Errno.ENOENT ? Errno.OK : error).OrThrow($"remove {TarText.Of(path)} in the image");
        if (entry.HasOtherNames && !TryLink(entry, top, fd, name, path))
        {
            _linked[entry.Inode] = path;
        }
        else if (entry.HasOtherNames)
        {
            // Its content belongs to the digest under every name.
            CopyContent(source, entry, -1, path);
            return;
        }
        if (entry.Status.IsRegular)
        {
            MakeFile(source, entry, fd, name, path);
        }
        else
        {
            MakeOther(entry, fd, name, path);
        }
    }

    private static bool TryLink(TreeEntry entry, SafeFileHandle top, Dictionary<InodeKey, byte[]> linked, int fd, byte[] name, byte[] path)
    {
        if (!entry.Status.IsRegular || !linked.TryGetValue(entry.Inode, out var first))
        {
            return false;
        }
        var slash = first.AsSpan().LastIndexOf((byte)'/');
        using var parent = slash < 0 ? null : OpenBelow(top, first[..slash]);
        Sys.LinkAt((int)(parent ?? top).DangerousGetHandle(), [.. first.AsSpan(slash + 1), 0], fd, name, 0).OrThrow($"link {TarText.Of(path)} in the image");
        return true;
    }

    private bool TryLink(TreeEntry entry, SafeFileHandle top, int fd, byte[] name, byte[] path) => TryLink(entry, top, _linked, fd, name, path);

    private static SafeFileHandle OpenBelow(SafeFileHandle top, byte[] path)
    {
        var opened = Sys.OpenAt2((int)top.DangerousGetHandle(), [.. path, 0], Native.O_PATH | Native.O_DIRECTORY, 0, Below);
        return new SafeFileHandle(opened.OrThrow($"open the directory {TarText.Of(path)} in the image"), ownsHandle: true);
    }

    private void MakeDirectory(int parent, byte[] name, TreeEntry entry, byte[] path)
    {
        var error = Sys.MkdirAt(parent, name, ImplicitMode);
        (error == Errno.EEXIST ? Errno.OK : error).OrThrow($"make the directory {TarText.Of(path)} in the image");
        var opened = Sys.Open(parent, name, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW);
        if (ImageCheck.DirectoryIsNotReplaced.Fails(opened.Error is Errno.ENOTDIR or Errno.ELOOP))
        {
            throw new ImageError($"copy {TarText.Of(path)}: the image has no directory there, so a directory cannot replace it");
        }
        using var directory = new SafeFileHandle(opened.OrThrow($"open the directory {TarText.Of(path)} in the image"), ownsHandle: true);
        Give(opened.Value, entry);
        _times.Add((path, entry.ModifiedAt));
    }

    private void MakeFile(CopySource source, TreeEntry entry, int parent, byte[] name, byte[] path)
    {
        var made = Sys.Open(parent, name, Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW | Native.O_NOCTTY, 0x180);
        using var file = new SafeFileHandle(made.OrThrow($"make {TarText.Of(path)} in the image"), ownsHandle: true);
        CopyContent(source, entry, made.Value, path);
        Give(made.Value, entry);
        Sys.UtimensAt(made.Value, default, TimeOf(entry), TimeOf(entry), 0).OrThrow($"set the time of {TarText.Of(path)}");
    }

    private void CopyContent(CopySource source, TreeEntry entry, int file, byte[] path)
    {
        using var content = source.OpenContent(entry);
        long size = 0;
        for (var length = content.Read(_block); length > 0; length = content.Read(_block))
        {
            Digest?.AddContent(_block.AsSpan(0, length));
            if (file >= 0)
            {
                Sys.WriteAll(file, _block.AsSpan(0, length)).OrThrow($"write {TarText.Of(path)} in the image");
            }
            size += length;
        }
        if (ImageCheck.CopiedFileIsWhole.Fails(size != (long)entry.Status.Size))
        {
            throw new ImageError($"copy {source.What}: it became shorter while it was read");
        }
    }

    private void MakeOther(TreeEntry entry, int parent, byte[] name, byte[] path)
    {
        var status = entry.Status;
        var error = status.IsSymlink ? Sys.SymlinkAt([.. entry.LinkTarget, 0], parent, name)
            : Sys.MknodAt(parent, name, status.Mode & Native.S_IFMT | 0x180, status.RdevMajor, status.RdevMinor);
        error.OrThrow($"make {TarText.Of(path)} in the image");
        var owner = OwnerOf(entry);
        Sys.FchownAt(parent, name, owner.Uid, owner.Gid, Native.AT_SYMLINK_NOFOLLOW).OrThrow($"give {TarText.Of(path)} to {owner.Uid}:{owner.Gid}");
        if (!status.IsSymlink)
        {
            // A node that we have just made, no link.
            Sys.FchmodAt(parent, name, ModeOf(entry), 0).OrThrow($"change the mode of {TarText.Of(path)}");
        }
        Sys.UtimensAt(parent, name, TimeOf(entry), TimeOf(entry), Native.AT_SYMLINK_NOFOLLOW).OrThrow($"set the time of {TarText.Of(path)}");
    }

    // In the kernel's order: chown(2) clears set-user-id bits and capabilities.
    private void Give(int fd, TreeEntry entry)
    {
        var owner = OwnerOf(entry);
        Sys.Fchown(fd, owner.Uid, owner.Gid).OrThrow($"give {TarText.Of(entry.Path)} to {owner.Uid}:{owner.Gid}");
        Sys.Fchmod(fd, ModeOf(entry)).OrThrow($"change the mode of {TarText.Of(entry.Path)}");
        foreach (var attribute in entry.Attributes)
        {
            if (IsCopied(attribute.Name))
            {
                Sys.SetAttribute(fd, (byte[])[.. attribute.Name, 0], attribute.Value)
                    .OrThrow($"set the attribute {TarText.Of(attribute.Name)} of {TarText.Of(entry.Path)}");
            }
        }
    }

    // Deepest first: what is made in a directory changes its time.
    private void SetTimes(SafeFileHandle top)
    {
        for (var i = _times.Count - 1; i >= 0; i--)
        {
            var (path, time) = _times[i];
            using var directory = path.Length == 0 ? null : OpenToChange(top, path);
            var when = new TimeSpec(time.Seconds, time.Nanoseconds);
            Sys.UtimensAt((int)(directory ?? top).DangerousGetHandle(), default, when, when, 0).OrThrow($"set the time of {TarText.Of(path)}");
        }
    }

    private static SafeFileHandle OpenToChange(SafeFileHandle top, byte[] path)
    {
        var opened = Sys.OpenAt2((int)top.DangerousGetHandle(), [.. path, 0], Native.O_RDONLY | Native.O_DIRECTORY, 0, Below);
        return new SafeFileHandle(opened.OrThrow($"open the directory {TarText.Of(path)} in the image"), ownsHandle: true);
    }

    private static TimeSpec TimeOf(TreeEntry entry) => new(entry.ModifiedAt.Seconds, entry.ModifiedAt.Nanoseconds);

    private uint ModeOf(TreeEntry entry) => Mode ?? (entry.Status.Mode & AllOfMode);

    private Owner OwnerOf(TreeEntry entry) => Owner ?? (keepsOwners ? new Owner(entry.Status.Uid, entry.Status.Gid) : default);
}
