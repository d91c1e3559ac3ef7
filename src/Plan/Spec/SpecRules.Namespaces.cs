using System;
using System.Text;

namespace SharpRun.Planning;

public static partial class SpecRules
{
    // linux/utsname.h: __NEW_UTS_LEN.
    private const int LongestHostname = 64;

    private static bool Has(Spec spec, NamespaceType type)
    {
        foreach (var space in spec.Linux.Namespaces)
        {
            if (space.Type == type)
            {
                return true;
            }
        }
        return false;
    }

    private static void NamespacesAreDistinct(Spec spec)
    {
        var namespaces = spec.Linux.Namespaces;
        for (var i = 0; i < namespaces.Count; i++)
        {
            for (var earlier = 0; earlier < i; earlier++)
            {
                if (namespaces[earlier].Type == namespaces[i].Type)
                {
                    throw new SpecError($"linux.namespaces[{i}]", $"the {WordOf(namespaces[i].Type)} namespace is given twice");
                }
            }
        }
    }

    private static string WordOf(NamespaceType type) => type switch
    {
        NamespaceType.Pid => "pid",
        NamespaceType.Network => "network",
        NamespaceType.Mount => "mount",
        NamespaceType.Ipc => "ipc",
        NamespaceType.Uts => "uts",
        NamespaceType.User => "user",
        NamespaceType.Cgroup => "cgroup",
        _ => "time",
    };

    private static void HostnameHasNamespace(Spec spec)
    {
        if (!string.IsNullOrEmpty(spec.Hostname) && !Has(spec, NamespaceType.Uts))
        {
            throw new SpecError("hostname", "unable to set hostname without a private UTS namespace");
        }
    }

    private static void HostnameFits(Spec spec) => CheckFits("hostname", spec.Hostname);

    private static void DomainnameHasNamespace(Spec spec)
    {
        if (!string.IsNullOrEmpty(spec.Domainname) && !Has(spec, NamespaceType.Uts))
        {
            throw new SpecError("domainname", "unable to set domainname without a private UTS namespace");
        }
    }

    private static void DomainnameFits(Spec spec) => CheckFits("domainname", spec.Domainname);

    private static void CheckFits(string path, string? name)
    {
        if (name is not null && Encoding.UTF8.GetByteCount(name) > LongestHostname)
        {
            throw new SpecError(path, $"the name has more than {LongestHostname} bytes");
        }
    }

    private static void MappingsHaveNamespace(Spec spec)
    {
        if ((spec.Linux.UidMappings.Count > 0 || spec.Linux.GidMappings.Count > 0) && !Has(spec, NamespaceType.User))
        {
            throw new SpecError(
                spec.Linux.UidMappings.Count > 0 ? "linux.uidMappings" : "linux.gidMappings",
                "user namespace mappings specified, but user namespace isn't enabled in the config");
        }
    }

    // Without a mount namespace of its own the container would mask the host's files.
    private static void PathsHaveMountNamespace(Spec spec)
    {
        if ((spec.Linux.MaskedPaths.Count > 0 || spec.Linux.ReadonlyPaths.Count > 0) && !Has(spec, NamespaceType.Mount))
        {
            throw new SpecError(
                spec.Linux.MaskedPaths.Count > 0 ? "linux.maskedPaths" : "linux.readonlyPaths",
                "unable to restrict sys entries without a private MNT namespace");
        }
    }

    // crun 1.8.1 mounts the container's file systems on the host then; runc wants it so for a few users. We refuse until it is built.
    private static void MountNamespaceIsNew(Spec spec)
    {
        if (!Has(spec, NamespaceType.Mount))
        {
            throw new SpecError("linux.namespaces", NotYet.Sentence("a container without a mount namespace", "containers in the caller's mount namespace"));
        }
    }
}
