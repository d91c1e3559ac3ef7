using SharpRun.Linux;
using SharpRun.Planning;

namespace SharpRun.Parent;

/// <summary>config.json, read once and bounded; a fifo or a device in its place is refused, not waited for (R9).</summary>
static class BundleFile
{
    private const int Limit = 64 << 20;

    public static byte[] Read(CreateOptions options)
    {
        var error = Sys.Stat(Native.AT_FDCWD, new CString(options.Bundle), 0, out var status);
        if (error != Errno.OK || !status.IsDirectory)
        {
            throw new BundleError($"chdir {options.Bundle}", error == Errno.OK ? Errno.ENOTDIR : error);
        }
        var path = options.ConfigFile ?? options.Bundle.TrimEnd('/') + "/config.json";
        error = ProcFiles.ReadWhole(Native.AT_FDCWD, new CString(path), Limit, out var bytes);
        switch (error)
        {
            case Errno.OK:
                return bytes;
            case Errno.ENOENT:
                throw new BundleError($"JSON specification file {path} not found", error);
            // A directory; a fifo or a device; a socket.
            case Errno.EISDIR or Errno.EINVAL or Errno.ENXIO:
                throw new SpecError("", $"{path} is not a regular file");
            case Errno.EFBIG:
                throw new SpecError("", $"the document is larger than {Limit >> 20} MiB");
            default:
                throw new ErrnoException($"read {path}", error);
        }
    }
}
