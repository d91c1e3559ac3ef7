using System;
using System.Collections.Generic;
using static SharpRun.Planning.NativeFlags;

namespace SharpRun.Planning;

public static partial class Planner
{
    /// <summary>Gives what comes when nothing is made in the root file system any more.</summary>
    private static List<Step> Rootfs(List<Step> steps, Spec spec, HostFacts host, CreateOptions options, CgroupPlan? cgroup)
    {
        var inUserNamespace = IsInUserNamespace(spec, host);
        var rootfs = Below(options.Bundle, spec.Root.Path);
        var propagation = RootPropagation(spec.Linux.RootfsPropagation);
        steps.Add(propagation);
        if (!propagation.HidesOurMounts)
        {
            steps.Add(new IsolateRootfs(rootfs));
        }
        steps.Add(new BindRootfs(rootfs));
        var ownDev = true;
        var readonlyLater = new List<Step>();
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            var step = MountStep(spec, i, options, host, cgroup, inUserNamespace);
            if (step is MountFilesystem fresh && IsFilledLater(spec, i, fresh, options))
            {
                readonlyLater.Add(new MakeMountReadonly(fresh.Target));
                step = fresh with { Flags = fresh.Flags with { AttributesSet = fresh.Flags.AttributesSet & ~MOUNT_ATTR_RDONLY } };
            }
            steps.Add(step);
            // A /dev that is bound from the host is the host's: nothing is made or linked in it.
            ownDev &= step is not BindMount bind || bind.Target.ToString() != "/dev";
        }
        Notifications(steps, options);
        if (ownDev)
        {
            Devices(steps, spec, inUserNamespace);
        }
        return readonlyLater;
    }

    private static SetRootPropagation RootPropagation(string? word)
    {
        return word switch
        {
            "private" => new SetRootPropagation("private", MS_PRIVATE),
            // What is unbindable cannot be bound, and the rootfs is still to be.
            "rprivate" or "unbindable" or "runbindable" => new SetRootPropagation("rprivate", MS_PRIVATE | MS_REC),
            "slave" => new SetRootPropagation("slave", MS_SLAVE),
            // A volume that shall show the container's mounts to the host is bound from a mount that is still the host's peer.
            "shared" => new SetRootPropagation("shared", MS_SHARED),
            "rshared" => new SetRootPropagation("rshared", MS_SHARED | MS_REC),
            _ => new SetRootPropagation("rslave", MS_SLAVE | MS_REC),
        };
    }

    private static bool HostHasPeers(Spec spec) => !RootPropagation(spec.Linux.RootfsPropagation).HidesOurMounts;

    // The rootfs mount itself: in a peer group of its own when shared, never in one of the host's.
    private static PropagateRootfs? RootfsPropagation(string? word) => word switch
    {
        "shared" => new PropagateRootfs(word, MS_SHARED, Recursive: false),
        "rshared" => new PropagateRootfs(word, MS_SHARED, Recursive: true),
        "unbindable" => new PropagateRootfs(word, MS_UNBINDABLE, Recursive: false),
        "runbindable" => new PropagateRootfs(word, MS_UNBINDABLE, Recursive: true),
        _ => null,
    };

    private static Step MountStep(Spec spec, int index, CreateOptions options, HostFacts host, CgroupPlan? cgroup, bool inUserNamespace)
    {
        var mount = spec.Mounts[index];
        var flags = MountOptions.Parse($"mounts[{index}].options", mount.Options, mount.Type == "bind");
        var target = RootedPath.Of(mount.Destination);
        if (flags.HasRecursive && !HasMountSetAttr(host))
        {
            throw new SpecError($"mounts[{index}].options", $"recursive attributes need Linux 5.12 or later, this is {host.Kernel}");
        }
        if (flags.Remount)
        {
            return new Remount(target, flags) { Data = JoinedData(flags) };
        }
        if (flags.Bind)
        {
            if (mount.Source is not { Length: > 0 })
            {
                throw new SpecError($"mounts[{index}].source", "a bind mount needs a source");
            }
            return new BindMount(Below(options.Bundle, mount.Source), target, flags) { IdMap = IdMapOf(spec, mount, index, host) };
        }
        return mount.Type switch
        {
            null or "" or "none" => throw new SpecError($"mounts[{index}].type", "a mount that is no bind mount needs a type"),
            "cgroup" or "cgroup2" => CgroupMount(spec, mount, index, target, flags, cgroup, inUserNamespace),
            _ => FilesystemMount(spec, mount, index, target, flags, inUserNamespace),
        };
    }

    private static MountFilesystem FilesystemMount(Spec spec, Mount mount, int index, RootedPath target, MountFlags flags, bool inUserNamespace)
    {
        var type = mount.Type!;
        flags = WithLabel(flags, type, spec.Linux.MountLabel);
        var longData = LongData(flags);
        if (flags.CopyUp && longData is not null)
        {
            // Such a mount cannot be filled before it is seen.
            throw new SpecError($"mounts[{index}].options", "\"tmpcopyup\" beside an option of more than 255 bytes is not supported") { IsUnsupported = true };
        }
        return new MountFilesystem(type, mount.Source is { Length: > 0 } source ? source : type, target, flags)
        {
            LongData = longData,
            TopLabel = type == "mqueue" ? MountLabel(spec) : null,
            HostsOwn = inUserNamespace ? HostsOwn(type) : null,
        };
    }

    private static MountIdMap? IdMapOf(Spec spec, Mount mount, int index, HostFacts host)
    {
        var map = MountIdMap.Of(mount, spec.Linux);
        if (map is not null && !HasMountSetAttr(host))
        {
            throw new SpecError($"mounts[{index}]", $"id-mapped mounts need Linux 5.12 or later, this is {host.Kernel}") { IsUnsupported = true };
        }
        if (map is not null && host.Euid != 0)
        {
            throw new SpecError($"mounts[{index}]", "id-mapped mounts are not supported for rootless containers") { IsUnsupported = true };
        }
        return map;
    }

    // On v2 "cgroup" means cgroup2; on v1 and hybrid it is a tmpfs with the container's own group of each hierarchy bound below.
    private static Step CgroupMount(
        Spec spec, Mount mount, int index, RootedPath target, MountFlags flags, CgroupPlan? cgroup, bool inUserNamespace)
    {
        if (cgroup is null)
        {
            return inUserNamespace ? NoCgroups(target) : throw new SpecError($"mounts[{index}]", "this machine has no cgroups to mount") { IsUnsupported = true };
        }
        if (cgroup.Layout == CgroupLayout.V2)
        {
            return new MountFilesystem("cgroup2", "cgroup", target, flags) { HostsOwn = inUserNamespace ? new CString(cgroup.Directories[0].FullPath) : null };
        }
        if (spec.Linux.Namespace(NamespaceType.Cgroup) is not null && mount.Type == "cgroup2")
        {
            throw new SpecError($"mounts[{index}].type", "cgroup2 cannot be mounted on a host with cgroup v1") { IsUnsupported = true };
        }
        var binds = new List<CgroupBind>();
        foreach (var directory in cgroup.Directories)
        {
            var name = directory.MountPoint[(directory.MountPoint.LastIndexOf('/') + 1)..];
            var links = new List<CString>();
            foreach (var controller in directory.Controllers.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                if (controller != name && !controller.StartsWith("name=", StringComparison.Ordinal))
                {
                    links.Add(controller);
                }
            }
            binds.Add(new CgroupBind(name, directory.FullPath, links));
        }
        return new MountCgroups(target, flags, binds)
        {
            HostHasPeers = HostHasPeers(spec),
            Label = MountLabel(spec),
        };
    }

    private static readonly (string Path, uint Major, uint Minor)[] s_defaultDevices =
    [
        ("/dev/null", 1, 3), ("/dev/zero", 1, 5), ("/dev/full", 1, 7), ("/dev/random", 1, 8), ("/dev/urandom", 1, 9), ("/dev/tty", 5, 0),
    ];

    private static void Devices(List<Step> steps, Spec spec, bool inUserNamespace)
    {
        foreach (var (path, major, minor) in s_defaultDevices)
        {
            if (!IsListed(spec.Linux.Devices, path))
            {
                Add(new Device('c', path, major, minor, null, null, null));
            }
        }
        foreach (var device in spec.Linux.Devices)
        {
            Add(device);
        }
        steps.Add(new LinkDevice("/proc/self/fd", RootedPath.Of("/dev/fd")));
        steps.Add(new LinkDevice("/proc/self/fd/0", RootedPath.Of("/dev/stdin")));
        steps.Add(new LinkDevice("/proc/self/fd/1", RootedPath.Of("/dev/stdout")));
        steps.Add(new LinkDevice("/proc/self/fd/2", RootedPath.Of("/dev/stderr")));
        steps.Add(new LinkDevice("/proc/kcore", RootedPath.Of("/dev/core")) { OnlyIfThere = true });
        steps.Add(new LinkPtmx());

        void Add(Device device) => steps.Add(inUserNamespace && device.Type != 'p'
            ? new BindDevice(RootedPath.Of(device.Path), device.Path, device.Type, device.Major, device.Minor)
            : new MakeDevice(
                RootedPath.Of(device.Path), device.Type, device.Major, device.Minor, device.FileMode ?? 0x1B6 /* 0666 */, device.Uid ?? 0, device.Gid ?? 0));
    }

    private static bool IsListed(IReadOnlyList<Device> devices, string path)
    {
        foreach (var device in devices)
        {
            if (device.Path == path)
            {
                return true;
            }
        }
        return false;
    }

    private static CString? LongData(MountFlags flags)
    {
        foreach (var option in flags.Data)
        {
            if (option.Value is { } value && value.Text.Length > 255)
            {
                return JoinedData(flags);
            }
        }
        return null;
    }

    private static CString JoinedData(MountFlags flags) => new(string.Join(',', flags.Data));

    private static string Below(string bundle, string path) =>
        path.StartsWith('/') ? path : bundle.TrimEnd('/') + "/" + path;
}
