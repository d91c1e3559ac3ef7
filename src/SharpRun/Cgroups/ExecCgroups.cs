using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Cgroups;

/// <summary>Where exec puts its process: the container's groups as they are recorded, or groups below them (--cgroup).</summary>
static class ExecCgroups
{
    /// <summary>Null: the container has no group of its own. A word of --cgroup is PATH, or CONTROLLER[,CONTROLLER]:PATH on v1.</summary>
    public static CgroupPlan? Of(CgroupRecord record, IReadOnlyList<string> words, HostFacts host)
    {
        if (record.Directories.Count == 0)
        {
            return words.Count == 0 ? null : throw new UsageError("--cgroup: the container has no cgroup of its own");
        }
        var directories = new CgroupDirectory[record.Directories.Count];
        for (var i = 0; i < directories.Length; i++)
        {
            directories[i] = Directory(record.Directories[i], host);
        }
        foreach (var word in words)
        {
            Below(directories, word, words.Count > 1);
        }
        return new CgroupPlan { Layout = record.Layout, Directories = directories, Writes = [] };
    }

    private static CgroupDirectory Directory(string path, HostFacts host)
    {
        foreach (var hierarchy in host.Hierarchies)
        {
            if (path.StartsWith(hierarchy.MountPoint + "/", StringComparison.Ordinal) && !(hierarchy.Controllers.Length == 0 && IsInAnother(path, hierarchy, host)))
            {
                return new CgroupDirectory(hierarchy.Controllers, hierarchy.MountPoint, path[hierarchy.MountPoint.Length..]);
            }
        }
        throw new StateError(ErrorCode.ContainerBusy, $"no cgroup hierarchy is mounted above {path}, the container's cgroup");
    }

    // A hybrid host may have its unified hierarchy at the top of the others.
    private static bool IsInAnother(string path, CgroupHierarchy unified, HostFacts host)
    {
        foreach (var hierarchy in host.Hierarchies)
        {
            if (hierarchy.MountPoint.Length > unified.MountPoint.Length && path.StartsWith(hierarchy.MountPoint + "/", StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }

    private static void Below(CgroupDirectory[] directories, string word, bool isOneOfMany)
    {
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 && isOneOfMany)
        {
            throw new UsageError($"invalid --cgroup argument: {word} (missing <controller>: prefix)");
        }
        var path = word[(colon + 1)..].Trim('/');
        if (Check.SubgroupStaysBelow.Fails(Array.Exists(path.Split('/'), part => part == "..")))
        {
            throw new UsageError($"bad sub cgroup path: {word}");
        }
        var tail = path.Length == 0 ? "" : "/" + path;
        if (colon < 0)
        {
            for (var i = 0; i < directories.Length; i++)
            {
                directories[i] = directories[i] with { Path = directories[i].Path + tail };
            }
            return;
        }
        foreach (var controller in word[..colon].Split(','))
        {
            var index = Array.FindIndex(directories, directory => directory.Has(controller));
            if (index < 0 || controller.Length == 0)
            {
                throw new UsageError($"unknown controller {controller} in --cgroup {word}");
            }
            // cpu,cpuacct:PATH names one hierarchy twice.
            if (!directories[index].Path.EndsWith(tail, StringComparison.Ordinal) || tail.Length == 0)
            {
                directories[index] = directories[index] with { Path = directories[index].Path + tail };
            }
        }
    }

    /// <summary>The group of cgroup2 (v2 and hybrid), for CLONE_INTO_CGROUP; -1 where there is none.</summary>
    public static Errno OpenUnified(CgroupPlan? plan, out int group)
    {
        group = -1;
        if (Unified(plan) is not { } unified)
        {
            return Errno.OK;
        }
        var opened = Sys.Open(Native.AT_FDCWD, new CString(unified.FullPath), Native.O_PATH | Native.O_DIRECTORY | Native.O_NOFOLLOW);
        group = opened.Ok ? opened.Value : -1;
        return opened.Error;
    }

    /// <summary>The group of cgroup2 in which the container's init is now, if that is below the container's own.</summary>
    public static Result OpenInits(CgroupPlan plan, int init)
    {
        Span<byte> room = stackalloc byte[4096];
        var read = ProcFiles.Read(new CString($"/proc/{init}/cgroup"), room);
        if (Unified(plan) is not { } unified || read <= 0)
        {
            return Result.Failed(Errno.ENOENT);
        }
        foreach (var line in Encoding.UTF8.GetString(room[..read]).Split('\n'))
        {
            if (line.StartsWith("0::" + unified.Path + "/", StringComparison.Ordinal))
            {
                return Sys.Open(Native.AT_FDCWD, new CString(unified.MountPoint + line[3..]), Native.O_PATH | Native.O_DIRECTORY | Native.O_NOFOLLOW);
            }
        }
        return Result.Failed(Errno.EBUSY);
    }

    private static CgroupDirectory? Unified(CgroupPlan? plan)
    {
        foreach (var directory in plan?.Directories ?? [])
        {
            if (directory.Controllers.Length == 0)
            {
                return directory;
            }
        }
        return null;
    }
}
