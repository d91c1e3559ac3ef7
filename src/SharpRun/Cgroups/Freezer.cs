using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>Standstill of a group: the freezer hierarchy on v1 and hybrid (freezer.state), a file of every group on cgroup2 (cgroup.freeze).</summary>
static class Freezer
{
    const string V1File = "freezer.state", V2File = "cgroup.freeze", V2Events = "cgroup.events";

    /// <summary>R40: milliseconds. A process inside the kernel, at a slow disk for instance, stands still only when it comes out.</summary>
    const int LongestWait = 10_000;

    public static bool IsFrozen(int directory) =>
        CgroupFile.Read(directory, V1File, out var state) == Errno.OK
            ? SaysFrozen(isV1: true, state)
            : CgroupFile.Read(directory, V2File, out state) == Errno.OK && SaysFrozen(isV1: false, state);

    public static bool IsFrozen(IReadOnlyList<string> paths) => Find(paths) is { WasFrozen: true };

    static bool SaysFrozen(bool isV1, string state) => isV1 ? state != "THAWED" : state == "1";

    /// <summary>Asks for standstill and waits a moment for it; a process inside the kernel may take longer, so this is no promise.</summary>
    public static void Freeze(IReadOnlyList<string> paths)
    {
        if (Find(paths) is not { } group)
        {
            return;
        }
        group.Write(freeze: true);
        var wait = new Patience(milliseconds: 20);
        while (group.IsV1 && CgroupFile.Read(Native.AT_FDCWD, group.File, out var state) == Errno.OK && state == "FREEZING" && wait.Pause())
        {
        }
    }

    /// <summary>Returns when everything stands still. What does not in time goes on, all of it, and that is an error.</summary>
    public static void Pause(IReadOnlyList<string> paths)
    {
        var group = Require(paths);
        var wait = new Patience(LongestWait);
        do
        {
            // Again and again: on v1 a process that was born meanwhile may not have heard of it (kernel, freezer-subsystem.rst).
            group.Write(freeze: true).OrThrow($"cgroup: freeze {group.File}");
            if (group.StandsStill())
            {
                return;
            }
        }
        while (wait.Pause());
        group.Write(freeze: false);
        throw new ErrnoException($"cgroup: freeze {group.File}: not everything stands still in time", Errno.EBUSY);
    }

    /// <summary>Returns when everything runs. A group above that is frozen keeps it still, and that is an error.</summary>
    public static void Resume(IReadOnlyList<string> paths)
    {
        var group = Require(paths);
        group.Write(freeze: false).OrThrow($"cgroup: thaw {group.File}");
        var wait = new Patience(LongestWait);
        while (group.StandsStill())
        {
            if (!wait.Pause())
            {
                throw new ErrnoException($"cgroup: thaw {group.File}: a group above it is frozen", Errno.EBUSY);
            }
        }
    }

    static Group Require(IReadOnlyList<string> paths) =>
        Find(paths) ?? throw new ErrnoException("cgroup: find a freezer among the container's groups", Errno.ENOENT);

    /// <summary>The file that freezes, and how one sees that it has. WasFrozen: when it was found.</summary>
    readonly record struct Group(string File, bool IsV1, bool WasFrozen)
    {
        public Errno Write(bool freeze) => CgroupFile.Write(Native.AT_FDCWD, File, (freeze, IsV1) switch
        {
            (true, true) => "FROZEN"u8,
            (true, false) => "1"u8,
            (false, true) => "THAWED"u8,
            (false, false) => "0"u8,
        });

        public bool StandsStill()
        {
            var file = IsV1 ? File : File[..^V2File.Length] + V2Events;
            CgroupFile.Read(Native.AT_FDCWD, file, out var text).OrThrow($"cgroup: read {file}");
            return IsV1 ? text == "FROZEN" : text.Contains("frozen 1", StringComparison.Ordinal);
        }
    }

    /// <summary>For processes that are to die: on v1 a frozen one only does when it is thawed, also in a group below that the container itself has
    /// frozen (docker in docker). On v2 SIGKILL reaches frozen ones.</summary>
    public static void Thaw(IReadOnlyList<string> paths)
    {
        if (Find(paths) is not { } group)
        {
            return;
        }
        if (group.WasFrozen)
        {
            group.Write(freeze: false);
        }
        var directory = group.IsV1 ? Subgroups.Open(Native.AT_FDCWD, new CString(group.File[..^(V1File.Length + 1)])) : Result.Failed(Errno.ENOENT);
        if (directory.Ok)
        {
            ThawBelow(directory.Value, 0);
            Sys.Close(directory.Value);
        }
    }

    static void ThawBelow(int group, int depth)
    {
        foreach (var name in Subgroups.Of(group))
        {
            var below = Subgroups.Open(group, name);
            if (!below.Ok)
            {
                continue;
            }
            CgroupFile.Write(below.Value, V1File, "THAWED"u8);
            if (depth < Subgroups.Deepest)
            {
                ThawBelow(below.Value, depth + 1);
            }
            Sys.Close(below.Value);
        }
    }

    // On hybrid both kinds are there, and the v1 one is what every manager uses. Its mount point has the controller's name.
    static Group? Find(IReadOnlyList<string> paths)
    {
        foreach (var path in paths)
        {
            if (path.Contains("freezer", StringComparison.Ordinal) && Read(path, V1File) is { } group)
            {
                return group;
            }
        }
        // The group of cgroup2 comes last, as in /proc/self/cgroup.
        for (var i = paths.Count - 1; i >= 0; i--)
        {
            if (Read(paths[i], V2File) is { } group)
            {
                return group;
            }
        }
        return null;
    }

    static Group? Read(string path, string name)
    {
        var file = $"{path}/{name}";
        var isV1 = name == V1File;
        return CgroupFile.Read(Native.AT_FDCWD, file, out var state) == Errno.OK ? new Group(file, isV1, SaysFrozen(isV1, state)) : null;
    }
}
