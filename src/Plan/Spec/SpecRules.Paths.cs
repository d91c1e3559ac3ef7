using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

public static partial class SpecRules
{
    // lxcfs shows a container its own figures in these files; nothing else may cover a part of /proc (R4, CVE-2019-16884).
    private static readonly HashSet<string> s_coverable = new(StringComparer.Ordinal)
    {
        "/proc/cpuinfo", "/proc/diskstats", "/proc/loadavg", "/proc/meminfo", "/proc/net/dev", "/proc/slabinfo", "/proc/stat",
        "/proc/swaps", "/proc/uptime", "/proc/sys/crypto/fips_enabled", "/proc/sys/kernel/ns_last_pid",
    };

    private static void MaskedPathsAreAbsolute(Spec spec) => CheckAbsolute("linux.maskedPaths", spec.Linux.MaskedPaths);

    private static void ReadonlyPathsAreAbsolute(Spec spec) => CheckAbsolute("linux.readonlyPaths", spec.Linux.ReadonlyPaths);

    private static void CheckAbsolute(string list, IReadOnlyList<string> paths)
    {
        for (var i = 0; i < paths.Count; i++)
        {
            if (!paths[i].StartsWith('/'))
            {
                throw new SpecError($"{list}[{i}]", $"\"{paths[i]}\" is not an absolute path");
            }
        }
    }

    private static void MountsHaveDestination(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            if (spec.Mounts[i].Destination.Length == 0)
            {
                throw new SpecError($"mounts[{i}].destination", "a mount needs a destination");
            }
        }
    }

    // It would cover the root file system that root.path has just put there, or, below it, nothing.
    private static void MountsAreBelowTheRoot(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            var destination = spec.Mounts[i].Destination;
            if ((destination.EndsWith('/') || destination.EndsWith('.')) && ContainerPath.Clean(destination) == "/")
            {
                throw new SpecError($"mounts[{i}].destination", $"\"{destination}\" is the root itself, where root.path is mounted");
            }
        }
    }

    // A copy of another procfs at /proc would show another pid namespace, and what is masked there.
    private static void ProcIsFresh(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            var mount = spec.Mounts[i];
            if (ContainerPath.Clean(mount.Destination) == "/proc" && (mount.Type != "proc" || SaysBind(mount)))
            {
                throw new SpecError($"mounts[{i}]", $"\"{mount.Destination}\" cannot be mounted because only a new procfs may stand at /proc");
            }
        }
    }

    private static void ProcStaysUncovered(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            var destination = ContainerPath.Clean(spec.Mounts[i].Destination);
            if (destination.StartsWith("/proc/", StringComparison.Ordinal) && !s_coverable.Contains(destination))
            {
                throw new SpecError($"mounts[{i}].destination", $"\"{destination}\" cannot be mounted because it is inside /proc");
            }
        }
    }

    private static bool SaysBind(Mount mount) => mount.Says("bind") || mount.Says("rbind");

    private static void DevicesAreAbsolute(Spec spec)
    {
        for (var i = 0; i < spec.Linux.Devices.Count; i++)
        {
            var path = spec.Linux.Devices[i].Path;
            if (!path.StartsWith('/') || ContainerPath.HasParentStep(path) || ContainerPath.Clean(path) == "/")
            {
                throw new SpecError($"linux.devices[{i}].path", $"\"{path}\" is not an absolute path without \"..\"");
            }
        }
    }

    // R30: a ".." would place the group, and later its removal, anywhere in the hierarchy.
    private static void CgroupsPathStaysBelow(Spec spec)
    {
        if (spec.Linux.CgroupsPath is { } path && (ContainerPath.HasParentStep(path) || path.Contains('\0', StringComparison.Ordinal)))
        {
            throw new SpecError("linux.cgroupsPath", $"\"{path}\" has \"..\" in it");
        }
    }
}
