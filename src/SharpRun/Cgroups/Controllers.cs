using System;
using System.Collections.Generic;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Cgroups;

/// <summary>The controllers of cgroup2 and their way down: a group has only what every group above it hands on (cgroup.subtree_control).</summary>
sealed class Controllers
{
    readonly List<string> _available;
    readonly HashSet<string> _needed;

    Controllers(List<string> available, HashSet<string> needed)
    {
        _available = available;
        _needed = needed;
    }

    /// <summary>Reads what there is, and refuses a limit that nothing could keep before anything is made.</summary>
    public static Controllers Of(int holder, string hierarchy, CgroupPlan plan)
    {
        CgroupFile.Read(holder, hierarchy + "/cgroup.controllers", out var text).OrThrow($"cgroup: read {plan.Directories[0].MountPoint}/cgroup.controllers");
        var available = new List<string>(text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var needed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var write in plan.Writes)
        {
            // A file's name begins with its controller's: "memory.max".
            var controller = write.File[..write.File.IndexOf('.', StringComparison.Ordinal)];
            if (controller == "cgroup")
            {
                // The files of the group itself.
                continue;
            }
            if (!available.Contains(controller))
            {
                throw new SpecError(write.JsonPath, $"the cgroup controller \"{controller}\" is not available on this machine") { IsUnsupported = true };
            }
            needed.Add(controller);
        }
        return new Controllers(available, needed);
    }

    /// <summary>Whether the group hands all of them down. Then so do all above it.</summary>
    public bool AreOn(int directory) => Off(directory).Count == 0;

    /// <summary>Turns on what is off, at once if the kernel lets us, else one by one; only those with a limit to keep must succeed.</summary>
    public void TurnOn(int directory, string path)
    {
        var off = Off(directory);
        if (off.Count == 0 || Write(directory, "+" + string.Join(" +", off)) == Errno.OK)
        {
            return;
        }
        foreach (var controller in off)
        {
            var error = Write(directory, "+" + controller);
            if (error != Errno.OK && _needed.Contains(controller))
            {
                error.Throw($"cgroup: write \"+{controller}\" to {path}/cgroup.subtree_control");
            }
        }
    }

    List<string> Off(int directory)
    {
        CgroupFile.Read(directory, "cgroup.subtree_control", out var text).OrThrow("cgroup: read cgroup.subtree_control");
        var on = text.Split(' ');
        var off = new List<string>();
        foreach (var controller in _available)
        {
            if (Array.IndexOf(on, controller) < 0)
            {
                off.Add(controller);
            }
        }
        return off;
    }

    static Errno Write(int directory, string value) => CgroupFile.Write(directory, "cgroup.subtree_control", new CString(value).Text);
}
