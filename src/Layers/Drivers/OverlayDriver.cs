using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Json;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;

namespace SharpRun.Layers.Drivers;

/// <summary>overlayfs: upper/ has what was changed, work/ is the kernel's own.</summary>
sealed class OverlayDriver : Driver
{
    private const string Probe = ".overlay-probe";

    public override DriverKind Kind => DriverKind.Overlay;

    /// <summary>Tries it where the unions are; nothing of that stays.</summary>
    public override string? WhyNot(StorePaths paths)
    {
        try
        {
            var unions = Entries.MakeDirectory(paths.Unions, Native.S_IRWXU);
            Sys.MkdirAt(unions, ZeroTerminated.Of(Probe), Native.S_IRWXU);
            var probe = Entries.OpenDirectory(unions, Probe).OrThrow($"try overlay in {paths.Unions}");
            var error = Try(probe);
            var reason = error == Errno.OK ? null : Reason(error, probe);
            Sys.Close(probe);
            TreeRemover.Remove(unions, ZeroTerminated.Of(Probe)).OrThrow($"remove {paths.Unions}/{Probe}");
            Sys.Close(unions);
            return reason;
        }
        catch (ErrnoException error)
        {
            return error.Message;
        }
    }

    public override void Create(Union union, LowerTrees lowers)
    {
        if (UnionCheck.LayersAreFew.Fails(lowers.Trees.Count > OverlayMount.MostLowers))
        {
            throw new JsonError($"create {union.Name}: {lowers.Trees.Count} layers are more than the {OverlayMount.MostLowers} that overlay takes");
        }
        Sys.Close(union.MakeDirectory("work", Native.S_IRWXU));
        var upper = union.MakeDirectory("upper", Native.S_IRWXU);
        UnionTop.Give(upper, lowers.Trees[^1]);
        Sys.Close(upper);
    }

    public override void Mount(Union union, LowerTrees lowers, int target)
    {
        var upper = union.OpenDirectory("upper");
        var work = union.OpenDirectory("work");
        var error = OverlayMount.Attach(new OverlayParts(lowers.Trees, upper, work) { Source = SourceOf(union.Name) }, target);
        Sys.Close(work);
        if (error != Errno.OK)
        {
            throw new JsonError($"mount {union.Name}: overlay: {Reason(error, upper, lowers.Trees.Count)}");
        }
        Sys.Close(upper);
    }

    /// <summary>The source is a word of our choice, which the kernel keeps; by it a mount is found wherever it has been moved to.</summary>
    public override bool IsMountOf(Union union, MountEntry mount) =>
        // The source is no check that can be left out: all overlays of the machine would be unmounted.
        UnionCheck.OnlyOverlayIsOverlay.Passes(mount.Type == "overlay") && mount.Source == SourceOf(union.Name);

    public override IReadOnlyList<ChangedPath> Changes(Union union, LowerTrees lowers, Action<string> warn)
    {
        using var upper = new TreeRoot(union.OpenDirectory("upper"), $"{union.Path}/upper");
        return UpperChanges.Find(upper, [.. lowers.Trees.Reverse()]);
    }

    public override void CopyChanges(Union union, LowerTrees lowers, int into, LayerRules rules, SourceDate date)
    {
        using var upper = new TreeRoot(union.OpenDirectory("upper"), $"{union.Path}/upper");
        UpperCopy.Make(upper, into, OverlayWords.Of(into), TreeOwner.Copier, date, rules);
    }

    private static string SourceOf(string name) => "sharprun:" + name;

    private static Errno Try(int probe)
    {
        Span<int> directories = stackalloc int[3];
        for (var i = 0; i < directories.Length; i++)
        {
            var name = ((ReadOnlySpan<string>)["lower", "upper", "work"])[i];
            Sys.MkdirAt(probe, ZeroTerminated.Of(name), Native.S_IRWXU);
            var opened = Entries.OpenDirectory(probe, name);
            if (!opened.Ok)
            {
                return opened.Error;
            }
            directories[i] = opened.Value;
        }
        var error = OverlayMount.Try(directories[0], directories[1], directories[2]);
        foreach (var directory in directories)
        {
            Sys.Close(directory);
        }
        return error;
    }

    private static string Reason(Errno error, int upper, int lowers = 1) => error switch
    {
        Errno.ENODEV => "this kernel has none (its module is not there)",
        Errno.EPERM when !IsAllowed() => $"{error.Sentence()}: mounting needs root, or a user and a mount namespace of one's own (unshare -Urm)",
        Errno.EPERM when OverlayMount.NeedsUserAttributes(upper) => $"{error.Sentence()}: in a user namespace it needs kernel 5.11",
        Errno.ELOOP => "one of the directories lies in another, or is there twice",
        Errno.E2BIG => $"{lowers} layers are more than this kernel takes by mount(2); 6.8 and newer take {OverlayMount.MostLowers}",
        Errno.EINVAL or Errno.EPERM or Errno.EOPNOTSUPP or Errno.ENOTDIR when RefusedFileSystem(upper) is { } name =>
            $"{error.Sentence()}: {name} cannot hold its writable layer: put the store (--root) on ext4, xfs, btrfs or tmpfs, or create the union with --driver vfs",
        _ => error.Sentence(),
    };

    // CAP_SYS_ADMIN, in whichever user namespace.
    private static bool IsAllowed() => Sys.CapGet(out var capabilities) == Errno.OK && (capabilities.Effective & 1UL << 21) != 0;

    private static string? RefusedFileSystem(int directory) => Sys.StatFs(directory, out var magic) != Errno.OK ? null : magic switch
    {
        Native.OVERLAYFS_SUPER_MAGIC => "another overlay",
        Native.NFS_SUPER_MAGIC => "NFS",
        Native.FUSE_SUPER_MAGIC => "a FUSE file system",
        Native.EXT4_SUPER_MAGIC or Native.XFS_SUPER_MAGIC or Native.BTRFS_SUPER_MAGIC or Native.TMPFS_MAGIC => null,
        _ => "this file system",
    };
}
