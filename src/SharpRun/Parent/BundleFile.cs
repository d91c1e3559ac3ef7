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
        error.OrThrow($"chdir {options.Bundle}");
        if (!status.IsDirectory)
        {
            Errno.ENOTDIR.Throw($"chdir {options.Bundle}");
        }
        var path = options.ConfigFile ?? options.Bundle.TrimEnd('/') + "/config.json";
        error = ProcFiles.ReadWhole(Native.AT_FDCWD, new CString(path), Limit, out var bytes);
        if (error == Errno.ENOENT)
        {
            throw new SpecError("", $"JSON specification file {path} not found");
        }
        error.OrThrow($"read {path}");
        return bytes;
    }
}
