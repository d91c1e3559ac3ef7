using System;

namespace SharpRun.CommandLine;

/// <summary>The verbs of one of our small tools, in the order of its help. The common flags may stand before a verb and behind it.</summary>
public sealed class Verbs<TOptions>(Tool tool, Flag[] common, Command<TOptions>[] commands, Func<Arguments, Arguments, TOptions> options)
{
    /// <summary>argv to the end: the exit status.</summary>
    public int Run(string[] argv, string version)
    {
        var before = new Arguments(tool);
        var next = before.Read(argv, 0, Arguments.StopAtFirstWord);
        if (before.Is("version"))
        {
            Output.Write(version);
            return 0;
        }
        if (before.WantsHelp || next == argv.Length)
        {
            Output.Write(Help());
            return 0;
        }
        if (argv[next] is "help" or "h")
        {
            Output.Write(next + 1 == argv.Length ? Help() : Help(Find(argv[next + 1])));
            return 0;
        }
        var command = Find(argv[next]);
        var behind = new Arguments(tool, AllFlags(command), command.Name);
        behind.Read(argv, next + 1, Arguments.NoFreeText);
        if (behind.WantsHelp)
        {
            Output.Write(Help(command));
            return 0;
        }
        behind.RequireWords(command.LeastWords, command.MostWords);
        return command.Act(behind, options(before, behind));
    }

    private Command<TOptions> Find(string name) =>
        Array.Find(commands, command => command.Name == name || command.Alias == name)
        ?? throw new UsageError($"unknown command \"{name}\" ({tool.Name} help lists them)");

    private Flag[] AllFlags(Command<TOptions> command) => [.. command.Flags, .. common];

    private string Help() => Usage.OfProgram(tool, Array.ConvertAll(commands, command => command.Name), name => Find(name).Help);

    private string Help(Command<TOptions> command) => Usage.OfCommand(tool, command.Name, command.Synopsis, command.Help, AllFlags(command));
}
