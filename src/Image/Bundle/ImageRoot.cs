using System;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SharpRun.Linux;

namespace SharpRun.Image.Bundle;

/// <summary>An image's unpacked root file system, full of tricks for all we know: every path is looked up beneath it (openat2, RESOLVE_IN_ROOT),
/// so that no link leads to a file of the host (R9).</summary>
sealed class ImageRoot : IDisposable
{
    /// <summary>Bytes of /etc/passwd and /etc/group; a larger one is as if absent.</summary>
    public const int MaxFile = 1 << 20;

    private readonly SafeFileHandle _root;

    private ImageRoot(int fd, bool owns) => _root = new SafeFileHandle(fd, owns);

    public int Fd => (int)_root.DangerousGetHandle();

    /// <summary>Null: there is no such directory (yet).</summary>
    public static ImageRoot? TryOpen(string path)
    {
        var opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_PATH | Native.O_DIRECTORY);
        return opened.Error is Errno.ENOENT or Errno.ENOTDIR ? null : new ImageRoot(opened.OrThrow($"open the root file system {path}"), owns: true);
    }

    /// <summary>The descriptor stays the caller's.</summary>
    public static ImageRoot Of(int fd) => new(fd, owns: false);

    /// <summary>The text of a small file. Null when it is not there, too large, no regular file or no UTF-8: a fifo would hang us, and a device act.</summary>
    public string? TryRead(string path)
    {
        var opened = RootPath.Open(Fd, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY);
        if (!opened.Ok)
        {
            return null;
        }
        var error = ProcFiles.ReadWhole(opened.Value, MaxFile, out var bytes);
        Sys.Close(opened.Value);
        return error == Errno.OK && System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
    }

    /// <summary>A directory, open for reading; null: there is none.</summary>
    public SafeFileHandle? TryOpenDirectory(string path)
    {
        var opened = RootPath.Open(Fd, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY);
        return opened.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP
            ? null : new SafeFileHandle(opened.OrThrow($"open {path} of the image"), ownsHandle: true);
    }

    public void Dispose() => _root.Dispose();
}
