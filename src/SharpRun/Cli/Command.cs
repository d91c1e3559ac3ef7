using System;
using SharpRun.CommandLine;

namespace SharpRun.Cli;

/// <summary>One command: its table of flags, its words, what it does.</summary>
sealed record Command(string Name, string Synopsis, string Help, Flag[] Flags, Func<Arguments, GlobalOptions, Log, int> Act)
{
    public int LeastWords { get; init; } = 1;
    public int MostWords { get; init; } = 1;

    /// <summary>exec and ps: what follows the container id belongs to another program.</summary>
    public int WordsBeforeFreeText { get; init; } = Arguments.NoFreeText;

    /// <summary>Stands before the sentence of an error, as in runc.</summary>
    public string ErrorPrefix { get; init; } = "";

    public int FailureCode { get; init; } = 1;

    public bool WarnsOnStandardError { get; init; }

    /// <summary>The contract has it, this version not: answered by its name, whatever follows, also --help (podman probes that).</summary>
    public bool IsNotYet { get; init; }
}

static class Commands
{
    /// <summary>In the order of the help.</summary>
    public static ReadOnlySpan<string> Names => s_names;

    private static readonly string[] s_names =
    [
        "create", "start", "run", "state", "list", "exec", "kill", "pause", "resume", "ps", "update", "events", "delete",
        "features", "spec", "plan",
    ];

    public static Command Find(string name) => name switch
    {
        "create" => Create.Command,
        "start" => Start.Command,
        "run" => Run.Command,
        "state" => State.Command,
        "list" => List.Command,
        "exec" => ExecCommand.Command,
        "kill" => Kill.Command,
        "pause" => Pause.Command,
        "resume" => Resume.Command,
        "ps" => Ps.Command,
        "events" => Events.Command,
        "delete" => Delete.Command,
        "update" => UpdateCommand.Command,
        "features" => Features.Command,
        "spec" => SpecCommand.Command,
        "plan" => PlanCommand.Command,
        "checkpoint" or "restore" => NotYet(name),
        _ => throw new UsageError($"unknown command \"{name}\" (sharprun help lists them)"),
    };

    /// <summary>The text of --help.</summary>
    public static string Help() => Usage.OfProgram(GlobalOptions.Tool, Names, name => Find(name).Help);

    public static string Help(Command command) => Usage.OfCommand(GlobalOptions.Tool, command.Name, command.Synopsis, command.Help, command.Flags);

    private static Command NotYet(string name) => new(name, "", "", [], (_, _, _) => 1) { IsNotYet = true };
}
