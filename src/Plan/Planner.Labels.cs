using System.Collections.Generic;

namespace SharpRun.Planning;

// What Linux security modules are told (AppArmor, SELinux). Nothing of it is enforced here: the kernel does that, from execve on.
public static partial class Planner
{
    // After the hooks that are the host's programs, and while the host's /proc is in sight.
    private static void SecurityModules(List<Step> steps, Process process, bool hasKeyring)
    {
        if (process.ApparmorProfile is { Length: > 0 } profile)
        {
            steps.Add(new SetApparmorProfile(profile));
        }
        if (process.SelinuxLabel is { Length: > 0 } label)
        {
            steps.Add(new SetSelinuxLabel(label, hasKeyring));
        }
    }

    private static CString? MountLabel(Spec spec) => spec.Linux.MountLabel is { Length: > 0 } label ? new CString(label) : null;

    // proc, sysfs and cgroups are labelled by the policy, mqueue takes no such option: the same choice as runc's.
    private static MountFlags WithLabel(MountFlags flags, string type, string? label)
    {
        if (string.IsNullOrEmpty(label) || type is "proc" or "sysfs" or "mqueue")
        {
            return flags;
        }
        foreach (var option in flags.Data)
        {
            if (option.Key.ToString() == "context")
            {
                // The mount's own word; the kernel refuses a second one.
                return flags;
            }
        }
        return flags with { Data = [.. flags.Data, new FsOption("context", label)] };
    }
}
