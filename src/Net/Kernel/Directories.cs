using SharpRun.Linux;

namespace SharpRun.Net.Kernel;

static class Directories
{
    /// <summary>The directory and those above it that are missing, with the same mode.</summary>
    public static void MakeAll(string path, uint mode)
    {
        var error = Sys.MkdirAt(Native.AT_FDCWD, ZeroTerminated.Of(path), mode);
        if (error == Errno.ENOENT && path.LastIndexOf('/') is > 0 and var slash)
        {
            MakeAll(path[..slash], mode);
            error = Sys.MkdirAt(Native.AT_FDCWD, ZeroTerminated.Of(path), mode);
        }
        if (error is not (Errno.OK or Errno.EEXIST))
        {
            error.Throw($"make {path}");
        }
    }
}
