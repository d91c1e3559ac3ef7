using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>The owners that one mount shows, by the map of a user namespace (mount_setattr(2), MOUNT_ATTR_IDMAP, kernel 5.12): what belongs to a
/// ContainerId on disk belongs to its HostId above.</summary>
public sealed record MountIdMap(IReadOnlyList<IdMapping> Uids, IReadOnlyList<IdMapping> Gids)
{
    /// <summary>The container's own user namespace is the map, and no other one is made for it. A joined one's numbers are not known here.</summary>
    public bool IsContainers { get; init; }

    /// <summary>ridmap was said: also what is mounted below.</summary>
    public bool Recursive { get; init; }

    /// <summary>Null: the mount shows owners as they are. SpecRules has seen that there is a map for whoever asks for one.</summary>
    public static MountIdMap? Of(Mount mount, LinuxConfig linux)
    {
        var recursive = mount.Says("ridmap");
        if (mount.UidMappings.Count == 0)
        {
            return recursive || mount.Says("idmap")
                ? new MountIdMap(linux.UidMappings, linux.GidMappings) { IsContainers = true, Recursive = recursive }
                : null;
        }
        return new MountIdMap(mount.UidMappings, mount.GidMappings)
        {
            IsContainers = IsSame(mount.UidMappings, linux.UidMappings) && IsSame(mount.GidMappings, linux.GidMappings),
            Recursive = recursive,
        };
    }

    /// <summary>Whether any word or list of the mount asks for a map.</summary>
    internal static bool IsAskedFor(Mount mount) => mount.UidMappings.Count + mount.GidMappings.Count > 0 || mount.Says("idmap") || mount.Says("ridmap");

    internal string Describe() => (Recursive ? ", ids mapped recursively" : ", ids mapped") + (IsContainers
        ? " as the container's"
        : $" by uids {IdMaps.OneLine(Uids)}; gids {IdMaps.OneLine(Gids)}");

    /// <summary>Whether one user namespace serves both.</summary>
    public bool IsSameAs(MountIdMap other) => IsContainers == other.IsContainers && IsSame(Uids, other.Uids) && IsSame(Gids, other.Gids);

    private static bool IsSame(IReadOnlyList<IdMapping> some, IReadOnlyList<IdMapping> others)
    {
        var isSame = some.Count == others.Count;
        for (var i = 0; isSame && i < some.Count; i++)
        {
            isSame = some[i] == others[i];
        }
        return isSame;
    }
}
