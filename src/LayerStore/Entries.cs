using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.LayerStore;

/// <summary>Names and small files below a descriptor. No link is followed.</summary>
public static class Entries
{
    /// <summary>The files "parent" and "done" hold one digest each; a record of a union is a few hundred bytes.</summary>
    public const int FileBytes = 1 << 20;

    private const int FileMode = 0x180; // 0600

    /// <summary>A descriptor of the directory that can be listed and locked, or an errno.</summary>
    public static Result OpenDirectory(int parent, string name) =>
        Sys.Open(parent, ZeroTerminated.Of(name), Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW);

    /// <summary>The same, of an absolute path; what is missing of it is made, for the owner alone.</summary>
    public static int MakeDirectory(string path, uint mode)
    {
        var error = Sys.MkdirAt(Native.AT_FDCWD, ZeroTerminated.Of(path), mode);
        if (error == Errno.ENOENT && path.LastIndexOf('/') is > 0 and var slash)
        {
            Sys.Close(MakeDirectory(path[..slash], mode));
            error = Sys.MkdirAt(Native.AT_FDCWD, ZeroTerminated.Of(path), mode);
        }
        if (error is not (Errno.OK or Errno.EEXIST))
        {
            error.Throw($"make {path}");
        }
        return Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY).OrThrow($"open {path}");
    }

    public static List<string> Names(int directory)
    {
        var names = new List<string>();
        var opened = Sys.Open(directory, ".\0"u8, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("list a directory of the store");
        Span<byte> buffer = stackalloc byte[8192];
        while (Sys.GetDents(opened, buffer).OrThrow("list a directory of the store") is > 0 and var length)
        {
            foreach (var name in new DirectoryRecords(buffer[..length]))
            {
                names.Add(Encoding.UTF8.GetString(name));
            }
        }
        Sys.Close(opened);
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    /// <summary>Null: there is no such file.</summary>
    public static byte[]? TryRead(int directory, string name)
    {
        var file = Sys.Open(directory, ZeroTerminated.Of(name), Native.O_RDONLY | Native.O_NOFOLLOW | Native.O_NONBLOCK | Native.O_NOCTTY);
        if (file.Error == Errno.ENOENT)
        {
            return null;
        }
        var fd = file.OrThrow($"open {name} of the store");
        var error = ProcFiles.ReadWhole(fd, FileBytes, out var bytes);
        Sys.Close(fd);
        error.OrThrow($"read {name} of the store");
        return bytes;
    }

    /// <summary>A new file with one digest, or an empty one.</summary>
    public static void Write(int directory, string name, Digest? digest)
    {
        var fd = Sys.Open(directory, ZeroTerminated.Of(name), Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, FileMode)
            .OrThrow($"make {name}");
        var error = Sys.WriteAll(fd, digest is { } written ? Encoding.ASCII.GetBytes(written.Text + "\n") : []);
        Sys.Close(fd);
        error.OrThrow($"write {name}");
    }

    /// <summary>Two descriptors are of one directory.</summary>
    public static bool AreSame(int one, int parent, string name) =>
        Sys.Stat(one, default, Native.AT_EMPTY_PATH, out var opened) == Errno.OK
        && Sys.Stat(parent, ZeroTerminated.Of(name), Native.AT_SYMLINK_NOFOLLOW, out var there) == Errno.OK
        && opened.IsSameFile(there);
}
