using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>A cgroup2 group in the hands of the container's user: the group itself, so that groups can be made in it, and the files that hand
/// processes and controllers down, but no limit (runtime specification, "Cgroup ownership"; kernel, cgroup-v2.rst, "Delegation").</summary>
static class Ownership
{
    // What every kernel has had. The list has grown since 4.15, and the kernel says how.
    static readonly string[] s_atLeast = ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"];

    public static void Give(int group, uint owner, string path)
    {
        Sys.FchownAt(group, ""u8, owner, uint.MaxValue, Native.AT_EMPTY_PATH).OrThrow($"cgroup: give {path} to uid {owner}");
        foreach (var file in Files())
        {
            var error = Sys.FchownAt(group, new CString(file), owner, uint.MaxValue, Native.AT_SYMLINK_NOFOLLOW);
            // Those of controllers that this group does not have.
            if (error != Errno.ENOENT)
            {
                error.OrThrow($"cgroup: give {path}/{file} to uid {owner}");
            }
        }
    }

    static string[] Files() => CgroupFile.Read(Native.AT_FDCWD, "/sys/kernel/cgroup/delegate", out var text) == Errno.OK
        ? text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        : s_atLeast;
}
