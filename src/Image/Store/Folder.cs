using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>A directory by its descriptor, and the files right in it. Whoever made them may be hostile: no symbolic link is followed, only
/// regular files are read, and no more of them than the caller wants. Paths are for errors only.</summary>
sealed class Folder : IDisposable
{
    private const int ReadFlags = Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY;

    private readonly SafeFileHandle _handle;

    private Folder(int fd, string path)
    {
        _handle = new SafeFileHandle(fd, ownsHandle: true);
        Path = path;
    }

    public string Path { get; }

    public int Fd => (int)_handle.DangerousGetHandle();

    /// <summary>A path that the user gave: links on the way are his. Null: there is none.</summary>
    public static Folder? TryOpen(string path)
    {
        var opened = Sys.Open(Native.AT_FDCWD, Bytes(path), Native.O_RDONLY | Native.O_DIRECTORY);
        return opened.Error == Errno.ENOENT ? null : new Folder(opened.OrThrow($"open the directory {path}"), path);
    }

    /// <summary>The same, made with the directories above it when it is missing.</summary>
    public static Folder Make(string path, uint mode)
    {
        if (TryOpen(path) is { } there)
        {
            return there;
        }
        var slash = path.TrimEnd('/').LastIndexOf('/');
        if (slash > 0)
        {
            Make(path[..slash], 0x1ED).Dispose();
        }
        var error = Sys.MkdirAt(Native.AT_FDCWD, Bytes(path), mode);
        (error == Errno.EEXIST ? Errno.OK : error).OrThrow($"make the directory {path}");
        return TryOpen(path) ?? throw new ImageError($"open the directory {path}: it was removed meanwhile");
    }

    public Folder? TryOpenFolder(string name)
    {
        var opened = Sys.Open(Fd, Bytes(name), Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW);
        return opened.Error == Errno.ENOENT ? null : new Folder(opened.OrThrow($"open the directory {Of(name)}"), Of(name));
    }

    public Folder MakeFolder(string name, uint mode = 0x1ED)
    {
        var error = Sys.MkdirAt(Fd, Bytes(name), mode);
        (error == Errno.EEXIST ? Errno.OK : error).OrThrow($"make the directory {Of(name)}");
        return TryOpenFolder(name) ?? throw new ImageError($"open the directory {Of(name)}: it was removed meanwhile");
    }

    /// <summary>Null: there is no such file.</summary>
    public byte[]? TryRead(string name, int limit)
    {
        var file = TryOpenFile(name, out var size);
        if (file is null)
        {
            return null;
        }
        using (file)
        {
            if (ImageCheck.FileIsSmall.Fails(size > limit))
            {
                throw new ImageError($"read {Of(name)}: its {size} bytes are more than the {limit} that are taken");
            }
            ProcFiles.ReadWhole((int)file.DangerousGetHandle(), limit, out var bytes).OrThrow($"read {Of(name)}");
            return bytes;
        }
    }

    /// <summary>For reading; null: there is no such file.</summary>
    public SafeFileHandle? TryOpenFile(string name, out long size)
    {
        size = 0;
        var opened = Sys.Open(Fd, Bytes(name), ReadFlags | Native.O_NOFOLLOW);
        if (opened.Error == Errno.ENOENT)
        {
            return null;
        }
        if (opened.Error == Errno.ELOOP)
        {
            throw new ImageError($"open {Of(name)}: it is a symbolic link");
        }
        return Regular(opened.OrThrow($"open {Of(name)}"), name, out size);
    }

    /// <summary>For reading and writing, made when it is missing.</summary>
    public SafeFileHandle OpenOrMakeFile(string name, out long size)
    {
        var opened = Sys.Open(Fd, Bytes(name), Native.O_RDWR | Native.O_CREAT | Native.O_NONBLOCK | Native.O_NOCTTY | Native.O_NOFOLLOW, 0x1A4);
        return Regular(opened.OrThrow($"open {Of(name)}"), name, out size);
    }

    /// <summary>The file of this name for reading and writing, made when it is missing, with its flock. Null: another has that.</summary>
    public SafeFileHandle? TryClaim(string name, out long size)
    {
        while (true)
        {
            var file = OpenOrMakeFile(name, out size);
            var fd = (int)file.DangerousGetHandle();
            var locked = Sys.Flock(fd, Native.LOCK_EX | Native.LOCK_NB);
            if (!locked.Ok)
            {
                file.Dispose();
                (locked.Error == Errno.EAGAIN ? Errno.OK : locked.Error).OrThrow($"lock {Of(name)}");
                return null;
            }
            // Whoever had the lock before may have given the file another name meanwhile, or removed it.
            Sys.Stat(fd, default, Native.AT_EMPTY_PATH, out var mine).OrThrow($"look at {Of(name)}");
            if (ImageCheck.PartialIsStillThere.Passes(TryStat(name, out var there) && there.IsSameFile(mine)))
            {
                size = (long)mine.Size;
                return file;
            }
            file.Dispose();
        }
    }

    /// <summary>A new file for writing.</summary>
    public SafeFileHandle MakeFile(string name, uint mode = 0x1A4)
    {
        var opened = Sys.Open(Fd, Bytes(name), Native.O_RDWR | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, mode);
        return new SafeFileHandle(opened.OrThrow($"make {Of(name)}"), ownsHandle: true);
    }

    private SafeFileHandle Regular(int fd, string name, out long size)
    {
        var file = new SafeFileHandle(fd, ownsHandle: true);
        var error = Sys.Stat(fd, default, Native.AT_EMPTY_PATH, out var status);
        if (ImageCheck.FileIsRegular.Fails(error != Errno.OK || !status.IsRegular))
        {
            file.Dispose();
            error.OrThrow($"look at {Of(name)}");
            throw new ImageError($"open {Of(name)}: it is no regular file");
        }
        size = (long)status.Size;
        return file;
    }

    public bool TryStat(string name, out FileStatus status)
    {
        var error = Sys.Stat(Fd, Bytes(name), Native.AT_SYMLINK_NOFOLLOW, out status);
        (error == Errno.ENOENT ? Errno.OK : error).OrThrow($"look at {Of(name)}");
        return error == Errno.OK;
    }

    /// <summary>The file is this from now on, also after a power cut, or the old one still is. Callers exclude each other by a lock.</summary>
    public void Replace(string name, ReadOnlySpan<byte> bytes)
    {
        var staging = StagingOf(name);
        Remove(staging);
        using (var file = MakeFile(staging))
        {
            var fd = (int)file.DangerousGetHandle();
            Sys.WriteAll(fd, bytes).OrThrow($"write {Of(staging)}");
            Sys.Fsync(fd).OrThrow($"sync {Of(staging)}");
        }
        Rename(staging, name);
        Sync();
    }

    /// <summary>Under what name a file waits for its own.</summary>
    public static string StagingOf(string name) => $".{name}.new";

    public void Rename(string from, string to) => Rename(from, this, to);

    public void Rename(string from, Folder folder, string to) =>
        Sys.RenameAt(Fd, Bytes(from), folder.Fd, Bytes(to)).OrThrow($"rename {Of(from)} to {folder.Of(to)}");

    /// <summary>False: it was not there.</summary>
    public bool Remove(string name)
    {
        var error = Sys.UnlinkAt(Fd, Bytes(name), 0);
        (error == Errno.ENOENT ? Errno.OK : error).OrThrow($"remove {Of(name)}");
        return error == Errno.OK;
    }

    /// <summary>The names in it stay, also after a power cut.</summary>
    public void Sync() => Sys.Fsync(Fd).OrThrow($"sync {Path}");

    /// <summary>The names in it, without "." and ".."; one that is not UTF-8 is not ours and left out.</summary>
    public List<string> Names()
    {
        var names = new List<string>();
        // A description of its own: the position in the directory is not shared between threads.
        using var reading = new SafeFileHandle(Sys.Open(Fd, "."u8, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow($"open {Path}"), ownsHandle: true);
        var buffer = new byte[32 << 10];
        while (true)
        {
            var length = Sys.GetDents((int)reading.DangerousGetHandle(), buffer).OrThrow($"list {Path}");
            if (length == 0)
            {
                return names;
            }
            foreach (var name in new DirectoryRecords(buffer.AsSpan(0, length)))
            {
                if (System.Text.Unicode.Utf8.IsValid(name))
                {
                    names.Add(Encoding.UTF8.GetString(name));
                }
            }
        }
    }

    /// <summary>Waits for the directory's flock, and has it until the result is disposed. Each has a description of its own, so that threads
    /// of one process exclude each other, too.</summary>
    public SafeFileHandle Lock(int operation)
    {
        var held = new SafeFileHandle(Sys.Open(Fd, "."u8, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow($"open {Path}"), ownsHandle: true);
        Sys.Flock((int)held.DangerousGetHandle(), operation).OrThrow($"lock {Path}");
        return held;
    }

    public string Of(string name) => Path + "/" + name;

    public void Dispose() => _handle.Dispose();

    /// <summary>As system calls take it.</summary>
    public static byte[] Bytes(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ImageError("a path has a zero byte");
        }
        return ZeroTerminated.Of(path);
    }
}
