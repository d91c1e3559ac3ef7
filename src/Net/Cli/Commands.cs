global using Command = SharpRun.CommandLine.Command<SharpRun.Net.Cli.Options>;
using SharpRun.CommandLine;

namespace SharpRun.Net.Cli;

static class Commands
{
    public static Verbs<Options> All { get; } = new(Options.Tool, Options.Common,
    [
        UpDown.Up, UpDown.Down, Looking.List, Looking.Inspect, Looking.Check, Clearing.CollectGarbage, Clearing.Reload, Hook.Command,
    ], Options.From);
}
