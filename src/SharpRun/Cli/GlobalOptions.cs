using SharpRun.CommandLine;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Cli;

/// <summary>What stands before the command.</summary>
sealed record GlobalOptions
{
    // Built once per process, by the parser's first act.
    public static Tool Tool { get; } = new("sharprun", "runs containers from OCI bundles",
    [
        Flag.Text("root", "DIR", "where the state of containers is kept (default /run/sharprun, or below XDG_RUNTIME_DIR)"),
        Flag.Text("log", "FILE", "append errors there (default stderr)"),
        Flag.Text("log-format", "text|json", "form of the log's lines (default text)"),
        Flag.Text("log-level", "LEVEL", "error (default), warning, info or debug"),
        Flag.Switch("debug", "write debug lines to the log, with the time of each step"),
        Flag.Switch("systemd-cgroup", "let systemd make the cgroups; cgroupsPath is then slice:prefix:name"),
        Flag.Text("cgroup-manager", "NAME", "who makes the cgroups: cgroupfs (default), systemd, disabled"),
        Flag.Text("rootless", "auto|BOOL", "tolerate that cgroups may not be written (default auto)"),
        Flag.Switch("version", "print the version", 'v'),
    ]);

    /// <summary>As given; null: the default.</summary>
    public string? Root { get; init; }

    /// <summary>For create and run; all other commands take it from the container's state.</summary>
    public CgroupManager CgroupManager { get; init; }

    /// <summary>Null: decided by the caller's ids.</summary>
    public bool? Rootless { get; init; }

    /// <summary>Absolute. Touches nothing.</summary>
    public string StateRootPath => Root is { Length: > 0 } ? StateRoot.Checked(AbsolutePath.Of(Root)) : DefaultRoot.Find();

    public static void OpenLog(Arguments words, Log log)
    {
        var path = words.Text("log");
        var format = words.Text("log-format") ?? "text";
        log.Open(path is { Length: > 0 } ? path : null, format == "json");
        if (format is not ("text" or "json"))
        {
            throw new UsageError($"invalid log-format: {format}");
        }
        log.Level = Level(words);
    }

    public static GlobalOptions From(Arguments words) => new()
    {
        Root = words.Text("root"),
        CgroupManager = words.Text("cgroup-manager") switch
        {
            null or "cgroupfs" => words.Is("systemd-cgroup") ? CgroupManager.Systemd : CgroupManager.Cgroupfs,
            "systemd" => CgroupManager.Systemd,
            "disabled" => CgroupManager.Disabled,
            var other => throw new UsageError($"invalid cgroup-manager \"{other}\": cgroupfs, systemd and disabled are known"),
        },
        Rootless = words.Text("rootless") switch
        {
            null or "" or "auto" => null,
            "true" or "1" or "t" or "T" or "TRUE" or "True" => true,
            "false" or "0" or "f" or "F" or "FALSE" or "False" => false,
            var other => throw new UsageError($"invalid value \"{other}\" for --rootless: auto, true or false is expected"),
        },
    };

    private static LogLevel Level(Arguments words)
    {
        if (words.Is("debug"))
        {
            return LogLevel.Debug;
        }
        return words.Text("log-level") switch
        {
            null or "error" => LogLevel.Error,
            "warning" => LogLevel.Warning,
            "info" => LogLevel.Info,
            "debug" => LogLevel.Debug,
            var other => throw new UsageError($"invalid log-level: {other}"),
        };
    }
}
