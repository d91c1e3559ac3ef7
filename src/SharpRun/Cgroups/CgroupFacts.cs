using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>
/// How this machine's cgroups are laid out. /proc/self/cgroup names the hierarchies, and each is mounted where systemd, docker's scripts and
/// every distribution put it; mountinfo is not read, since its length grows with the host's containers. One access(2) a hierarchy
/// shows that it is really mounted there: an unmounted one leaves an empty directory behind.
/// </summary>
static class CgroupFacts
{
    const string UsualRoot = "/sys/fs/cgroup";

    public static (CgroupLayout Layout, IReadOnlyList<CgroupHierarchy> Hierarchies) Read()
    {
        const int longest = 1 << 20;
        ProcFiles.ReadWhole(Native.AT_FDCWD, "/proc/self/cgroup\0"u8, longest, out var lines).OrThrow("read /proc/self/cgroup");
        return Read(UsualRoot, Encoding.UTF8.GetString(lines));
    }

    /// <summary>The same for any root directory and any text of /proc/self/cgroup ("4:memory:/user.slice"; "0::/" is cgroup2).</summary>
    public static (CgroupLayout Layout, IReadOnlyList<CgroupHierarchy> Hierarchies) Read(string root, string lines)
    {
        // Only cgroup2 has this file, and every group of it has; v1's directory is a tmpfs of mount points.
        var isV2 = Exists(root + "/cgroup.controllers");
        var hierarchies = new List<CgroupHierarchy>(16);
        var hasUnified = false;
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // A path may have colons in it, the fields before it have none.
            var fields = line.Split(':', 3);
            if (fields.Length < 3 || (isV2 && fields[1].Length > 0))
            {
                continue;
            }
            if (Find(root, isV2, fields[1], fields[2]) is { } hierarchy)
            {
                hierarchies.Add(hierarchy);
                hasUnified |= fields[1].Length == 0;
            }
        }
        var layout = hierarchies.Count == 0 ? CgroupLayout.None
            : hasUnified && hierarchies.Count == 1 ? CgroupLayout.V2
            : hasUnified ? CgroupLayout.Hybrid : CgroupLayout.V1;
        return (layout, hierarchies);
    }

    static CgroupHierarchy? Find(string root, bool isV2, string controllers, string own)
    {
        if (controllers.Length == 0)
        {
            return At(controllers, isV2 ? root : root + "/unified", own);
        }
        var name = controllers.StartsWith("name=", StringComparison.Ordinal) ? controllers["name=".Length..] : controllers;
        var comma = name.IndexOf(',', StringComparison.Ordinal);
        return At(controllers, $"{root}/{name}", own) ?? (comma < 0 ? null : At(controllers, $"{root}/{name[..comma]}", own));
    }

    static CgroupHierarchy? At(string controllers, string mountPoint, string own)
    {
        // "/../x": the caller's group is outside of its cgroup namespace. The planner says so when it needs to start there.
        var isOutside = own.StartsWith("/..", StringComparison.Ordinal);
        if (!isOutside && Exists($"{mountPoint}{own.TrimEnd('/')}/cgroup.procs"))
        {
            return new CgroupHierarchy(controllers, mountPoint, own);
        }
        // In a container without a cgroup namespace the mount shows its own group as the root, though /proc tells the host's path.
        return Exists(mountPoint + "/cgroup.procs") ? new CgroupHierarchy(controllers, mountPoint, isOutside ? own : "/") : null;
    }

    /// <summary>Whether an ordinary user may make a group where its containers' groups begin, and move a process there: a hierarchy of which
    /// this is not so was not delegated to it, and then none is used (kernel, cgroup-v2.rst, "Delegation").</summary>
    public static bool MayMake(CgroupLayout layout, IReadOnlyList<CgroupHierarchy> hierarchies)
    {
        foreach (var hierarchy in hierarchies)
        {
            var own = hierarchy.OwnPath;
            if (own.StartsWith("/..", StringComparison.Ordinal))
            {
                return false;
            }
            var start = hierarchy.MountPoint + (layout == CgroupLayout.V2 ? own[..own.LastIndexOf('/')] : own.TrimEnd('/'));
            if (!IsWritable(start) || (layout == CgroupLayout.V2 && !IsWritable(start + "/cgroup.procs")))
            {
                return false;
            }
        }
        return true;
    }

    static bool IsWritable(string path) => Sys.FaccessAt(Native.AT_FDCWD, new CString(path), Native.W_OK, Native.AT_EACCESS) == Errno.OK;

    // access(2) with no mode asks for existence alone (F_OK is 0).
    static bool Exists(string path) => Sys.FaccessAt(Native.AT_FDCWD, new CString(path), 0, 0) == Errno.OK;
}
