using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

// Directories that their own owner may not write to, or look into. Root may, and gives each its mode at once. Anybody else gets it until the
// image is complete, and the mode then, deepest first.
sealed partial class EntryWriter
{
    private readonly Dictionary<ulong, (byte[] Path, uint Mode)> _locked = [];

    /// <summary>The last modes. The root is the descriptor below which all was made.</summary>
    public void Finish(int root)
    {
        var all = new List<(ulong Ino, byte[] Path, uint Mode)>();
        foreach (var (ino, (path, mode)) in _locked)
        {
            all.Add((ino, path, mode));
        }
        all.Sort((a, b) => MemoryExtensions.Count(b.Path, (byte)'/').CompareTo(MemoryExtensions.Count(a.Path, (byte)'/')));
        var prefix = PathOf(root).Length - 1;
        foreach (var (ino, path, mode) in all)
        {
            var opened = RootPath.Open(root, path.AsSpan(Math.Min(prefix, path.Length - 1)), ExistingDirectory);
            if (opened.Ok)
            {
                var error = Sys.Stat(opened.Value, default, Native.AT_EMPTY_PATH, out var status);
                error = error == Errno.OK && status.Ino == ino ? Sys.Fchmod(opened.Value, mode) : error;
                Sys.Close(opened.Value);
                error.OrThrow($"change the mode of {TarText.Of(path)}");
            }
        }
        _locked.Clear();
    }

    private uint ModeForNow(int directory, TarEntry entry)
    {
        var mode = entry.Mode & AllOfMode;
        if (_uid == 0)
        {
            return mode;
        }
        Check(Sys.Stat(directory, default, Native.AT_EMPTY_PATH, out var status), "look at", entry);
        if ((mode & Native.S_IRWXU) == Native.S_IRWXU)
        {
            _locked.Remove(status.Ino);
            return mode;
        }
        if (_locked.Count == UnpackLimits.LockedDirectories)
        {
            throw new ImageError($"unpack {TarText.Of(entry.Name)}: more than {UnpackLimits.LockedDirectories} directories that not even their owner may write to");
        }
        _locked[status.Ino] = (PathOf(directory), mode);
        return mode | Native.S_IRWXU;
    }

    /// <summary>With a final zero.</summary>
    private static byte[] PathOf(int directory)
    {
        Span<byte> path = stackalloc byte[2 * UnpackLimits.PathBytes];
        var length = RealPath.Of(directory, path).OrThrow("read /proc/self/fd");
        return [.. path[..length], 0];
    }
}
