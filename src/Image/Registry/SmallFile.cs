using System;
using System.IO;
using System.Text;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>Files of settings: read whole, up to a limit, and replaced whole.</summary>
static class SmallFile
{
    private const uint OwnersOnly = 0x180, OwnersDirectory = 0x1C0; // 0600, 0700

    /// <summary>Null when the file, or a directory above it, is missing. An <see cref="ImageError"/> names everything else.</summary>
    public static byte[]? ReadBytes(string path, int limit)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            // Not by its length: a shell's <(command) is a pipe.
            var bytes = new MemoryStream();
            var buffer = new byte[16 << 10];
            for (var count = file.Read(buffer); count > 0; count = file.Read(buffer))
            {
                bytes.Write(buffer, 0, count);
                if (bytes.Length > limit)
                {
                    throw new ImageError($"read {path}: it has more than {limit} bytes, which are not taken");
                }
            }
            return bytes.ToArray();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ImageError($"read {path}: {error.Message}");
        }
    }

    public static string? Read(string path, int limit) => ReadBytes(path, limit) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>A new file of mode 0600 takes the old one's place, or there is only the old one. A symbolic link stays, and its target changes.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> bytes)
    {
        var target = Target(path);
        MakeDirectory(Path.GetDirectoryName(target) ?? "/");
        var staging = Encoding.UTF8.GetBytes($"{target}.{Environment.ProcessId}.tmp\0");
        Sys.UnlinkAt(Native.AT_FDCWD, staging, 0);
        var asNew = Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW;
        var file = Sys.Open(Native.AT_FDCWD, staging, asNew, OwnersOnly).OrThrow($"write {path}");
        var error = Sys.WriteAll(file, bytes);
        error = error == Errno.OK ? Sys.Fsync(file) : error;
        Sys.Close(file);
        error = error == Errno.OK ? Sys.RenameAt(Native.AT_FDCWD, staging, Native.AT_FDCWD, ZeroTerminated.Of(target)) : error;
        if (error != Errno.OK)
        {
            Sys.UnlinkAt(Native.AT_FDCWD, staging, 0);
            error.Throw($"write {path}");
        }
    }

    private static string Target(string path)
    {
        try
        {
            return new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException error)
        {
            throw new ImageError($"write {path}: {error.Message}");
        }
    }

    private static void MakeDirectory(string path)
    {
        if (!Directory.Exists(path))
        {
            MakeDirectory(Path.GetDirectoryName(path) ?? "/");
            Sys.MkdirAt(Native.AT_FDCWD, ZeroTerminated.Of(path), OwnersDirectory).OrThrow($"make the directory {path}");
        }
    }
}
