using System;
using SharpRun.Linux;

namespace SharpRun;

/// <summary>What the caller left open or closed (R12).</summary>
static class StandardDescriptors
{
    /// <summary>How many descriptors from 3 on the caller has handed in without a gap. Counted only when a container may want them.</summary>
    public static int Inherited { get; private set; }

    /// <summary>Descriptors 0 to 2 are the caller's, or the null device where he closed them; all others are closed by an execve, but for
    /// those that a container may want.</summary>
    public static void Secure(string[] argv)
    {
        for (var fd = 0; fd <= 2; fd++)
        {
            if (!Sys.Fcntl(fd, Native.F_GETFD, 0).Ok)
            {
                OpenNullDevice();
            }
        }
        if (Array.Exists(argv, word => word.Contains("preserve-fds", StringComparison.Ordinal)) || CallerEnvironment.Variable("LISTEN_FDS") is not null)
        {
            Inherited = CountInherited();
        }
        Sys.CloseRange((uint)(3 + Inherited), uint.MaxValue, Native.CLOSE_RANGE_CLOEXEC).OrThrow("mark the inherited descriptors");
    }

    // What is close-on-exec cannot have come through one: it is the .NET runtime's own.
    private static int CountInherited()
    {
        var count = 0;
        while (Sys.Fcntl(3 + count, Native.F_GETFD, 0) is { Ok: true, Value: 0 })
        {
            count++;
        }
        return count;
    }

    // The lowest free number is the one that is missing, as those below exist. The container inherits it, so not close-on-exec.
    private static void OpenNullDevice()
    {
        var opened = Sys.Open(Native.AT_FDCWD, "/dev/null"u8, Native.O_RDWR).OrThrow("open /dev/null in place of a closed standard descriptor");
        Sys.Fcntl(opened, Native.F_SETFD, 0).Error.OrThrow("keep /dev/null open");
    }
}
