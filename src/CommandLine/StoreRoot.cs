using System;
using SharpRun.Linux;

namespace SharpRun.CommandLine;

/// <summary>Where the store of images, layers and networks is, when --root does not say so.</summary>
public static class StoreRoot
{
    /// <summary>Absolute.</summary>
    public static string Of(string? root) => root is { Length: > 0 } ? AbsolutePath.Of(root) : Default();

    private static string Default()
    {
        if (Sys.GetEuid() == 0)
        {
            return "/var/lib/sharprun";
        }
        var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME");
        if (data is { Length: > 0 } && data[0] == '/')
        {
            return data + "/sharprun";
        }
        var home = Environment.GetEnvironmentVariable("HOME");
        return home is { Length: > 0 } && home[0] == '/'
            ? home + "/.local/share/sharprun"
            : throw new UsageError("where is the store? neither --root nor XDG_DATA_HOME nor HOME says so");
    }
}
