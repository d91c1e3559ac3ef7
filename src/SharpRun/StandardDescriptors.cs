using SharpRun.Linux;

namespace SharpRun;

/// <summary>What the caller left open or closed (R12).</summary>
static class StandardDescriptors
{
    /// <summary>Descriptors 0 to 2 are the caller's, or the null device where he closed them; all others are closed by an execve.</summary>
    public static void Secure()
    {
        for (var fd = 0; fd <= 2; fd++)
        {
            if (!Sys.Fcntl(fd, Native.F_GETFD, 0).Ok)
            {
                OpenNullDevice();
            }
        }
        Sys.CloseRange(3, uint.MaxValue, Native.CLOSE_RANGE_CLOEXEC).OrThrow("mark the inherited descriptors");
    }

    // The lowest free number is the one that is missing, as those below exist. The container inherits it, so not close-on-exec.
    private static void OpenNullDevice()
    {
        var opened = Sys.Open(Native.AT_FDCWD, "/dev/null"u8, Native.O_RDWR).OrThrow("open /dev/null in place of a closed standard descriptor");
        Sys.Fcntl(opened, Native.F_SETFD, 0).Error.OrThrow("keep /dev/null open");
    }
}
