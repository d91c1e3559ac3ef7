using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

public static partial class SpecRules
{
    // Every other parameter below kernel. is the whole machine's (namespaces(7), ipc_namespaces(7)).
    private static readonly HashSet<string> s_ipcSysctls = new(StringComparer.Ordinal)
    {
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
        "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
    };

    private static void SysctlsAreNames(Spec spec)
    {
        foreach (var key in spec.Linux.Sysctl.Keys)
        {
            if (!SysctlKey.IsValid(key))
            {
                throw SysctlError(key, "is not the name of a kernel parameter");
            }
        }
    }

    // R32: what is not the container's own would be changed for the host.
    private static void SysctlsAreNamespaced(Spec spec)
    {
        foreach (var key in spec.Linux.Sysctl.Keys)
        {
            var name = SysctlKey.Dotted(key);
            if (s_ipcSysctls.Contains(name) || name.StartsWith("fs.mqueue.", StringComparison.Ordinal))
            {
                if (!Has(spec, NamespaceType.Ipc))
                {
                    throw SysctlError(key, "is not allowed in the hosts ipc namespace");
                }
            }
            else if (name.StartsWith("net.", StringComparison.Ordinal))
            {
                if (!Has(spec, NamespaceType.Network))
                {
                    throw SysctlError(key, "not allowed in host network namespace");
                }
            }
            else if (!(name is "kernel.hostname" or "kernel.domainname" && Has(spec, NamespaceType.Uts)))
            {
                throw SysctlError(key, "is not in a separate kernel namespace");
            }
        }
    }

    // The specification has a property for each of the two names.
    private static void SysctlsConflictWithNoName(Spec spec)
    {
        foreach (var (key, value) in spec.Linux.Sysctl)
        {
            var name = SysctlKey.Dotted(key);
            if (name == "kernel.hostname")
            {
                throw SysctlError(key, "is not allowed as it conflicts with the OCI \"hostname\" field");
            }
            if (name == "kernel.domainname" && spec.Domainname is { Length: > 0 } domainname && domainname != value)
            {
                throw SysctlError(key, "is not allowed as it conflicts with the OCI \"domainname\" field");
            }
        }
    }

    private static SpecError SysctlError(string key, string problem) => new("linux.sysctl", $"sysctl \"{key}\" {problem}");
}
