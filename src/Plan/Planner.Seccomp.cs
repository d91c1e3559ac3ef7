using System;
using System.Collections.Generic;

namespace SharpRun.Planning;

/// <summary>
/// When the filter is loaded. The only call that must come after it is execve, so it is the last step but that one, whatever it forbids.
/// Loading wants no_new_privs, or CAP_SYS_ADMIN in the process's own user namespace (seccomp(2)): without the first, the second is kept, effective
/// and permitted, until the execve takes it away. What execve gives comes from the bounding, inheritable and ambient sets and the file's; the old
/// permitted set has no part in it (capabilities(7)). runc loads the filter before it drops privileges instead, and then needs a
/// dozen calls more.
/// With a listener it is loaded before the container counts as created, since create is who sends the listener to the agent; what follows (sendto,
/// recvfrom, fcntl or dup3, close_range, read, prlimit64) must then be allowed, or answered by the agent.
/// </summary>
public static partial class Planner
{
    private const ulong SysAdmin = 1UL << 21;

    private static SeccompFilter? Seccomp(Spec spec, Func<SeccompConfig, ulong[]>? compile)
    {
        if (spec.Linux.Seccomp is not { } config)
        {
            return null;
        }
        return SeccompFilter.Of(config, (compile ?? throw new ArgumentNullException(nameof(compile), "the bundle has a seccomp profile"))(config));
    }

    private static void SeccompWithListener(List<Step> steps, SeccompFilter? filter)
    {
        if (filter is { HasListener: true })
        {
            steps.Add(new LoadSeccomp(filter));
        }
    }

    private static void SeccompAtLast(List<Step> steps, SeccompFilter? filter)
    {
        if (filter is { HasListener: false })
        {
            steps.Add(new LoadSeccomp(filter));
        }
    }

    private static Process WithPowerToFilter(Process process, SeccompFilter? filter)
    {
        if (filter is null || process.NoNewPrivileges)
        {
            return process;
        }
        var sets = process.Capabilities ?? CapabilitySets.None;
        return process with { Capabilities = sets with { Effective = sets.Effective | SysAdmin, Permitted = sets.Permitted | SysAdmin } };
    }
}
