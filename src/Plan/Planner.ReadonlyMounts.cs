using System;
using static SharpRun.Planning.NativeFlags;

namespace SharpRun.Planning;

public static partial class Planner
{
    // The mount points of what is mounted below a tmpfs, device files, the console and the working directory are made in it: it becomes
    // read-only when all are there, as under runc and crun. Not when a later mount covers it, which would be found by its path.
    private static bool IsFilledLater(Spec spec, int index, MountFilesystem mount, CreateOptions options)
    {
        if ((mount.Flags.AttributesSet & MOUNT_ATTR_RDONLY) == 0 || mount.Type.ToString() != "tmpfs")
        {
            return false;
        }
        var place = ContainerPath.Clean(spec.Mounts[index].Destination);
        var isFilled = place == "/dev" || IsBelow(ContainerPath.Clean(spec.Process!.Cwd), place);
        isFilled |= options.HasNotifySocket && IsBelow(NotifyDirectory, place);
        foreach (var device in spec.Linux.Devices)
        {
            isFilled |= IsBelow(ContainerPath.Clean(device.Path), place);
        }
        for (var later = index + 1; later < spec.Mounts.Count; later++)
        {
            var other = ContainerPath.Clean(spec.Mounts[later].Destination);
            if (other == place)
            {
                return false;
            }
            isFilled |= IsBelow(other, place);
        }
        return isFilled;
    }

    private static bool IsBelow(string path, string folder) =>
        path.Length > folder.Length && path.StartsWith(folder, StringComparison.Ordinal) && (path[folder.Length] == '/' || folder == "/");
}
