using System;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Store;
using SharpRun.LayerStore;
using SharpRun.Linux;

namespace SharpRun.Image.Build;

/// <summary>ROOT/build/build-RANDOM: what one build has in work, under an flock(2) as long as it lives. Its name is also that of RUN's container,
/// so that the next build can end what a killed one has left running.</summary>
sealed class WorkFolder : IDisposable
{
    private const string Prefix = "build-";

    private readonly Folder _parent;
    private readonly SafeFileHandle _lock;

    private WorkFolder(Folder parent, Folder folder, SafeFileHandle held, string name) => (_parent, Folder, _lock, Name) = (parent, folder, held, name);

    public static string PathOf(string root) => root + "/build";

    public Folder Folder { get; }

    /// <summary>The container's id.</summary>
    public string Name { get; }

    /// <summary>The runtime's --root.</summary>
    public string State => Folder.Path + "/state";

    /// <summary>Removes what killed builds have left.</summary>
    /// <param name="root">The store.</param>
    /// <param name="endContainer">Ends the container of a state directory and an id, if there is one.</param>
    public static void Sweep(string root, Action<string, string> endContainer)
    {
        using var parent = Folder.TryOpen(PathOf(root));
        if (parent is not null)
        {
            using var held = parent.Lock(Native.LOCK_EX);
            Sweep(parent, endContainer);
        }
    }

    public static WorkFolder Make(string root)
    {
        var parent = Folder.Make(PathOf(root), 0x1C0);
        // Between a directory and its lock nobody may take it for left.
        using var held = parent.Lock(Native.LOCK_EX);
        var name = Prefix + Guid.NewGuid().ToString("N")[..16];
        var folder = parent.MakeFolder(name, 0x1C0);
        return new WorkFolder(parent, folder, folder.Lock(Native.LOCK_EX), name);
    }

    public void Dispose()
    {
        TreeRemover.Remove(_parent.Fd, ZeroTerminated.Of(Name)).OrThrow($"remove {Folder.Path}");
        _lock.Dispose();
        Folder.Dispose();
        _parent.Dispose();
    }

    private static void Sweep(Folder parent, Action<string, string> endContainer)
    {
        foreach (var name in parent.Names())
        {
            using var folder = name.StartsWith(Prefix, StringComparison.Ordinal) ? parent.TryOpenFolder(name) : null;
            if (folder is null || !Sys.Flock(folder.Fd, Native.LOCK_EX | Native.LOCK_NB).Ok)
            {
                continue;
            }
            endContainer(folder.Path + "/state", name);
            TreeRemover.Remove(parent.Fd, ZeroTerminated.Of(name)).OrThrow($"remove {folder.Path}");
        }
    }
}
