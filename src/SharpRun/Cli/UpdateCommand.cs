using System;
using System.Globalization;
using SharpRun.CommandLine;
using SharpRun.Linux;
using SharpRun.Parent;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Cli;

static class UpdateCommand
{
    private const int LongestDocument = 16 << 20;

    private static Flag[] Flags =>
    [
        Flag.Text("resources", "FILE", "linux.resources as JSON from a file, or - for stdin; other flags then count for nothing", 'r'),
        Flag.Text("memory", "BYTES", "limit of memory (with b, k, m, g or t behind it; -1: none)"),
        Flag.Text("memory-reservation", "BYTES", "what it keeps when memory is short"),
        Flag.Text("memory-swap", "BYTES", "limit of memory and swap together"),
        Flag.Text("cpu-share", "N", "weight beside other groups (2 to 262144, usually 1024)"),
        Flag.Text("cpu-quota", "MICROSECONDS", "processor time in a period (-1: no limit)"),
        Flag.Text("cpu-period", "MICROSECONDS", "the period (usually 100000)"),
        Flag.Text("cpu-burst", "MICROSECONDS", "how much unused quota may be saved up"),
        Flag.Text("cpu-idle", "0|1", "1: only when nobody else wants the processor"),
        Flag.Text("cpu-rt-runtime", "MICROSECONDS", "realtime processor time in a period (cgroup v1)"),
        Flag.Text("cpu-rt-period", "MICROSECONDS", "the realtime period (cgroup v1)"),
        Flag.Text("cpuset-cpus", "LIST", "processors, such as 0-3,7"),
        Flag.Text("cpuset-mems", "LIST", "memory nodes"),
        Flag.Text("pids-limit", "N", "processes (-1: no limit)"),
        Flag.Text("blkio-weight", "N", "weight of block I/O (10 to 1000)"),
        Flag.Text("l3-cache-schema", "TEXT", "Intel RDT (not built yet)"),
        Flag.Text("mem-bw-schema", "TEXT", "Intel RDT (not built yet)"),
        Flag.Text("kernel-memory", "BYTES", "ignored: the kernel has no such limit any more"),
        Flag.Text("kernel-memory-tcp", "BYTES", "ignored: the kernel has no such limit any more"),
    ];

    public static Command Command => new("update", "[flags] ID", "change the limits of a container", Flags, Act);

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var id = ContainerId.Checked(arguments.Words[0]);
        var file = arguments.Text("resources");
        using var directory = StateRoot.OpenContainer(globals.StateRootPath, id);
        try
        {
            var resources = string.IsNullOrEmpty(file) ? OfFlags(arguments, log) : SpecReader.ReadResources(ReadDocument(file), log.Warning);
            Updater.Update(directory, resources ?? new Resources(), log);
        }
        catch (SpecError error)
        {
            // There is no config.json here.
            throw DocumentError.In(string.IsNullOrEmpty(file) ? "" : $"--resources {file}: ", error, above: "linux.resources.");
        }
        return 0;
    }

    private static Resources OfFlags(Arguments arguments, Log log)
    {
        foreach (var name in (ReadOnlySpan<string>)["l3-cache-schema", "mem-bw-schema"])
        {
            if (arguments.Text(name) is { Length: > 0 })
            {
                throw new UsageError($"update --{name}: not built yet", isUnsupported: true);
            }
        }
        foreach (var name in (ReadOnlySpan<string>)["kernel-memory", "kernel-memory-tcp"])
        {
            if (arguments.Text(name) is { Length: > 0 })
            {
                log.Warning($"--{name} is ignored: the kernel has no such limit any more");
            }
        }
        return new Resources
        {
            Memory = new Memory(Bytes(arguments, "memory"), Bytes(arguments, "memory-reservation"), Bytes(arguments, "memory-swap")),
            Cpu = new Cpu(Unsigned(arguments, "cpu-share"), Number(arguments, "cpu-quota"), Unsigned(arguments, "cpu-period"),
                arguments.Text("cpuset-cpus"), arguments.Text("cpuset-mems"))
            {
                Burst = Unsigned(arguments, "cpu-burst"),
                Idle = Number(arguments, "cpu-idle"),
                RealtimeRuntime = Number(arguments, "cpu-rt-runtime"),
                RealtimePeriod = Unsigned(arguments, "cpu-rt-period"),
            },
            PidsLimit = Number(arguments, "pids-limit"),
            BlockIO = new BlockIO { Weight = (uint?)Math.Min(Unsigned(arguments, "blkio-weight") ?? 0, uint.MaxValue) },
        };
    }

    // An empty value is "not given", as everywhere.
    private static long? Bytes(Arguments arguments, string name) =>
        arguments.Text(name) is not { Length: > 0 } text ? null
        : text == "-1" ? -1
        : ByteSize.TryParse(text, out var bytes) ? bytes : throw new UsageError($"invalid value for {name}: invalid size: '{text}'");

    private static long? Number(Arguments arguments, string name) =>
        arguments.Text(name) is not { Length: > 0 } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : throw NoNumber(name, text);

    private static ulong? Unsigned(Arguments arguments, string name) =>
        arguments.Text(name) is not { Length: > 0 } text ? null
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw NoNumber(name, text);

    private static UsageError NoNumber(string name, string text) => new($"invalid value for {name}: \"{text}\" is not a whole number");

    private static byte[] ReadDocument(string file)
    {
        const int standardInput = 0;
        var input = file == "-" ? standardInput
            : Sys.Open(Native.AT_FDCWD, new CString(file), Native.O_RDONLY | Native.O_NOCTTY).OrThrow($"open --resources {file}");
        var error = ProcFiles.ReadStream(input, LongestDocument, out var document);
        if (input != standardInput)
        {
            Sys.Close(input);
        }
        error.OrThrow($"read --resources {file}");
        return document;
    }
}
