using System;
using System.Globalization;
using SharpRun.Cni;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Net.Attachments;

namespace SharpRun.Net.Cli;

/// <summary>The verbs as hooks of an OCI runtime (runtime-spec, config.md, "POSIX-platform Hooks"): the container's state on stdin. `up` for createRuntime or prestart,
/// when the namespaces are there; `down` for poststop, when they are gone.</summary>
static class Hook
{
    private const int StandardInput = 0, MaxLength = 1 << 20;

    public static Command Command { get; } = new("hook", "up|down NETWORK [flags]", "up or down as an OCI hook: the container's state on stdin", Words.UpFlags, Act) { LeastWords = 2, MostWords = 2 };

    private static int Act(Arguments arguments, Options options)
    {
        var name = Words.Network(arguments.Words[1]);
        return arguments.Words[0] switch
        {
            "up" => Up(arguments, options, name),
            "down" => Down(options, name),
            var other => throw new UsageError($"hook {other}: up or down is expected"),
        };
    }

    private static int Up(Arguments arguments, Options options, string name)
    {
        var state = ReadState();
        var netNs = NetNsOf(state);
        var known = NetworkFolder.Find(name, options.ConfigDirectory);
        var wanted = Words.Wanted(arguments, known, netNs, state.Id);
        wanted = wanted with { Name = wanted.Name ?? state.Id, HostsFile = state.Bundle is { } bundle ? $"{bundle}/{NetworkFiles.Hosts}" : null };
        using var network = NetworkDirectory.Open(options.Root, name, makes: true)!;
        UpDown.Answer(options, Attacher.Up(network, wanted));
        return 0;
    }

    internal static string NetNsOf((string Id, long Pid, string? Bundle) state) => NetCheck.ContainerHasAProcess.Passes(state.Pid > 0)
        ? string.Create(CultureInfo.InvariantCulture, $"/proc/{state.Pid}/ns/net")
        : throw new NetError($"state on stdin: the container {state.Id} has no process, so there is no network namespace (the hook belongs to createRuntime or prestart)");

    private static int Down(Options options, string name)
    {
        var state = ReadState();
        using var network = NetworkDirectory.Open(options.Root, name, makes: false);
        foreach (var record in network?.Records.FindAll(record => record.ContainerId == state.Id) ?? [])
        {
            UpDown.TakeDown(network, record, record.NetNs);
        }
        return 0;
    }

    private static (string Id, long Pid, string? Bundle) ReadState()
    {
        var error = ProcFiles.ReadStream(StandardInput, MaxLength, out var document);
        error.OrThrow("read the container's state from stdin");
        return StateOf(document);
    }

    internal static (string Id, long Pid, string? Bundle) StateOf(byte[] document)
    {
        var fields = new Fields(JsonPart.Read(document, MaxLength, "state on stdin"), ["id", "pid", "bundle"]);
        var id = fields.Require("id").Text();
        if (NetCheck.ContainerHasAName.Fails(!CniEnvironment.IsName(id)))
        {
            throw new NetError($"state on stdin: the container's id \"{JsonPart.Short(id)}\" is no name in CNI: letters and digits, then also \"_\", \".\" and \"-\"");
        }
        return (id, fields.Find("pid")?.Integer() ?? 0, fields.Text("bundle") is { } bundle && NetCheck.BundleIsAbsolute.Passes(bundle.StartsWith('/')) ? bundle : null);
    }
}
