using System;
using System.Text;
using SharpRun.Linux;

namespace SharpRun.CommandLine;

/// <summary>The places of ROOT/networks that sharprun-net writes and sharprun-image reads (spec/net.md).</summary>
public static class NetworkFiles
{
    public const string Hosts = "hosts", RecordEnd = ".json";

    private const string Named = "/run/netns/";

    public static string DirectoryOf(string root) => root + "/networks";

    /// <summary>A network namespace of a name as `ip netns` keeps it, or of an absolute path.</summary>
    public static string NetNsOf(string word)
    {
        if (!word.Contains('/'))
        {
            return Named + word;
        }
        var path = AbsolutePath.Of(word);
        // /var/run is a symbolic link to /run, and ip(8) of old wrote it so.
        return path.StartsWith("/var" + Named, StringComparison.Ordinal) ? path[4..] : path;
    }

    /// <summary>Its name below /run/netns; null when it is elsewhere.</summary>
    public static string? NameOf(string netNs) =>
        netNs.StartsWith(Named, StringComparison.Ordinal) && !netNs.AsSpan(Named.Length).Contains('/') ? netNs[Named.Length..] : null;

    /// <summary>The name of the record of the namespace's attachment in a network's directory: the namespace's own name, or its path with the slashes written as %2F.</summary>
    public static string RecordOf(string netNs) =>
        (NameOf(netNs) ?? netNs).Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal) + RecordEnd;

    /// <summary>The file with the names of the containers in the network to which the namespace is attached; null when it is attached to none.
    /// Of several networks the first in the order of their names.</summary>
    public static string? HostsOf(string root, string netNs)
    {
        var networks = Sys.Open(Native.AT_FDCWD, ZeroTerminated.Of(DirectoryOf(root)), Native.O_RDONLY | Native.O_DIRECTORY);
        if (!networks.Ok)
        {
            return networks.Error == Errno.ENOENT ? null : throw new ErrnoException($"open {DirectoryOf(root)}", networks.Error);
        }
        string? first = null;
        Span<byte> buffer = stackalloc byte[8192];
        while (Sys.GetDents(networks.Value, buffer).OrThrow($"list {DirectoryOf(root)}") is > 0 and var length)
        {
            foreach (var bytes in new DirectoryRecords(buffer[..length]))
            {
                var name = Encoding.UTF8.GetString(bytes);
                if ((first is null || string.CompareOrdinal(name, first) < 0) && Has(networks.Value, $"{name}/{RecordOf(netNs)}") && Has(networks.Value, $"{name}/{Hosts}"))
                {
                    first = name;
                }
            }
        }
        Sys.Close(networks.Value);
        return first is null ? null : $"{DirectoryOf(root)}/{first}/{Hosts}";
    }

    private static bool Has(int directory, string path) =>
        Sys.Stat(directory, ZeroTerminated.Of(path), Native.AT_SYMLINK_NOFOLLOW, out var status) == Errno.OK && status.IsRegular;
}
