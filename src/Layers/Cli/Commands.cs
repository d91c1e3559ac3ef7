global using Command = SharpRun.CommandLine.Command<SharpRun.Layers.Cli.Options>;
using SharpRun.CommandLine;

namespace SharpRun.Layers.Cli;

static class Commands
{
    public static Verbs<Options> All { get; } = new(Options.Tool, Options.Common,
    [
        Drivers.Command, Create.Command, Mount.Command, Unmount.Command, Diff.Command, CommitCommand.Command, List.Command, Remove.Command, CollectGarbage.Command,
    ], Options.From);
}
