using System;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Store;
using SharpRun.LayerStore;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Bundle;

/// <summary>The directories of a bundle's volumes: volumes/NAME, each beginning with what the image has there, as docker's do, owner and mode
/// included. One that is there stays as it is. Uid and gid are the host's of the container's root, who owns what the image does not have.</summary>
sealed class VolumeFiles(Folder bundle, ImageRoot? root, uint uid, uint gid)
{
    public const string Folder = "volumes";

    /// <summary>Levels of directories that are copied.</summary>
    public const int MaxDepth = 255;

    private const int LongestName = 200;

    /// <summary>"volumes/var%2Flib%2Fdata": one component, whatever the path is.</summary>
    public static string SourceOf(string destination)
    {
        var name = Uri.EscapeDataString(destination[1..]);
        var isFit = name.Length <= LongestName && name[0] != '.';
        return $"{Folder}/{(isFit ? name : Digest.Of(Encoding.UTF8.GetBytes(destination)).Hex)}";
    }

    /// <summary>Complete under its name, or not there.</summary>
    public void Make(string destination)
    {
        var name = SourceOf(destination)[(Folder.Length + 1)..];
        using var volumes = bundle.MakeFolder(Folder);
        if (volumes.TryStat(name, out _))
        {
            return;
        }
        var staging = $".{name}.new";
        TreeRemover.Remove(volumes.Fd, Store.Folder.Bytes(staging)).OrThrow($"remove {volumes.Of(staging)}");
        using (var made = volumes.MakeFolder(staging))
        {
            using var image = root?.TryOpenDirectory(destination);
            if (image is not null)
            {
                CopyDirectory(image, made.Fd, destination, 0);
            }
            else
            {
                SetOwner(made.Fd, new FileStatus { Uid = uid, Gid = gid, Mode = 0x1ED }, destination);
            }
            Sys.Fsync(made.Fd).OrThrow($"sync {made.Path}");
        }
        volumes.Rename(staging, name);
        volumes.Sync();
    }

    private static void CopyDirectory(SafeFileHandle source, int target, string path, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new ImageError($"copy the volume {path}: its directories are nested deeper than {MaxDepth} levels");
        }
        var from = (int)source.DangerousGetHandle();
        CopyEntries(from, target, path, depth);
        Sys.Stat(from, default, Native.AT_EMPTY_PATH, out var status).OrThrow($"look at {path} of the image");
        SetOwner(target, status, path);
    }

    private static void CopyEntries(int from, int target, string path, int depth)
    {
        var buffer = new byte[32 * 1024];
        while (true)
        {
            var length = Sys.GetDents(from, buffer).OrThrow($"read the directory {path} of the image");
            if (length == 0)
            {
                return;
            }
            foreach (var name in new DirectoryRecords(buffer.AsSpan(0, length)))
            {
                CopyEntry(from, target, [.. name, 0], $"{path}/{Encoding.UTF8.GetString(name)}", depth);
            }
        }
    }

    // Never through a link. Nodes, fifos and sockets are nobody's data, and stay behind.
    private static void CopyEntry(int from, int target, byte[] name, string path, int depth)
    {
        Sys.Stat(from, name, Native.AT_SYMLINK_NOFOLLOW, out var status).OrThrow($"look at {path} of the image");
        if (status.IsDirectory)
        {
            Sys.MkdirAt(target, name, 0x1C0).OrThrow($"make the volume's directory {path}");
            using var source = Open(from, name, Native.O_RDONLY | Native.O_DIRECTORY, path);
            using var made = Open(target, name, Native.O_RDONLY | Native.O_DIRECTORY, path);
            CopyDirectory(source, (int)made.DangerousGetHandle(), path, depth + 1);
        }
        else if (status.IsRegular)
        {
            CopyFile(from, target, name, path);
        }
        else if (status.IsSymlink)
        {
            var link = new byte[4096];
            var length = Sys.ReadLinkAt(from, name, link.AsSpan(0, 4095)).OrThrow($"read the link {path} of the image");
            Sys.SymlinkAt(link.AsSpan(0, length + 1), target, name).OrThrow($"make the volume's link {path}");
            Sys.FchownAt(target, name, status.Uid, status.Gid, Native.AT_SYMLINK_NOFOLLOW).OrThrow($"change the owner of the volume's {path}");
        }
    }

    private static void CopyFile(int from, int target, byte[] name, string path)
    {
        using var source = Open(from, name, Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY, path);
        var created = Sys.Open(target, name, Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, 0x180);
        using var made = new SafeFileHandle(created.OrThrow($"make the volume's file {path}"), ownsHandle: true);
        var (read, write) = ((int)source.DangerousGetHandle(), (int)made.DangerousGetHandle());
        var buffer = new byte[128 * 1024];
        int length;
        while ((length = Sys.Read(read, buffer).OrThrow($"read {path} of the image")) > 0)
        {
            Sys.WriteAll(write, buffer.AsSpan(0, length)).OrThrow($"write the volume's file {path}");
        }
        Sys.Stat(read, default, Native.AT_EMPTY_PATH, out var status).OrThrow($"look at {path} of the image");
        SetOwner(write, status, path);
    }

    private static SafeFileHandle Open(int directory, byte[] name, int flags, string path) =>
        new(Sys.Open(directory, name, flags | Native.O_NOFOLLOW).OrThrow($"open {path} of the image"), ownsHandle: true);

    // The owner first: a change of it clears the setuid bit.
    private static void SetOwner(int fd, in FileStatus status, string path)
    {
        if (Sys.GetEuid() == 0)
        {
            Sys.FchownAt(fd, "\0"u8, status.Uid, status.Gid, Native.AT_EMPTY_PATH).OrThrow($"change the owner of the volume's {path}");
        }
        Sys.Fchmod(fd, status.Mode & 0xFFF).OrThrow($"change the mode of the volume's {path}");
    }
}
