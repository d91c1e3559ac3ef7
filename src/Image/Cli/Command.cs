using System;
using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

/// <summary>One verb: its words, its flags beside the common ones, what it does. Act gives the exit status.</summary>
sealed record Command(string Name, string Synopsis, string Help, Flag[] Flags, Func<Arguments, Options, int> Act)
{
    public int LeastWords { get; init; } = 1;
    public int MostWords { get; init; } = 1;

    /// <summary>The parser's table: the common flags may stand behind the verb, too.</summary>
    public Flag[] AllFlags => [.. Flags, .. Options.Common];
}

static class Commands
{
    /// <summary>In the order of the help; aliases are not in it.</summary>
    public static ReadOnlySpan<string> Names => s_names;

    private static readonly string[] s_names =
    [
        "pull", "push", "copy", "inspect", "list", "tag", "remove", "gc", "tags", "catalog", "login", "logout", "unpack", "bundle", "pack", "build",
    ];

    public static Command Find(string name) => name switch
    {
        "pull" => Pull.Command,
        "push" => Push.Command,
        "copy" => Copy.Command,
        "inspect" => Inspect.Command,
        "list" => List.Command,
        "tag" => Tag.Command,
        "remove" => Remove.Command,
        "gc" => CollectGarbage.Command,
        "tags" => Tags.Command,
        "catalog" => Catalog.Command,
        "login" => Login.Command,
        "logout" => Logout.Command,
        "unpack" => UnpackCommand.Command,
        "bundle" => BundleCommand.Command,
        "pack" or "repack" => PackCommand.Command,
        "build" => BuildCommand.Command,
        _ => throw new UsageError($"unknown command \"{name}\" (sharprun-image help lists them)"),
    };

    public static string Help() => Usage.OfProgram(Options.Tool, Names, name => Find(name).Help);

    public static string Help(Command command) => Usage.OfCommand(Options.Tool, command.Name, command.Synopsis, command.Help, command.AllFlags);
}
