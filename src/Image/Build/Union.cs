using System;
using System.Collections.Generic;
using SharpRun.LayerStore;
using SharpRun.Linux;

namespace SharpRun.Image.Build;

/// <summary>
/// The layers so far with a writable one on top, mounted below the build's directory in our own mount namespace (<see cref="TryEnterNamespace"/>): after a
/// kill -9 the kernel takes the mount away with the namespace.
/// </summary>
sealed class Union : IDisposable
{
    private readonly string _path;
    private readonly int _folder;
    private readonly string _name;
    private bool _isMounted;

    private Union(int folder, string folderPath, string name) => (_folder, _path, _name) = (folder, $"{folderPath}/{name}", name);

    /// <summary>Where it is mounted, absolute.</summary>
    public string Merged => _path + "/merged";

    public string Upper => _path + "/upper";

    /// <summary>A descriptor of its root, O_PATH.</summary>
    public int Root { get; private set; } = -1;

    /// <summary>Our own mount namespace, for this thread and those that it starts. What the host mounts later is seen, what we mount is not.</summary>
    public static Errno TryEnterNamespace()
    {
        var error = Sys.Unshare(Native.CLONE_NEWNS);
        return error == Errno.OK ? Sys.Mount("none\0"u8, "/\0"u8, default, Native.MS_REC | Native.MS_SLAVE, default) : error;
    }

    /// <param name="folder">The build's directory, by descriptor and path.</param>
    /// <param name="folderPath">Its path.</param>
    /// <param name="name">A new name in it.</param>
    /// <param name="trees">The layers' trees, O_PATH, the lowest first.</param>
    public static Union Mount(int folder, string folderPath, string name, IReadOnlyList<int> trees)
    {
        var union = new Union(folder, folderPath, name);
        try
        {
            union.Mount(trees);
            return union;
        }
        catch (Exception)
        {
            union.Dispose();
            throw;
        }
    }

    /// <summary>From now on the upper directory is what has changed.</summary>
    public void Unmount()
    {
        if (Root >= 0)
        {
            Sys.Close(Root);
            Root = -1;
        }
        if (_isMounted)
        {
            Sys.Umount(ZeroTerminated.Of(Merged), Native.MNT_DETACH).OrThrow($"unmount {Merged}");
            _isMounted = false;
        }
    }

    public void Dispose()
    {
        Unmount();
        TreeRemover.Remove(_folder, ZeroTerminated.Of(_name)).OrThrow($"remove {_path}");
    }

    private void Mount(IReadOnlyList<int> trees)
    {
        Sys.MkdirAt(_folder, ZeroTerminated.Of(_name), Native.S_IRWXU).OrThrow($"make {_path}");
        var work = Make("work");
        var upper = Make("upper");
        Sys.Close(Make("merged"));
        List<int> lowers = trees.Count > 0 ? [.. trees] : [Make("nothing")];
        try
        {
            UnionTop.Give(upper, trees.Count > 0 ? trees[^1] : -1);
            var target = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(Merged), Native.O_PATH | Native.O_DIRECTORY | Native.O_NOFOLLOW).OrThrow($"open {Merged}");
            // volatile: after a power cut the whole directory is thrown away anyway, so that RUN need not wait for the disk.
            var error = OverlayMount.Attach(new OverlayParts(lowers, upper, work) { IsVolatile = true }, target);
            Sys.Close(target);
            error.OrThrow($"mount the layers of the build on {Merged}");
            _isMounted = true;
            Root = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(Merged), Native.O_PATH | Native.O_DIRECTORY).OrThrow($"open {Merged}");
        }
        finally
        {
            Sys.Close(work);
            Sys.Close(upper);
            if (trees.Count == 0)
            {
                Sys.Close(lowers[0]);
            }
        }
    }

    private int Make(string name)
    {
        var path = $"{_name}/{name}";
        Sys.MkdirAt(_folder, ZeroTerminated.Of(path), Native.S_IRWXU).OrThrow($"make {_path}/{name}");
        return Sys.Open(_folder, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW).OrThrow($"open {_path}/{name}");
    }
}
