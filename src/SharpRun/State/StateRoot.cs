using System;
using System.Collections.Generic;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.State;

/// <summary>The directory that holds a directory for every container. Opened once; everything below it is reached by descriptor.</summary>
sealed class StateRoot : IDisposable
{
    private const uint OwnerOnly = 0x1C0; // 0700
    private const uint OwnerOnlySticky = 0x3C0; // 01700: systemd-tmpfiles leaves it in XDG_RUNTIME_DIR alone

    private StateRoot(int fd) => Fd = fd;

    public int Fd { get; }

    /// <summary>"/" would make every directory of the host a container.</summary>
    public static string Checked(string path)
    {
        if (Check.RootIsNotSlash.Fails(IsSlash(path)))
        {
            throw new UsageError("Option --root argument should not be set to /");
        }
        return path;
    }

    public static StateRoot OpenOrCreate(string path)
    {
        if (Open(path) is { } existing)
        {
            return existing;
        }
        for (var slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            Make(path[..slash]);
        }
        if (Make(path) && path == DefaultRoot.OfUser())
        {
            Sys.FchmodAt(Native.AT_FDCWD, new CString(path), OwnerOnlySticky, 0).OrThrow($"set the mode of {path}");
        }
        return Open(path) ?? throw new ErrnoException($"open {path}", Errno.ENOENT);
    }

    /// <summary>Null when it is missing: then there are no containers.</summary>
    public static StateRoot? Open(string path)
    {
        var opened = Sys.Open(Native.AT_FDCWD, new CString(path), Native.O_RDONLY | Native.O_DIRECTORY);
        return opened.Error == Errno.ENOENT ? null : new StateRoot(opened.OrThrow($"open the state root {path}"));
    }

    /// <summary>The container's directory, or null when there is none.</summary>
    public static ContainerDirectory? FindContainer(string path, string id)
    {
        var root = Open(path);
        var directory = root?.Find(id);
        if (directory is null)
        {
            root?.Dispose();
        }
        return directory;
    }

    public static ContainerDirectory OpenContainer(string path, string id) =>
        FindContainer(path, id) ?? throw StateError.NotFound;

    /// <summary>Making the directory is the claim: of two creates of one id, one wins, and the other touches nothing (R38).</summary>
    public ContainerDirectory Claim(string id)
    {
        var error = Sys.MkdirAt(Fd, new CString(id), OwnerOnly);
        if (error == Errno.EEXIST)
        {
            throw new StateError(ErrorCode.ContainerExists, "container with given ID already exists");
        }
        error.OrThrow($"make the state directory of {id}");
        var opened = OpenDirectory(id);
        if (!opened.Ok)
        {
            Sys.UnlinkAt(Fd, new CString(id), Native.AT_REMOVEDIR);
        }
        return new ContainerDirectory(this, id, opened.OrThrow($"open the state directory of {id}"));
    }

    /// <summary>Null when there is no such container. A link or a file in its place is none.</summary>
    public ContainerDirectory? Find(string id)
    {
        var opened = OpenDirectory(id);
        return opened.Error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP
            ? null
            : new ContainerDirectory(this, id, opened.OrThrow($"open the state directory of {id}"));
    }

    private Result OpenDirectory(string id) => Sys.Open(Fd, new CString(id), Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW);

    /// <summary>In the order of their names; what no id can be called is not a container.</summary>
    public List<string> Ids()
    {
        var ids = DirectoryContents.Names(Fd);
        ids.RemoveAll(name => !ContainerId.IsValid(name));
        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    public void Dispose() => Sys.Close(Fd);

    private static bool Make(string path)
    {
        var error = Sys.MkdirAt(Native.AT_FDCWD, new CString(path), OwnerOnly);
        if (error is not (Errno.OK or Errno.EEXIST))
        {
            error.Throw($"make {path}");
        }
        return error == Errno.OK;
    }

    private static bool IsSlash(string path)
    {
        var depth = 0;
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            depth = part switch
            {
                "." => depth,
                ".." => Math.Max(depth - 1, 0),
                _ => depth + 1,
            };
        }
        return depth == 0;
    }
}
