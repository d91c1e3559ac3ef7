using System.Collections.Generic;
using System.Globalization;

namespace SharpRun.Planning;

/// <summary>A classic BPF program for seccomp(2), one ulong an instruction, and how it is loaded. About is what the plan says of it.</summary>
public sealed record SeccompFilter(ulong[] Instructions, SeccompFlags Flags, string About)
{
    /// <summary>BPF_MAXINSNS of linux/bpf_common.h.</summary>
    public const int MaxInstructions = 4096;

    public bool HasListener => (Flags & SeccompFlags.NewListener) != 0;

    public static SeccompFilter Of(SeccompConfig config, ulong[] instructions)
    {
        if (instructions.Length > MaxInstructions)
        {
            throw new SpecError("linux.seccomp", $"the filter has {instructions.Length} instructions, the kernel takes {MaxInstructions}");
        }
        var flags = FlagsOf(config);
        return new SeccompFilter(instructions, flags, Describe(config, instructions.Length, flags));
    }

    // TSYNC is for the other threads of a process; init has none.
    private static SeccompFlags FlagsOf(SeccompConfig config)
    {
        var flags = (config.Flags ?? SeccompFlags.SpecAllow) & ~SeccompFlags.Tsync;
        // The kernel refuses the one without the other.
        return config.Notifies ? flags | SeccompFlags.NewListener : flags & ~SeccompFlags.WaitKillableRecv;
    }

    private static string Describe(SeccompConfig config, int instructions, SeccompFlags flags)
    {
        var words = new List<string>();
        foreach (var architecture in config.Architectures)
        {
            words.Add(architecture["SCMP_ARCH_".Length..].ToLowerInvariant());
        }
        var of = words.Count == 0 ? "this machine" : string.Join(" ", words);
        var errno = config.DefaultAction is SeccompAction.Errno or SeccompAction.Trace
            ? " " + (config.DefaultErrnoRet ?? DefaultErrno).ToString(CultureInfo.InvariantCulture)
            : "";
        return $"{instructions} instructions for {of}, {config.Syscalls.Count} rule{(config.Syscalls.Count == 1 ? "" : "s")}, else {config.DefaultAction.ToString().ToLowerInvariant()}{errno}" +
            $"; flags {flags.ToString().ToLowerInvariant()}";
    }

    /// <summary>EPERM, where the profile names no errno.</summary>
    public const uint DefaultErrno = 1;
}
