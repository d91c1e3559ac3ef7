using System;

namespace SharpRun.Planning;

// What is mounted, beyond where (SpecRules.Paths): id-mapped mounts, and what a tmpfs begins with.
public static partial class SpecRules
{
    // A remount makes no new mount, and only a new one can be mapped.
    private static void IdMapsAreForBinds(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            var mount = spec.Mounts[i];
            if (MountIdMap.IsAskedFor(mount) && ((mount.Type != "bind" && !SaysBind(mount)) || mount.Says("remount")))
            {
                throw new SpecError($"mounts[{i}]", "id-mapped mounts are only supported for bind-mounts");
            }
        }
    }

    private static void IdMapsAreOfBothKinds(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            var (uids, gids) = (spec.Mounts[i].UidMappings.Count, spec.Mounts[i].GidMappings.Count);
            if ((uids == 0) != (gids == 0))
            {
                var missing = uids == 0 ? "uidMappings" : "gidMappings";
                throw new SpecError($"mounts[{i}].{missing}", "id-mapped mounts must have both uid and gid mappings specified");
            }
        }
    }

    // The specification wants an error here, and no mount without a map.
    private static void IdMapsAreGiven(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            var mount = spec.Mounts[i];
            if (MountIdMap.IsAskedFor(mount) && mount.UidMappings.Count + mount.GidMappings.Count == 0 && !Has(spec, NamespaceType.User))
            {
                throw new SpecError($"mounts[{i}]", "an id-mapped mount needs mappings, its own or those of the container's user namespace");
            }
        }
    }

    private static void IdMapsOfMountsFit(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            CheckFit($"mounts[{i}].uidMappings", spec.Mounts[i].UidMappings);
            CheckFit($"mounts[{i}].gidMappings", spec.Mounts[i].GidMappings);
        }
    }

    private static void IdMapsOfMountsDoNotOverlap(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            CheckOverlap($"mounts[{i}].uidMappings", spec.Mounts[i].UidMappings);
            CheckOverlap($"mounts[{i}].gidMappings", spec.Mounts[i].GidMappings);
        }
    }

    private static void CopyUpIsForTmpfs(Spec spec)
    {
        for (var i = 0; i < spec.Mounts.Count; i++)
        {
            var mount = spec.Mounts[i];
            for (var word = 0; word < mount.Options.Count; word++)
            {
                if (mount.Options[word] == "tmpcopyup" && (mount.Type != "tmpfs" || SaysBind(mount) || mount.Says("remount")))
                {
                    throw new SpecError($"mounts[{i}].options[{word}]", "\"tmpcopyup\" is an option of a new tmpfs alone");
                }
            }
        }
    }

    // Both end up in a line that the kernel reads: a NUL or a newline would say something else.
    private static void LabelsAreOneLine(Spec spec)
    {
        Check("process.apparmorProfile", spec.Process?.ApparmorProfile);
        Check("process.selinuxLabel", spec.Process?.SelinuxLabel);
        Check("linux.mountLabel", spec.Linux.MountLabel);

        static void Check(string path, string? text)
        {
            if (text is not null && text.AsSpan().ContainsAnyInRange('\0', '\u001f'))
            {
                throw new SpecError(path, "a name without control characters is expected");
            }
        }
    }
}
