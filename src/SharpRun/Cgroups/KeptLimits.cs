using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>What stood in the files of a plan before it was written, so that a refused update leaves the container as it was.</summary>
sealed class KeptLimits
{
    // A list with a line a device; the kernel gives no more in one read.
    const int Longest = 1 << 20;

    readonly CgroupPlan _plan;
    readonly int[] _groups;
    readonly List<(int Directory, string File, string Text)> _kept = [];

    /// <summary>The groups are open, one a directory of the plan, and stay open.</summary>
    public KeptLimits(CgroupPlan plan, int[] groups)
    {
        (_plan, _groups) = (plan, groups);
        foreach (var write in plan.Writes)
        {
            if (!Keep(write.Directory, write.File) && write.Otherwise is { } other)
            {
                Keep(write.Directory, other.File);
            }
        }
    }

    // False: it is not there, or cannot be read (cgroup.kill, memory.reclaim), and then there is nothing to put back.
    bool Keep(int directory, string file)
    {
        if (_kept.Exists(kept => kept.Directory == directory && kept.File == file))
        {
            return true;
        }
        var error = ProcFiles.ReadWhole(_groups[directory], new CString(file), Longest, out var bytes);
        if (error == Errno.OK)
        {
            _kept.Add((directory, file, Encoding.UTF8.GetString(bytes)));
        }
        return error == Errno.OK;
    }

    /// <summary>Backwards; what depends on another value is tried until nothing changes any more.</summary>
    public void PutBack()
    {
        var lines = Lines();
        for (var before = int.MaxValue; lines.Count > 0 && lines.Count < before;)
        {
            before = lines.Count;
            lines = lines.FindAll(line => Write(line.Directory, line.File, line.Value) != Errno.OK);
        }
        if (lines.Count > 0)
        {
            var (directory, file, value) = lines[0];
            throw new ErrnoException($"cgroup: put \"{value}\" back into {_plan.Directories[directory].FullPath}/{file}", Write(directory, file, value));
        }
    }

    List<(int Directory, string File, string Value)> Lines()
    {
        var lines = new List<(int Directory, string File, string Value)>();
        for (var i = _plan.Writes.Count - 1; i >= 0; i--)
        {
            var write = _plan.Writes[i];
            if (write.Reset is not { } reset)
            {
                continue;
            }
            // A refusal means that there is no such device, and then no line of it.
            if (Write(write.Directory, write.File, reset) == Errno.ENOENT && write.Otherwise is { } other)
            {
                Write(write.Directory, other.File, reset);
            }
        }
        for (var i = _kept.Count - 1; i >= 0; i--)
        {
            var (directory, file, text) = _kept[i];
            foreach (var line in Values(file, text))
            {
                lines.Add((directory, file, line));
            }
        }
        return lines;
    }

    Errno Write(int directory, string file, string value) =>
        CgroupFile.Write(_groups[directory], new CString(file), Encoding.UTF8.GetBytes(value));

    // As a file takes it, which is not always as it shows it.
    static string[] Values(string file, string text) => file switch
    {
        "memory.oom_control" => [text.Contains("oom_kill_disable 1", StringComparison.Ordinal) ? "1" : "0"],
        // An idle group shows no weight, and takes none.
        "cpu.weight" when text == "0\n" => [],
        // An empty list is a line too.
        "cpuset.cpus" or "cpuset.mems" => [text],
        _ => text.Split('\n', StringSplitOptions.RemoveEmptyEntries),
    };
}
