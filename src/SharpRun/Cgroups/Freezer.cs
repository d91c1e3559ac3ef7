using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>Standstill of a group: the freezer hierarchy on v1 and hybrid (freezer.state), a file of every group on cgroup2 (cgroup.freeze).</summary>
static class Freezer
{
    const string V1File = "freezer.state", V2File = "cgroup.freeze";

    public static bool IsFrozen(int directory) =>
        CgroupFile.Read(directory, V1File, out var state) == Errno.OK
            ? state != "THAWED"
            : CgroupFile.Read(directory, V2File, out var frozen) == Errno.OK && frozen == "1";

    public static bool IsFrozen(IReadOnlyList<string> paths) =>
        Find(paths, out var file, out var value) && (file.EndsWith(V1File, StringComparison.Ordinal) ? value != "THAWED" : value == "1");

    /// <summary>Asks for standstill and waits a moment for it; a process inside the kernel may take longer, so this is no promise.</summary>
    public static void Freeze(IReadOnlyList<string> paths)
    {
        if (!Find(paths, out var file, out _))
        {
            return;
        }
        var isV1 = file.EndsWith(V1File, StringComparison.Ordinal);
        CgroupFile.Write(Native.AT_FDCWD, file, isV1 ? "FROZEN"u8 : "1"u8);
        var wait = new Patience(milliseconds: 20);
        while (isV1 && CgroupFile.Read(Native.AT_FDCWD, file, out var state) == Errno.OK && state == "FREEZING" && wait.Pause())
        {
        }
    }

    public static void Thaw(IReadOnlyList<string> paths)
    {
        if (Find(paths, out var file, out _))
        {
            CgroupFile.Write(Native.AT_FDCWD, file, file.EndsWith(V1File, StringComparison.Ordinal) ? "THAWED"u8 : "0"u8);
        }
    }

    // On hybrid both kinds are there, and the v1 one is what every manager uses. Its mount point has the controller's name.
    static bool Find(IReadOnlyList<string> paths, out string file, out string value)
    {
        foreach (var path in paths)
        {
            file = $"{path}/{V1File}";
            if (path.Contains("freezer", StringComparison.Ordinal) && CgroupFile.Read(Native.AT_FDCWD, file, out value) == Errno.OK)
            {
                return true;
            }
        }
        // The group of cgroup2 comes last, as in /proc/self/cgroup.
        for (var i = paths.Count - 1; i >= 0; i--)
        {
            file = $"{paths[i]}/{V2File}";
            if (CgroupFile.Read(Native.AT_FDCWD, file, out value) == Errno.OK)
            {
                return true;
            }
        }
        (file, value) = ("", "");
        return false;
    }
}
