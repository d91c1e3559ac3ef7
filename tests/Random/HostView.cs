using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace SharpRun.RandomBundles;

/// <summary>A container as the host sees it, in lines.</summary>
static class HostView
{
    private static readonly string[] s_limits =
    [
        "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes", "memory.swappiness", "memory.oom_control", "cpu.shares",
            "cpu.cfs_quota_us",
        "cpu.cfs_period_us", "cpuset.cpus", "cpuset.mems", "pids.max", "devices.list", "freezer.state", "cgroup.clone_children", "notify_on_release",
            "memory.max",
        "memory.low", "memory.swap.max", "memory.high", "cpu.weight", "cpu.max", "cgroup.type", "cgroup.freeze", "cgroup.subtree_control", "blkio.weight",
        "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max", "io.weight", "io.max", "memory.use_hierarchy",
        "cpu.idle", "cpu.cfs_burst_us", "cpu.max.burst", "blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device",
        "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device",
    ];

    private static readonly string[] s_namespaces = ["cgroup", "ipc", "mnt", "net", "pid", "pid_for_children", "time", "time_for_children", "user", "uts"];

    public static IEnumerable<string> Namespaces(string pid) => s_namespaces.Select(type =>
        $"namespaces: {type} is {(Link($"/proc/{pid}/ns/{type}") == Link($"/proc/self/ns/{type}") ? "the host's" : "its own")}");

    public static string Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>What /proc/PID says to the host: also of a program that cannot tell itself, because it has no /proc or no calls.</summary>
    public static IEnumerable<string> Process(string pid)
    {
        string[] wanted = ["Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp", "SigBlk", "SigIgn", "Umask"];
        foreach (var line in Lines($"/proc/{pid}/status").Where(line => wanted.Any(word => line.StartsWith(word, StringComparison.Ordinal))))
        {
            yield return "status: " + line.Replace('\t', ' ');
        }
        yield return "oom_score_adj: " + Call.Read($"/proc/{pid}/oom_score_adj").Trim();
        yield return "loginuid: " + Call.Read($"/proc/{pid}/loginuid").Trim();
        foreach (var line in Lines($"/proc/{pid}/cgroup"))
        {
            yield return "cgroup: " + line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..];
        }
        foreach (var line in MountTable.Lines(Lines($"/proc/{pid}/mountinfo"), Call.Read("/proc/self/mountinfo")))
        {
            yield return "mountinfo: " + line;
        }
        yield return $"timens_offsets: {string.Join(' ', Call.Read($"/proc/{pid}/timens_offsets").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))}";
        // What is neither the table of a file that is open nor one of the three.
        foreach (var file in Directory.GetFileSystemEntries($"/proc/{pid}/fd").Where(file => Path.GetFileName(file) is not ("0" or "1" or "2")))
        {
            yield return $"descriptor: {Path.GetFileName(file)} {Link(file)}";
        }
    }

    /// <summary>Owners and modes of the host's devices, which containers have too: by bind mounts, and as standard streams.</summary>
    public static string Devices(World world)
    {
        var log = world.Log("devices");
        Call.Of(log, "/bin/busybox", "stat", "-c", "%n %a %u:%g", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty");
        return Call.Output(log).Replace('\n', ' ');
    }

    public static IEnumerable<string> Cgroups(string path)
    {
        foreach (var mount in CgroupMounts())
        {
            var directory = mount + path;
            yield return $"{mount}: {(Directory.Exists(directory) ? "there" : "not there")}";
            foreach (var file in s_limits.Where(file => File.Exists($"{directory}/{file}")))
            {
                foreach (var line in Lines($"{directory}/{file}"))
                {
                    yield return $"{mount} {file}: {line}";
                }
            }
        }
    }

    /// <summary>What the life before has left, so that it harms nobody but itself.</summary>
    public static void RemoveCgroups(string path)
    {
        foreach (var mount in CgroupMounts().Where(mount => Directory.Exists(mount + path)))
        {
            var folders = Directory.GetDirectories(mount + path, "*", SearchOption.AllDirectories).Append(mount + path).OrderByDescending(folder =>
                folder.Length);
            foreach (var folder in folders)
            {
                foreach (var pid in Lines(folder + "/cgroup.procs"))
                {
                    Call.Of("/dev/null", "/bin/busybox", "kill", "-KILL", pid);
                }
                Call.Of("/dev/null", "/bin/busybox", "rmdir", folder);
            }
        }
    }

    private static IEnumerable<string> CgroupMounts() =>
        Lines("/proc/self/mountinfo").Where(line => line.Contains(" - cgroup", StringComparison.Ordinal)).Select(line => line.Split(' ')[4]);

    public static string[] Lines(string path) => Call.Read(path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
