using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using SharpRun.Linux;

namespace SharpRun.Image.Bundle;

/// <summary>The device nodes of the host's /dev, for a privileged container. Without the runtime's own, the terminals, and what is mounted there.</summary>
static class HostDevices
{
    private const int MostLevels = 8;

    private static readonly string[] s_left = ["/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/fd", "/dev/console", "/dev/ptmx", "/dev/.udev"];
    private static readonly string[] s_ofRuntime = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];

    public static List<DeviceNode> Read()
    {
        var nodes = new List<DeviceNode>();
        Add(nodes, "/dev", MostLevels);
        return [.. nodes.OrderBy(node => node.Path, StringComparer.Ordinal)];
    }

    private static void Add(List<DeviceNode> nodes, string directory, int levels)
    {
        foreach (var path in Entries(directory))
        {
            if (s_left.Contains(path) || s_ofRuntime.Contains(path)
                || Sys.Stat(Native.AT_FDCWD, ZeroTerminated.Of(path), Native.AT_SYMLINK_NOFOLLOW, out var status) != Errno.OK)
            {
                continue;
            }
            if (status.IsDirectory && levels > 0)
            {
                Add(nodes, path, levels - 1);
            }
            else if (status.IsCharDevice || status.IsBlockDevice)
            {
                var kind = status.IsCharDevice ? 'c' : 'b';
                nodes.Add(new DeviceNode(path, kind, status.RdevMajor, status.RdevMinor, status.Mode & 0xFFF, status.Uid, status.Gid));
            }
        }
    }

    // A device that goes away meanwhile takes its directory with it.
    private static string[] Entries(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
