using System;
using System.Buffers.Text;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>
/// What later commands do with a container's groups. They know nothing but the paths that the record holds (one a hierarchy), which were
/// written before the first group was made: each may be missing, half joined, or have groups of the container's own below it.
/// </summary>
static class RecordedCgroups
{
    /// <summary>R40: nothing waits without a limit. A process that is being killed may take long to let go of a big memory or a slow disk.</summary>
    const int LongestWait = 10_000;

    /// <summary>Of cgroup.procs: a machine has at most four million processes.</summary>
    public const int LongestList = 32 << 20;

    /// <summary>Removes the groups and what is below them. The usual group is empty, and one call removes it.</summary>
    public static void Remove(IReadOnlyList<string> paths)
    {
        var wait = new Patience(LongestWait);
        ErrnoException? first = null;
        foreach (var path in paths)
        {
            CString name = path;
            Errno error;
            for (var tries = 0; (error = Sys.UnlinkAt(Native.AT_FDCWD, name, Native.AT_REMOVEDIR)) == Errno.EBUSY; tries++)
            {
                // Either groups below, which go now, or processes that are dying.
                var below = Subgroups.Remove(name);
                if ((tries > 0 || below != Errno.OK) && !wait.Pause())
                {
                    break;
                }
            }
            if (error is not (Errno.OK or Errno.ENOENT))
            {
                var left = error == Errno.EBUSY ? $" ({Processes([path]).Count} processes are left in it)" : "";
                first ??= new ErrnoException($"cgroup: remove {path}{left}", error);
            }
        }
        if (first is not null)
        {
            throw first;
        }
    }

    /// <summary>Kills every process in the groups and below them, and returns when none is left.</summary>
    public static void Kill(IReadOnlyList<string> paths)
    {
        const int patientRounds = 5;
        var wait = new Patience(LongestWait);
        var byFile = KillByFile(paths);
        for (var round = 0; Processes(paths).Count > 0; round++)
        {
            // The file may not reach all: a process that was moved half way is in a v1 hierarchy only.
            if (round > 0 || !byFile)
            {
                if (round >= patientRounds)
                {
                    // They are not just slow to die. Standing still, a process that forks quicker than we read cannot get away.
                    Freezer.Freeze(paths);
                }
                Signal(paths, Native.SIGKILL);
            }
            // v1: a frozen process dies when it is thawed, also one that the user has paused.
            Freezer.Thaw(paths);
            if (!wait.Pause())
            {
                throw new ErrnoException($"cgroup: kill the processes {string.Join(", ", Processes(paths))} in {paths[0]}", Errno.EBUSY);
            }
        }
    }

    /// <summary>Sends a signal to every process in the groups and below; returns how many there were.</summary>
    public static int Signal(IReadOnlyList<string> paths, int signal)
    {
        var fds = new Dictionary<int, int>();
        foreach (var pid in Processes(paths))
        {
            var opened = Sys.PidfdOpen(pid);
            if (opened.Ok)
            {
                fds[pid] = opened.Value;
            }
        }
        // A number may have gone to a process outside since it was read. Whoever is still listed now had it when the descriptor was opened,
        // or the descriptor's process is dead and the signal goes nowhere.
        var count = 0;
        foreach (var pid in Processes(paths))
        {
            if (fds.TryGetValue(pid, out var fd) && Sys.PidfdSendSignal(fd, signal) == Errno.OK)
            {
                count++;
            }
        }
        foreach (var fd in fds.Values)
        {
            Sys.Close(fd);
        }
        return count;
    }

    /// <summary>Whether the container is paused.</summary>
    public static bool IsFrozen(IReadOnlyList<string> paths) => Freezer.IsFrozen(paths);

    /// <summary>The processes of the groups and of all below, of every hierarchy, each once, in ascending order; never the caller itself.</summary>
    public static List<int> Processes(IReadOnlyList<string> paths)
    {
        var pids = new SortedSet<int>();
        foreach (var path in paths)
        {
            var opened = Subgroups.Open(Native.AT_FDCWD, new CString(path));
            if (opened.Ok)
            {
                Collect(opened.Value, pids, 0);
                Sys.Close(opened.Value);
            }
        }
        pids.Remove(Sys.GetPid());
        // Zero stands for a process of another pid namespace.
        pids.Remove(0);
        return [.. pids];
    }

    static void Collect(int directory, SortedSet<int> pids, int depth)
    {
        // A threaded group says EOPNOTSUPP: the group above it lists its processes.
        ProcFiles.ReadWhole(directory, "cgroup.procs\0"u8, LongestList, out var content);
        ReadOnlySpan<byte> lines = content;
        while (Utf8Parser.TryParse(lines, out int pid, out var used))
        {
            pids.Add(pid);
            lines = lines[Math.Min(used + 1, lines.Length)..];
        }
        if (depth == Subgroups.Deepest)
        {
            return;
        }
        foreach (var name in Subgroups.Of(directory))
        {
            var opened = Subgroups.Open(directory, name);
            if (opened.Ok)
            {
                Collect(opened.Value, pids, depth + 1);
                Sys.Close(opened.Value);
            }
        }
    }

    static bool KillByFile(IReadOnlyList<string> paths)
    {
        // cgroup2 since 5.14, in the unified part of a hybrid host too; the whole subtree dies at once.
        var killed = false;
        foreach (var path in paths)
        {
            killed |= CgroupFile.Write(Native.AT_FDCWD, path + "/cgroup.kill", "1"u8) == Errno.OK;
        }
        return killed;
    }
}
