using System;
using Microsoft.Win32.SafeHandles;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Oci.Dockerfiles;

namespace SharpRun.Image.Build;

/// <summary>The files that a build is told by: paths of the user's, whose links are his.</summary>
static class BuildFiles
{
    private const int ReadFlags = Native.O_RDONLY | Native.O_NONBLOCK | Native.O_NOCTTY;

    /// <summary>A whole regular file, a byte more than the limit at most.</summary>
    public static byte[] Read(string path)
    {
        var opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), ReadFlags);
        using var file = new SafeFileHandle(opened.OrThrow($"open {path}"), ownsHandle: true);
        Sys.Stat(opened.Value, default, Native.AT_EMPTY_PATH, out var status).OrThrow($"read {path}");
        if (!status.IsRegular || status.Size > DockerfileLimits.MostBytes)
        {
            throw new ImageError($"read {path}: {(status.IsRegular ? $"it is longer than {DockerfileLimits.MostBytes} bytes" : "it is no regular file")}");
        }
        ProcFiles.ReadWhole(opened.Value, DockerfileLimits.MostBytes, out var bytes).OrThrow($"read {path}");
        return bytes;
    }

    public static bool IsFile(string path) =>
        Sys.Stat(Native.AT_FDCWD, ZeroTerminated.Of(path), 0, out var status) == Errno.OK && status.IsRegular;

    /// <summary>NAME.dockerignore beside the Dockerfile goes before .dockerignore of the context.</summary>
    public static IgnoreRules ReadIgnoreRules(BuildOptions build)
    {
        foreach (var path in (ReadOnlySpan<string>)[build.Dockerfile + ".dockerignore", build.Context + "/.dockerignore"])
        {
            if (IsFile(path))
            {
                return IgnoreRules.Read(Read(path), path[(path.LastIndexOf('/') + 1)..]);
            }
        }
        return IgnoreRules.None;
    }

    public static SafeFileHandle OpenContext(string path)
    {
        var opened = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.O_RDONLY | Native.O_DIRECTORY);
        return new SafeFileHandle(opened.OrThrow($"open the context {path}"), ownsHandle: true);
    }
}
