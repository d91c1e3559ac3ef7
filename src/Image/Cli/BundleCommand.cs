using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using SharpRun.CommandLine;
using SharpRun.Image.Bundle;
using SharpRun.Image.Transports;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class BundleCommand
{
    // docker's least: with less the container's own start fails.
    private const long LeastMemory = 6 << 20;

    private static readonly Flag[] s_flags =
    [
        Flag.Text("rootfs", "PATH", "the unpacked root file system (default: rootfs in BUNDLE)"),
        Flag.Text("netns", "PATH", "join this network namespace (default: a new one, with lo alone)"),
        Flag.Switch("interactive", "taken for docker's sake: stdin is always handed on", 'i'),
        Flag.Switch("tty", "with a terminal", 't'),
        Flag.Text("user", "USER[:GROUP]", "names of the image's /etc/passwd and /etc/group, or ids", 'u'),
        Flag.Text("workdir", "DIR", "where the process starts", 'w'),
        Flag.Text("env", "K[=V]", "a variable; without a value: the caller's (may be repeated)", 'e'),
        Flag.Text("volume", "SRC:DEST[:OPTS]", "a file or directory of the host; OPTS as ro,rslave (may be repeated)", 'v'),
        Flag.Text("memory", "SIZE", "the most memory, as 512m", 'm'),
        Flag.Text("cpus", "N", "the most processor time, as 1.5"),
        Flag.Number("pids", "N", "the most processes"),
        Flag.Switch("read-only", "the root file system cannot be changed"),
        Flag.Text("hostname", "NAME", "the container's host name (default: the last word of BUNDLE)"),
        Flag.Text("cap-add", "CAP", "a capability, or ALL (may be repeated)"),
        Flag.Text("cap-drop", "CAP", "a capability, or ALL (may be repeated)"),
        Flag.Switch("privileged", "all capabilities and devices, no seccomp, nothing masked"),
        Flag.Text("seccomp", "FILE", "a profile in docker's form, or \"unconfined\" (default: docker's)"),
        Flag.Text("cgroup", "PATH", "cgroupsPath (default: the runtime's choice)"),
    ];

    public static Command Command => new("bundle", "[flags] IMAGE BUNDLE [-- ARGS...]", "write config.json for an image", s_flags, Act)
    {
        LeastWords = 2,
        MostWords = int.MaxValue,
    };

    private static int Act(Arguments arguments, Options options)
    {
        var warn = Warnings.Of(options);
        // Whoever the container's users are, they read hosts and resolv.conf. A bundle that is made here is open to its owner alone.
        Sys.Umask(0);
        var host = HostFacts.Read();
        var request = RequestOf(arguments, host, warn);
        if (request.NetworkNamespace is { } netNs)
        {
            request = request with { HostsFile = NetworkFiles.HostsOf(options.Root, NetworkFiles.NetNsOf(netNs)) };
        }
        using var image = OpenImage.Open(Words.Image(arguments.Words[0]), options);
        var path = BundleDirectory.Write(image.Name, image.Config, request, AbsolutePath.Of(arguments.Words[1]), host, warn);
        JsonOutput.WriteResult(options, path, json =>
        {
            json.WriteString("config", path);
            json.WriteString("manifest", image.Descriptor.Digest.Text);
        });
        return 0;
    }

    internal static BundleRequest RequestOf(Arguments arguments, HostFacts host, Action<string> warn)
    {
        var isPrivileged = arguments.Is("privileged");
        // Without root there is but one id to be had without help: the caller's, which is root inside.
        var isRootless = host.Uid != 0;
        var request = new BundleRequest
        {
            Rootfs = AbsolutePath.OfOptional(arguments.Text("rootfs")),
            NetworkNamespace = AbsolutePath.OfOptional(arguments.Text("netns")),
            HasTerminal = arguments.Is("tty"),
            User = arguments.Text("user"),
            WorkingDirectory = arguments.Text("workdir") is { } directory ? Absolute("workdir", directory) : null,
            Environment = arguments.Texts("env").ConvertAll(Variable),
            Mounts = [.. arguments.Texts("volume").Select(text => BindMount.Parse(text, warn))],
            Memory = arguments.Text("memory") is { } memory ? MemoryOf(memory) : null,
            Cpus = arguments.Text("cpus") is { } cpus ? CpusOf(cpus) : null,
            // docker's -1 and 0 are "without a limit".
            Pids = arguments.Number("pids", 0) is > 0 and var pids ? pids : null,
            IsReadOnly = arguments.Is("read-only"),
            HostName = arguments.Text("hostname") is { } name ? HostNameOf(name) : null,
            CapabilitiesToAdd = arguments.Texts("cap-add"),
            CapabilitiesToDrop = arguments.Texts("cap-drop"),
            IsPrivileged = isPrivileged,
            Cgroup = arguments.Text("cgroup"),
            Arguments = arguments.Words.Count > 2 ? arguments.Words[2..] : null,
            UidMaps = isRootless ? [new IdMap(0, host.Uid, 1)] : [],
            GidMaps = isRootless ? [new IdMap(0, host.Gid, 1)] : [],
        };
        return arguments.Text("seccomp") switch
        {
            null => request,
            "unconfined" => request with { Seccomp = null },
            var file => request with { Seccomp = Profile(AbsolutePath.Of(file)) },
        };
    }

    private static SeccompProfile Profile(string path)
    {
        ProcFiles.ReadWhole(Native.AT_FDCWD, ZeroTerminated.Of(path), SeccompProfile.MaxLength, out var bytes)
            .OrThrow($"read the seccomp profile {path}");
        return SeccompProfile.Parse(bytes, $"seccomp profile {path}");
    }

    private static string Absolute(string flag, string path) =>
        path.StartsWith('/') ? path : throw new UsageError($"--{flag} {path}: an absolute path is expected");

    private static string Variable(string text) =>
        text.Length > 0 && text[0] != '=' && !text.Contains('\0', StringComparison.Ordinal)
            ? text : throw new UsageError($"-e \"{text}\": NAME=VALUE or NAME is expected");

    private static long MemoryOf(string text) => !ByteSize.TryParse(text, out var bytes) ? throw new UsageError($"-m {text}: a size is expected, as 512m or 2g")
        : bytes >= LeastMemory ? bytes : throw new UsageError($"-m {text}: the least is 6m");

    // The kernel's least quota is one millisecond of every hundred.
    private static decimal CpusOf(string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cpus) && cpus is >= 0.01m and <= 100_000m
            ? cpus : throw new UsageError($"--cpus {text}: a number from 0.01 on is expected, as 1.5");

    private static string HostNameOf(string name) =>
        BundleDirectory.IsHostName(name) ? name : throw new UsageError($"--hostname {name}: up to 64 letters, digits, - and . between them are expected");
}
