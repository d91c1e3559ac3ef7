using System;
using System.IO;
using System.Text;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>Files of settings: read whole, up to a limit, and replaced whole.</summary>
static class SmallFile
{
    /// <summary>Null when the file, or a directory above it, is missing. An <see cref="ImageError"/> names everything else.</summary>
    public static byte[]? ReadBytes(string path, int limit)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            if (file.Length > limit)
            {
                throw new ImageError($"read {path}: it has {file.Length} bytes, and more than {limit} are not taken");
            }
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
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
        try
        {
            var target = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
            var directory = Path.GetDirectoryName(target) ?? "/";
            if (!Directory.Exists(directory))
            {
                Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
            var staging = $"{target}.{Environment.ProcessId}.tmp";
            try
            {
                var options = new FileStreamOptions
                {
                    Mode = FileMode.Create,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                };
                File.Delete(staging);
                using (var file = new FileStream(staging, options))
                {
                    file.Write(bytes);
                    file.Flush(flushToDisk: true);
                }
                File.Move(staging, target, overwrite: true);
            }
            catch
            {
                File.Delete(staging);
                throw;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ImageError($"write {path}: {error.Message}");
        }
    }
}
