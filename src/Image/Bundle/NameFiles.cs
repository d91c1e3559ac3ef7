using System;
using System.Linq;
using System.Text;
using SharpRun.Image.Store;
using SharpRun.Linux;

namespace SharpRun.Image.Bundle;

/// <summary>hosts, hostname and resolv.conf in the bundle, which are bound over the image's in /etc, as docker does.</summary>
static class NameFiles
{
    public static ReadOnlySpan<string> Names => s_names;

    private static readonly string[] s_names = ["hosts", "hostname", "resolv.conf"];
    private const int MaxLength = 1 << 20;

    private const string Hosts = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\n"
        + "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n";

    /// <summary>hosts stays when it is there: whoever knows the networks writes into it.</summary>
    public static void Write(Folder bundle, string hostName)
    {
        if (!bundle.TryStat("hosts", out _))
        {
            bundle.Replace("hosts", Encoding.UTF8.GetBytes(Hosts));
        }
        bundle.Replace("hostname", Encoding.UTF8.GetBytes(hostName + "\n"));
        bundle.Replace("resolv.conf", Encoding.UTF8.GetBytes(Resolv()));
    }

    private static string Resolv()
    {
        var text = Read("/etc/resolv.conf\0"u8);
        // systemd-resolved listens on the host's loopback; whom it asks is here (systemd-resolved.service(8)).
        var reachable = Reachable(text);
        return HasServer(reachable) ? reachable : Read("/run/systemd/resolve/resolv.conf\0"u8) is { Length: > 0 } real && HasServer(Reachable(real)) ? Reachable(real) : reachable;
    }

    private static string Read(ReadOnlySpan<byte> path) => ProcFiles.ReadWhole(Native.AT_FDCWD, path, MaxLength, out var bytes) == Errno.OK ? Encoding.UTF8.GetString(bytes) : "";

    private static bool HasServer(string text) => text.Split('\n').Any(line => Server(line) is not null);

    /// <summary>Without the servers on the loopback, which is another one in the container.</summary>
    internal static string Reachable(string text) => string.Join('\n', text.Split('\n').Where(line => Server(line) is not { } server || !IsLoopback(server)));

    private static string? Server(string line)
    {
        var words = line.Split((char[])[' ', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries);
        return words is ["nameserver", var server, ..] ? server : null;
    }

    private static bool IsLoopback(string server) => server.StartsWith("127.", StringComparison.Ordinal) || server == "::1";
}
