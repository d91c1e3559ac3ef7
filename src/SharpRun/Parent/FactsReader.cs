using System;
using System.Buffers.Text;
using SharpRun.Cgroups;
using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>Reads the machine's facts for the planner: few calls, nothing that grows with the host, nothing that needs a privilege.</summary>
static class FactsReader
{
    public static HostFacts Read()
    {
        var (layout, hierarchies) = CgroupFacts.Read();
        var euid = Sys.GetEuid();
        var inUserNamespace = IsInUserNamespace();
        return new HostFacts
        {
            Kernel = KernelRelease(),
            Euid = euid,
            Egid = Sys.GetEgid(),
            InUserNamespace = inUserNamespace,
            MayMakeCgroups = (euid == 0 && !inUserNamespace) || CgroupFacts.MayMake(layout, hierarchies),
            LastCapability = LastCapability(),
            CgroupLayout = layout,
            Hierarchies = hierarchies,
        };
    }

    // "6.18.44-fc-v657": two numbers are enough to choose between a call and its fallback.
    private static KernelVersion KernelRelease()
    {
        Span<byte> release = stackalloc byte[128];
        var length = Sys.UnameRelease(release);
        var text = release[..length];
        return Utf8Parser.TryParse(text, out int major, out var used) && Utf8Parser.TryParse(text[Math.Min(used + 1, text.Length)..], out int minor, out _)
            ? new KernelVersion(major, minor)
            : new KernelVersion(5, 10);
    }

    // The first namespace maps everything to itself: "0 0 4294967295".
    private static bool IsInUserNamespace()
    {
        Span<byte> map = stackalloc byte[256];
        var length = ProcFiles.Read("/proc/self/uid_map"u8, map);
        return length > 0 && map[..length].IndexOf("4294967295"u8) < 0;
    }

    private static int LastCapability()
    {
        Span<byte> text = stackalloc byte[16];
        var length = ProcFiles.Read("/proc/sys/kernel/cap_last_cap"u8, text);
        return length > 0 && Utf8Parser.TryParse(text[..length], out int last, out _) ? last : 40;
    }
}
