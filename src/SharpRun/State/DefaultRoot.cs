using System;
using SharpRun.Linux;

namespace SharpRun.State;

/// <summary>Where the state is kept when --root is not given. Nothing is created here.</summary>
static class DefaultRoot
{
    private const string OfRoot = "/run/sharprun";

    public static string Find() => OfUser() ?? OfRoot;

    /// <summary>Below XDG_RUNTIME_DIR, or null: the caller is the real root. podman's own calls set the variable to "" as root.</summary>
    public static string? OfUser() =>
        CallerEnvironment.Variable("XDG_RUNTIME_DIR") is { Length: > 0 } directory
        && IsUsers(Sys.GetEuid(), Sys.GetEuid() == 0 && IsInUserNamespace(), CallerEnvironment.Variable("USER"))
            ? Below(directory)
            : null;

    public static string Below(string directory) => directory.TrimEnd('/') + "/sharprun";

    /// <summary>Root inside of a user namespace is an ordinary user, unless it calls itself root.</summary>
    public static bool IsUsers(uint euid, bool isInUserNamespace, string? user) => euid != 0 || (isInUserNamespace && user != "root");

    // The first namespace maps everything to itself: "0 0 4294967295".
    private static bool IsInUserNamespace()
    {
        Span<byte> map = stackalloc byte[256];
        var length = ProcFiles.Read("/proc/self/uid_map"u8, map);
        return length > 0 && map[..length].IndexOf("4294967295"u8) < 0;
    }
}
