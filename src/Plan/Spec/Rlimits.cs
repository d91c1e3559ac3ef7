using System;

namespace SharpRun.Planning;

/// <summary>The resource limits of asm-generic/resource.h in the order of their numbers (x86-64 and arm64 use these).</summary>
public static class Rlimits
{
    private static readonly string[] s_names =
    [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE",
        "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
    ];

    /// <summary>Index n is resource n.</summary>
    public static ReadOnlySpan<string> Names => s_names;

    public static bool TryFind(string name, out int resource)
    {
        resource = Array.IndexOf(s_names, name);
        return resource >= 0;
    }
}
