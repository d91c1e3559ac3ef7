using System;
using System.Text;

namespace SharpRun.Planning;

public static partial class SpecRules
{
    // linux/utsname.h: __NEW_UTS_LEN.
    private const int LongestHostname = 64;

    private static bool Has(Spec spec, NamespaceType type) => spec.Linux.Namespace(type) is not null;

    private static void NamespacesAreDistinct(Spec spec)
    {
        var namespaces = spec.Linux.Namespaces;
        for (var i = 0; i < namespaces.Count; i++)
        {
            for (var earlier = 0; earlier < i; earlier++)
            {
                if (namespaces[earlier].Type == namespaces[i].Type)
                {
                    throw new SpecError($"linux.namespaces[{i}]", $"the {namespaces[i].Type.Word()} namespace is given twice");
                }
            }
        }
    }

    private static void NamespacePathsAreAbsolute(Spec spec)
    {
        for (var i = 0; i < spec.Linux.Namespaces.Count; i++)
        {
            if (spec.Linux.Namespaces[i].Path is { } path && path[0] != '/')
            {
                throw new SpecError($"linux.namespaces[{i}].path", $"\"{path}\" is not an absolute path");
            }
        }
    }

    private static void TimeOffsetsHaveNamespace(Spec spec)
    {
        if (spec.Linux.TimeOffsets is null)
        {
            return;
        }
        if (spec.Linux.Namespace(NamespaceType.Time) is not { } time)
        {
            throw new SpecError("linux.timeOffsets", "time namespace offsets specified, but time namespace isn't enabled in the config");
        }
        if (time.Path is not null)
        {
            throw new SpecError("linux.timeOffsets", "the time namespace is joined by its path, and its offsets cannot be changed any more");
        }
    }

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
            throw NotYet.Error("linux.namespaces", "a container without a mount namespace", "containers in the caller's mount namespace");
        }
    }
}
