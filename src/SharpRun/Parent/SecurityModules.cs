using System;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>A label or profile is for a module that the kernel has: seen before anything is made (R22).</summary>
static class SecurityModules
{
    private const long SELINUX_MAGIC = 0xF97CFF8C;

    /// <summary>mountLabel is linux.mountLabel; nothing is asked of the machine when the plan wants nothing.</summary>
    public static void Require(Plan plan, string? mountLabel)
    {
        foreach (var step in plan.Steps)
        {
            if (step is SetApparmorProfile set && Check.ProfileHasAppArmor.Fails(!HasAppArmor()))
            {
                throw Missing("process.apparmorProfile", $"apparmor profile \"{set.Profile}\" is specified, but AppArmor is not enabled on this host");
            }
            if (step is SetSelinuxLabel)
            {
                RequireSelinux("process.selinuxLabel");
            }
        }
        if (mountLabel is { Length: > 0 })
        {
            RequireSelinux("linux.mountLabel");
        }
    }

    private static void RequireSelinux(string path)
    {
        if (Check.LabelHasSelinux.Fails(!HasSelinux()))
        {
            throw Missing(path, "selinux label is specified in config, but selinux is disabled or not supported");
        }
    }

    private static SpecError Missing(string path, string problem) => new(path, problem) { IsUnsupported = true };

    private static bool HasAppArmor()
    {
        Span<byte> enabled = stackalloc byte[4];
        return ProcFiles.Read("/sys/module/apparmor/parameters/enabled"u8, enabled) > 0 && enabled[0] == (byte)'Y';
    }

    private static bool HasSelinux()
    {
        var place = Sys.Open(Native.AT_FDCWD, "/sys/fs/selinux"u8, Native.O_PATH | Native.O_DIRECTORY);
        var isSelinux = place.Ok && Sys.StatFs(place.Value, out var magic) == Errno.OK && (uint)magic == SELINUX_MAGIC;
        if (place.Ok)
        {
            Sys.Close(place.Value);
        }
        return isSelinux;
    }
}
