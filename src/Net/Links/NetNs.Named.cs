using System;
using SharpRun.Linux;

namespace SharpRun.Net.Links;

/// <summary>Those with a name: kept alive by a mount below /run/netns as ip-netns(8) does it, so that it and we see the same ones.</summary>
sealed partial class NetNs
{
    private const string Directory = "/run/netns";
    private const uint DirectoryMode = 0x1ED; // 0755

    public static string PathOf(string name) => $"{Directory}/{name}";

    /// <summary>The path. NetError when there is one of that name, or when the name is none.</summary>
    public static string Make(string name)
    {
        var path = PathOf(name);
        RequireName(name);
        var file = ZeroTerminated.Of(path);
        var directory = Share();
        try
        {
            MakeFile(file, path);
            try
            {
                MountOn(file, path);
            }
            catch
            {
                Sys.UnlinkAt(Native.AT_FDCWD, file, 0);
                throw;
            }
        }
        finally
        {
            Sys.Close(directory);
        }
        return path;
    }

    internal static void RequireName(string name)
    {
        if (NetCheck.NamespaceHasAName.Fails(name.Length is 0 or > 255 || name.Contains('/') || name.Contains('\0') || name is "." or ".."))
        {
            throw new NetError($"make the network namespace {name}: this is not a file's name");
        }
    }

    /// <summary>Undoes Make; nothing there is no error. The namespace itself lives on as long as a process or a descriptor is in it.</summary>
    public static void Remove(string name)
    {
        var path = PathOf(name);
        var file = ZeroTerminated.Of(path);
        // EINVAL: not a mount point (any more).
        var unmounted = Sys.Umount(file, Native.MNT_DETACH | Native.UMOUNT_NOFOLLOW);
        if (unmounted is not (Errno.EINVAL or Errno.ENOENT))
        {
            unmounted.OrThrow($"unmount {path}");
        }
        var removed = Sys.UnlinkAt(Native.AT_FDCWD, file, 0);
        if (removed != Errno.ENOENT)
        {
            removed.OrThrow($"remove {path}");
        }
    }

    private static void MakeFile(byte[] file, string path)
    {
        var made = Sys.Open(Native.AT_FDCWD, file, Native.O_RDONLY | Native.O_CREAT | Native.O_EXCL);
        using var there = made.Error == Errno.EEXIST ? OpenIfThere(path) : null;
        if (made.Error == Errno.EEXIST && there is null)
        {
            // Of before a reboot, or of a making that was killed between file and mount.
            Sys.UnlinkAt(Native.AT_FDCWD, file, 0).OrThrow($"remove the empty file {path}");
            made = Sys.Open(Native.AT_FDCWD, file, Native.O_RDONLY | Native.O_CREAT | Native.O_EXCL);
        }
        Sys.Close(made.OrThrow($"make the network namespace {path}"));
    }

    private static void MountOn(byte[] file, string path)
    {
        var own = Sys.Open(Native.AT_FDCWD, "/proc/self/ns/net"u8, Native.O_RDONLY).OrThrow("open the program's own network namespace");
        try
        {
            Sys.Unshare(Native.CLONE_NEWNET).OrThrow($"make the network namespace {path}");
            try
            {
                Sys.Mount("/proc/self/ns/net"u8, file, "none"u8, Native.MS_BIND, default).OrThrow($"mount the network namespace on {path}");
            }
            finally
            {
                Sys.SetNs(own, Native.CLONE_NEWNET).OrThrow("come back to the program's own network namespace");
            }
        }
        finally
        {
            Sys.Close(own);
        }
    }

    // Locked: another one of us would take a file without its mount yet for one of before a reboot. The descriptor holds the lock.
    // The directory is a shared mount, so that a mount in it reaches the mount namespaces that have been made before: without it, what is
    // deleted here would live on there (ip-netns(8)).
    private static int Share()
    {
        var path = ZeroTerminated.Of(Directory);
        var made = Sys.MkdirAt(Native.AT_FDCWD, path, DirectoryMode);
        if (made != Errno.EEXIST)
        {
            made.OrThrow($"make the directory {Directory}");
        }
        var directory = Sys.Open(Native.AT_FDCWD, path, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow($"open {Directory}");
        Sys.Flock(directory, Native.LOCK_EX).OrThrow($"lock {Directory}");
        var shared = Sys.Mount(default, path, "none"u8, Native.MS_SHARED | Native.MS_REC, default);
        if (shared == Errno.EINVAL)
        {
            // No mount point yet.
            Sys.Mount(path, path, "none"u8, Native.MS_BIND | Native.MS_REC, default).OrThrow($"mount {Directory} on itself");
            shared = Sys.Mount(default, path, "none"u8, Native.MS_SHARED | Native.MS_REC, default);
        }
        shared.OrThrow($"share the mounts of {Directory}");
        return directory;
    }
}
