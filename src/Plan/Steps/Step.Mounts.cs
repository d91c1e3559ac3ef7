using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>Where in the container: an absolute path that is only ever resolved inside the root (openat2 RESOLVE_IN_ROOT).</summary>
public sealed record RootedPath(CString Value)
{
    public static RootedPath Of(string path) => new(Normal(path));

    public override string ToString() => Value.ToString();

    /// <summary>By its text, which SpecRules has judged already: /proc itself, or one of the few files that may be covered.</summary>
    public bool IsBelowProc { get; } = Value.ToString() is "/proc" || Value.ToString().StartsWith("/proc/", System.StringComparison.Ordinal);

    // A relative destination is tolerated (specification 1.2): "/" is put before it. Doubled and final slashes are dropped.
    private static string Normal(string path)
    {
        var parts = path.Split('/', System.StringSplitOptions.RemoveEmptyEntries);
        return "/" + string.Join('/', parts);
    }
}

/// <summary>The attributes of one mount, as mount_setattr(2) takes them.</summary>
public sealed record MountAttributes(ulong Set, ulong Clear)
{
    public static MountAttributes None { get; } = new(0, 0);

    public bool IsEmpty => Set == 0 && Clear == 0;
}

/// <summary>"/" of the new mount namespace: mounts of the host come in, none goes out.</summary>
public sealed record SetRootPropagation(string Word, ulong Flags) : Step
{
    public override string Text => $"make / {Word}";

    /// <summary>Every mount of the host is private or slave here, so that none which we make is seen there.</summary>
    public bool HidesOurMounts => Word is "rprivate" or "rslave";
}

/// <summary>The mount that holds the root file system becomes private: what is mounted there now stays here, and pivot_root wants it so.</summary>
public sealed record IsolateRootfs(CString Path) : Step
{
    public override string Text => $"make the mount that holds {Path} private";
}

/// <summary>The root file system's own propagation, once the host's mounts are gone from sight.</summary>
public sealed record PropagateRootfs(string Word, ulong Flags, bool Recursive) : Step
{
    public override string Text => $"make the rootfs {Word}";
}

/// <summary>The root file system becomes a mount of its own, opened once; every later path is resolved from it.</summary>
public sealed record BindRootfs(CString Path) : Step
{
    public override string Text => $"bind rootfs {Path}";

    public override string Failure(string detail) => $"error preparing rootfs \"{Path}\"{(detail.Length == 0 ? "" : ": " + detail)}";
}

/// <summary>A fresh file system: proc, sysfs, tmpfs, devpts, mqueue, cgroup2, overlay or any other that needs no source of ours.</summary>
public sealed record MountFilesystem(CString Type, CString Source, RootedPath Target, MountFlags Flags) : Step
{
    /// <summary>All data as one text, when a value is too long for fsconfig(2) (255 bytes); else null.</summary>
    public CString? LongData { get; init; }

    /// <summary>linux.mountLabel, where it is no option of the file system but the label of its top (mqueue, as runc does); else null.</summary>
    public CString? TopLabel { get; init; }

    /// <summary>In a user namespace: what of the host is bound in its place when the kernel refuses a new one (EPERM); else null.</summary>
    public CString? HostsOwn { get; init; }

    public override string Text => $"mount {Type} at {Target}{Flags.Describe()}"
        + (TopLabel is null ? "" : $", labelled {TopLabel}")
        + (HostsOwn is null ? "" : $", or bind {HostsOwn}");

    public override string Failure(string detail) => MountFailure.Sentence(Source, Target, detail);

    /// <summary>proc and sysfs only go onto a real directory of the root, never through a link of the image (R4, CVE-2023-27561).</summary>
    public bool NeedsPlainDirectory => Type.ToString() is "proc" or "sysfs";

    /// <summary>A tmpfs without a mode has that of the directory it covers: /var/cache does not become everybody's. (Over one that has to be
    /// made it has the kernel's, 1777.)</summary>
    public bool InheritsMode { get; } = Type.ToString() == "tmpfs" && !HasMode(Flags);

    private static bool HasMode(MountFlags flags)
    {
        foreach (var option in flags.Data)
        {
            if (option.Key.ToString() == "mode")
            {
                return true;
            }
        }
        return false;
    }
}

/// <summary>A file or directory of the host at a place in the container.</summary>
public sealed record BindMount(CString Source, RootedPath Target, MountFlags Flags) : Step
{
    /// <summary>Null: owners are shown as they are.</summary>
    public MountIdMap? IdMap { get; init; }

    public override string Text => $"{(Flags.Recursive ? "rbind" : "bind")} {Source} at {Target}{Flags.Describe()}{IdMap?.Describe()}";

    public override string Failure(string detail) => MountFailure.Sentence(Source, Target, detail);
}

/// <summary>One hierarchy of the v1 tree below a cgroup mount: its directory's name, the group to bind, the links for merged controllers.</summary>
public sealed record CgroupBind(CString Name, CString Source, IReadOnlyList<CString> Links);

/// <summary>The v1 (or hybrid) tree: a tmpfs with the container's own group of every hierarchy bound below it.</summary>
public sealed record MountCgroups(RootedPath Target, MountFlags Flags, IReadOnlyList<CgroupBind> Binds) : Step
{
    /// <summary>The host's mounts are still peers here (linux.rootfsPropagation). A hierarchy is no volume: what is mounted in it stays here.</summary>
    public bool HostHasPeers { get; init; }

    /// <summary>linux.mountLabel for the tmpfs, or null.</summary>
    public CString? Label { get; init; }

    public override string Text => $"mount cgroup ({Binds.Count} hierarchies) at {Target}{Flags.Describe()}";

    public override string Failure(string detail) => MountFailure.Sentence("cgroup", Target, detail);
}

public sealed record MakeDevice(RootedPath Path, char Type, uint Major, uint Minor, uint Mode, uint Uid, uint Gid) : Step
{
    public override string Text => $"make device {Path} ({Type} {Major}:{Minor}, mode {System.Convert.ToString(Mode, 8)})";
}

/// <summary>In a user namespace no device can be made: the host's own, checked, is bound over an empty file.</summary>
public sealed record BindDevice(RootedPath Path, CString Source, char Type, uint Major, uint Minor) : Step
{
    public override string Text => $"bind device {Path} ({Type} {Major}:{Minor}) from the host";
}

public sealed record LinkDevice(CString Target, RootedPath Path) : Step
{
    /// <summary>/dev/core is made only where /proc/kcore is.</summary>
    public bool OnlyIfThere { get; init; }

    public override string Text => $"link {Path} to {Target}";
}

/// <summary>/dev/ptmx is the container's own devpts, whatever stood there.</summary>
public sealed record LinkPtmx : Step
{
    public override string Text => "link /dev/ptmx to pts/ptmx";
}

public sealed record MakeWorkingDirectory(RootedPath Path) : Step
{
    public override string Text => $"make working directory {Path} if missing";
}

/// <summary>The old root has peers on the host when not every mount was made slave or private at first.</summary>
public sealed record PivotRoot(bool OldRootHasPeers) : Step
{
    public override string Text => OldRootHasPeers ? "pivot_root to rootfs, make the old root slave" : "pivot_root to rootfs";
}

/// <summary>--no-pivot, for a host that runs from its initramfs, which pivot_root cannot leave. Weaker: the old root stays below the new one,
/// and whoever may call chroot can get out to it. The host's proc and sysfs are taken away first, so that a mount of either inside is
/// judged by the container's own ones.</summary>
public sealed record MoveRoot : Step
{
    public override string Text => "move rootfs to / and chroot, without pivot_root";
}

/// <summary>What is mounted there already gets other flags, and with data other options of its file system.</summary>
public sealed record Remount(RootedPath Target, MountFlags Flags) : Step
{
    /// <summary>The file system's own words as one text, for mount(2).</summary>
    public required CString Data { get; init; }

    public override string Text => $"remount {Target}{Flags.Describe()}";

    public override string Failure(string detail) => MountFailure.Sentence("remount", Target, detail);
}

public sealed record SetSysctl(CString Key, CString Path, CString Value) : Step
{
    public override string Text => $"set sysctl {Key} to {Value}";
}

public sealed record RootReadonly : Step
{
    public override string Text => "make / read-only";
}

public sealed record ReadonlyPath(RootedPath Path) : Step
{
    public override string Text => $"make {Path} read-only";
}

public sealed record MaskPath(RootedPath Path) : Step
{
    /// <summary>linux.mountLabel for the empty folder that covers another, or null.</summary>
    public CString? Label { get; init; }

    /// <summary>As for MountCgroups: what a container mounts over a masked file would be over the host's /dev/null, too.</summary>
    public bool HostHasPeers { get; init; }

    public override string Text => $"mask {Path}";
}

internal static class MountFailure
{
    public static string Sentence(CString source, RootedPath target, string detail) =>
        $"error mounting \"{source}\" to rootfs at \"{target}\"{(detail.Length == 0 ? "" : ": " + detail)}";
}
