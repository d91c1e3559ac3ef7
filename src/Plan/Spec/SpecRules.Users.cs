using System.Collections.Generic;

namespace SharpRun.Planning;

// The id maps of a user namespace (user_namespaces(7), "User and group ID mappings").
public static partial class SpecRules
{
    private const string Uids = "linux.uidMappings", Gids = "linux.gidMappings";

    // kernel/user_namespace.c: UID_GID_MAP_MAX_EXTENTS.
    private const int MostMappings = 340;

    private static void MappingsHaveNamespace(Spec spec)
    {
        if ((spec.Linux.UidMappings.Count > 0 || spec.Linux.GidMappings.Count > 0) && !Has(spec, NamespaceType.User))
        {
            throw new SpecError(
                spec.Linux.UidMappings.Count > 0 ? Uids : Gids,
                "user namespace mappings specified, but user namespace isn't enabled in the config");
        }
    }

    // A joined user namespace has its maps; managers that send them all the same (CRI) send both.
    private static void UserNamespaceHasMappings(Spec spec)
    {
        var (uids, gids) = (spec.Linux.UidMappings.Count, spec.Linux.GidMappings.Count);
        if (spec.Linux.Namespace(NamespaceType.User) is not { } user || (uids > 0 && gids > 0))
        {
            return;
        }
        if (uids + gids > 0)
        {
            throw new SpecError(uids == 0 ? Uids : Gids, "a user namespace needs mappings of both kinds, uids and gids");
        }
        if (user.Path is null)
        {
            throw new SpecError(Uids, "user namespaces enabled, but no namespace path to join nor mappings to apply specified");
        }
    }

    private static void MappingsFit(Spec spec)
    {
        CheckFit(Uids, spec.Linux.UidMappings);
        CheckFit(Gids, spec.Linux.GidMappings);
    }

    private static void CheckFit(string list, IReadOnlyList<IdMapping> mappings)
    {
        if (mappings.Count > MostMappings)
        {
            throw new SpecError(list, $"the kernel takes {MostMappings} mappings, {mappings.Count} are given");
        }
        for (var i = 0; i < mappings.Count; i++)
        {
            var (container, host, size) = mappings[i];
            // 4294967295 is no id (R21), and a range may not reach it.
            if ((ulong)container + size > uint.MaxValue || (ulong)host + size > uint.MaxValue)
            {
                throw new SpecError($"{list}[{i}]", $"the mapping goes beyond the last id, {uint.MaxValue - 1}");
            }
        }
    }

    private static void MappingsDoNotOverlap(Spec spec)
    {
        CheckOverlap(Uids, spec.Linux.UidMappings);
        CheckOverlap(Gids, spec.Linux.GidMappings);
    }

    private static void CheckOverlap(string list, IReadOnlyList<IdMapping> mappings)
    {
        for (var i = 0; i < mappings.Count; i++)
        {
            for (var earlier = 0; earlier < i; earlier++)
            {
                var (a, b) = (mappings[earlier], mappings[i]);
                if (Meet(a.ContainerId, a.Size, b.ContainerId, b.Size) || Meet(a.HostId, a.Size, b.HostId, b.Size))
                {
                    throw new SpecError($"{list}[{i}]", $"the mapping overlaps {list}[{earlier}]");
                }
            }
        }
    }

    private static bool Meet(ulong a, ulong sizeOfA, ulong b, ulong sizeOfB) => a < b + sizeOfB && b < a + sizeOfA;

    // The container is made by its root: the file systems are mounted as this id.
    private static void RootIsMapped(Spec spec)
    {
        CheckMapped(spec.Linux.UidMappings, 0, Uids, "the container's uid 0");
        CheckMapped(spec.Linux.GidMappings, 0, Gids, "the container's gid 0");
    }

    private static void UserIsMapped(Spec spec)
    {
        if (spec.Process is not { User: { } user })
        {
            return;
        }
        CheckMapped(spec.Linux.UidMappings, user.Uid, "process.user.uid", $"uid {user.Uid}");
        CheckMapped(spec.Linux.GidMappings, user.Gid, "process.user.gid", $"gid {user.Gid}");
        for (var i = 0; i < user.AdditionalGids.Count; i++)
        {
            CheckMapped(spec.Linux.GidMappings, user.AdditionalGids[i], $"process.user.additionalGids[{i}]", $"gid {user.AdditionalGids[i]}");
        }
    }

    private static void CheckMapped(IReadOnlyList<IdMapping> mappings, uint id, string path, string what)
    {
        if (mappings.Count == 0)
        {
            return;
        }
        foreach (var mapping in mappings)
        {
            if (id >= mapping.ContainerId && id - mapping.ContainerId < mapping.Size)
            {
                return;
            }
        }
        throw new SpecError(path, $"no mapping of the user namespace has {what}");
    }
}
