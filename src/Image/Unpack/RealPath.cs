using System;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.Image.Unpack;

/// <summary>Where a descriptor really is, all links followed: what the host's /proc says.</summary>
static class RealPath
{
    /// <summary>The path's length, without a final zero.</summary>
    public static Result Of(int fd, Span<byte> path) => Sys.ReadLinkAt(Native.AT_FDCWD, Encoding.ASCII.GetBytes($"/proc/self/fd/{fd}\0"), path);

    /// <summary>How many directories deep; the root "/" is 0.</summary>
    public static Result Depth(int fd)
    {
        // A path that is longer than the buffer is cut, and deep enough.
        Span<byte> path = stackalloc byte[2 * UnpackLimits.PathBytes];
        var read = Of(fd, path);
        return read.Ok && read.Value > 1 ? Result.Of(path[..read.Value].Count((byte)'/')) : read.Ok ? Result.Of(0) : read;
    }
}
