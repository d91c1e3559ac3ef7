using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.LayerStore;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Build;

/// <summary>
/// The layers so far with a writable one on top, mounted below the build's directory in our own mount namespace (<see cref="TryEnterNamespace"/>): after a
/// kill -9 the kernel takes the mount away with the namespace. What overlay would keep elsewhere than in the upper directory is off, so that the
/// upper directory alone says what has changed.
/// </summary>
sealed class Union : IDisposable
{
    // The kernel takes a page of options by mount(2); a lower directory is "/proc/self/fd/1234:".
    private const int LongestOptions = 4095;
    private const uint RootMode = 0x1ED; // 0755

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
            GiveRoot(upper, trees.Count > 0 ? trees[^1] : -1);
            var options = new StringBuilder("lowerdir=");
            for (var i = lowers.Count - 1; i >= 0; i--)
            {
                options.Append($"/proc/self/fd/{lowers[i]}{(i > 0 ? ":" : "")}");
            }
            // volatile: after a power cut the whole directory is thrown away anyway, so that fsync(2) in RUN need not wait for the disk (kernel 5.10).
            options.Append($",upperdir=/proc/self/fd/{upper},workdir=/proc/self/fd/{work},redirect_dir=off,metacopy=off,index=off,volatile");
            if (options.Length > LongestOptions)
            {
                throw new ImageError($"mount the layers of the build: {trees.Count} are more than overlay takes at once");
            }
            Sys.Mount("overlay\0"u8, ZeroTerminated.Of(Merged), "overlay\0"u8, 0, ZeroTerminated.Of(options.ToString()))
                .OrThrow($"mount the layers of the build on {Merged}");
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

    // The root of a union is the upper directory's.
    private static void GiveRoot(int upper, int lower)
    {
        var status = new FileStatus { Mode = RootMode };
        if (lower >= 0)
        {
            Sys.Stat(lower, default, Native.AT_EMPTY_PATH, out status).OrThrow("look at the root of the image");
            Sys.Fchown(upper, status.Uid, status.Gid).OrThrow("give the root of the image");
        }
        Sys.Fchmod(upper, status.Mode & 0xFFF).OrThrow("change the mode of the image's root");
        Sys.UtimensAt(upper, default, TimeSpec.Omit, lower >= 0 ? status.ModifiedAt : new TimeSpec(0, 0), 0).OrThrow("set the time of the image's root");
    }

    private int Make(string name)
    {
        var path = $"{_name}/{name}";
        Sys.MkdirAt(_folder, ZeroTerminated.Of(path), Native.S_IRWXU).OrThrow($"make {_path}/{name}");
        return Sys.Open(_folder, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW).OrThrow($"open {_path}/{name}");
    }
}
