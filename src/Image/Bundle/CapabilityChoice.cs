using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.CommandLine;

namespace SharpRun.Image.Bundle;

/// <summary>docker's rules of --cap-add and --cap-drop.</summary>
static class CapabilityChoice
{
    private const string All = "ALL", Prefix = "CAP_";

    // In the order of their numbers (capabilities(7)).
    private static readonly string[] s_names =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP",
        "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER",
        "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
        "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP",
        "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM", "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF",
        "CAP_CHECKPOINT_RESTORE",
    ];

    private static readonly string[] s_default =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
        "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_AUDIT_WRITE", "CAP_SETFCAP",
    ];

    /// <summary>In the order of their numbers; only what the kernel knows.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> add, IReadOnlyList<string> drop, bool isPrivileged, int last)
    {
        var (added, dropped) = (add.Select(Name).ToHashSet(), drop.Select(Name).ToHashSet());
        if (added.FirstOrDefault(name => Array.IndexOf(s_names, name) > last) is { } unknown)
        {
            throw new UsageError($"--cap-add {unknown}: this kernel does not know it");
        }
        var known = s_names.Take(last + 1).ToList();
        // Privileged is all of them whatever else is said, as with docker.
        return isPrivileged ? known : [.. known.Where(name => Array.IndexOf(s_default, name) >= 0 ? IsKept(name) : IsAdded(name))];

        bool IsKept(string name) => added.Contains(name) || (!dropped.Contains(name) && (!dropped.Contains(All) || added.Contains(All)));
        bool IsAdded(string name) => added.Contains(name) || (added.Contains(All) && !dropped.Contains(name));
    }

    private static string Name(string given)
    {
        var name = given.ToUpperInvariant();
        name = name == All || name.StartsWith(Prefix, StringComparison.Ordinal) ? name : Prefix + name;
        return name == All || Array.IndexOf(s_names, name) >= 0 ? name : throw new UsageError($"\"{given}\" is no capability (capabilities(7) lists them)");
    }
}
