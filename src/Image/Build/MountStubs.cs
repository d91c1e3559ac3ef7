using System;
using System.Collections.Generic;
using SharpRun.Linux;

namespace SharpRun.Image.Build;

/// <summary>
/// What RUN mounts on must be there, and is not a change of the image: the places that the image has not are made before, and taken away after it, if
/// they are still as empty. The directory around gets its time back when nothing else has changed in it.
/// </summary>
sealed class MountStubs(int root)
{
    private static readonly string[] s_directories = ["/proc", "/sys", "/dev"];
    private static readonly string[] s_files = ["/etc/resolv.conf", "/etc/hosts", "/etc/hostname"];

    private readonly record struct Stub(string Parent, string Name, bool IsDirectory);

    private readonly List<Stub> _made = [];

    // Of a directory in which something was made: its time before, and right after.
    private readonly Dictionary<string, (TimeSpec Before, TimeSpec After)> _times = [];

    public void Make()
    {
        foreach (var path in s_directories)
        {
            Make(path, isDirectory: true);
        }
        foreach (var path in s_files)
        {
            Make("/etc", isDirectory: true);
            Make(path, isDirectory: false);
        }
    }

    public void Remove()
    {
        HashSet<string> unchanged = [];
        foreach (var (path, times) in _times)
        {
            if (TimeOf(path) == times.After)
            {
                unchanged.Add(path);
            }
        }
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            Remove(_made[i]);
        }
        foreach (var path in unchanged)
        {
            var opened = RootPath.Open(root, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY);
            if (opened.Ok)
            {
                Sys.UtimensAt(opened.Value, default, TimeSpec.Omit, _times[path].Before, 0).OrThrow($"set the time of {path} in the image");
                Sys.Close(opened.Value);
            }
        }
    }

    private void Make(string path, bool isDirectory)
    {
        var there = RootPath.Open(root, ZeroTerminated.Of(path), Native.O_PATH);
        if (there.Ok)
        {
            Sys.Close(there.Value);
            return;
        }
        var slash = path.LastIndexOf('/');
        var (parent, name) = (slash == 0 ? "/" : path[..slash], path[(slash + 1)..]);
        // A link that leads nowhere, or something in the way: the runtime says what is wrong with it.
        if (there.Error != Errno.ENOENT || TimeOf(parent) is not { } before)
        {
            return;
        }
        var opened = RootPath.Open(root, ZeroTerminated.Of(parent), Native.O_PATH | Native.O_DIRECTORY);
        if (!opened.Ok)
        {
            return;
        }
        var made = isDirectory ? Sys.MkdirAt(opened.Value, ZeroTerminated.Of(name), 0x1ED) : MakeFile(opened.Value, name);
        Sys.Close(opened.Value);
        if (made == Errno.OK)
        {
            _made.Add(new Stub(parent, name, isDirectory));
            _times[parent] = (_times.TryGetValue(parent, out var known) ? known.Before : before, TimeOf(parent) ?? before);
        }
    }

    private static Errno MakeFile(int parent, string name)
    {
        var file = Sys.Open(parent, ZeroTerminated.Of(name), Native.O_WRONLY | Native.O_CREAT | Native.O_EXCL | Native.O_NOFOLLOW, 0x1A4);
        if (file.Ok)
        {
            Sys.Close(file.Value);
        }
        return file.Error;
    }

    private void Remove(Stub stub)
    {
        var opened = RootPath.Open(root, ZeroTerminated.Of(stub.Parent), Native.O_PATH | Native.O_DIRECTORY);
        if (!opened.Ok)
        {
            return;
        }
        var name = ZeroTerminated.Of(stub.Name);
        var isThere = Sys.Stat(opened.Value, name, Native.AT_SYMLINK_NOFOLLOW, out var status) == Errno.OK;
        if (isThere && (stub.IsDirectory ? status.IsDirectory : status is { IsRegular: true, Size: 0 }))
        {
            // A directory in which RUN has left something stays.
            Sys.UnlinkAt(opened.Value, name, stub.IsDirectory ? Native.AT_REMOVEDIR : 0);
        }
        Sys.Close(opened.Value);
    }

    private TimeSpec? TimeOf(string path)
    {
        var opened = RootPath.Open(root, ZeroTerminated.Of(path), Native.O_PATH | Native.O_DIRECTORY);
        if (!opened.Ok)
        {
            return null;
        }
        var error = Sys.Stat(opened.Value, default, Native.AT_EMPTY_PATH, out var status);
        Sys.Close(opened.Value);
        return error == Errno.OK ? status.ModifiedAt : null;
    }
}
