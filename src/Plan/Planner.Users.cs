using System;

namespace SharpRun.Planning;

// What is done otherwise where the container's root is not the host's: the kernel lets it make no device, and no file system that shows
// something of a namespace which the user namespace does not own.
public static partial class Planner
{
    private static bool IsInUserNamespace(Spec spec, HostFacts host) => spec.Linux.Namespace(NamespaceType.User) is not null || host.InUserNamespace;

    // The host's file system may stand in where a new one is refused (EPERM): sysfs belongs to the network namespace, proc to the pid
    // namespace, mqueue to the ipc namespace.
    private static CString? HostsOwn(string? type) => type switch
    {
        "proc" => new CString("/proc"),
        "sysfs" => new CString("/sys"),
        "mqueue" => new CString("/dev/mqueue"),
        _ => null,
    };

    // Without a cgroup of its own the container is in the caller's, which it could write if that is delegated (CVE-2023-25809).
    private static MountFilesystem NoCgroups(RootedPath target)
    {
        var flags = MountOptions.Parse("", ["ro", "nosuid", "nodev", "noexec", "mode=755", "nr_blocks=1"], false);
        return new MountFilesystem("tmpfs", "none", target, flags);
    }

    // A /sys of the host brings the host's cgroups along, which may be delegated to the caller: they are covered unless the bundle does it (R31).
    private static bool ShowsHostsCgroups(Spec spec)
    {
        var sys = false;
        foreach (var mount in spec.Mounts)
        {
            var target = ContainerPath.Clean(mount.Destination);
            if (target == "/sys/fs/cgroup")
            {
                return false;
            }
            sys |= target == "/sys";
        }
        foreach (var path in spec.Linux.MaskedPaths)
        {
            sys &= !string.Equals(path, "/sys/fs/cgroup", StringComparison.Ordinal);
        }
        return sys;
    }
}
