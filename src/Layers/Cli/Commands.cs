global using Command = SharpRun.CommandLine.Command<SharpRun.Layers.Cli.Options>;
using SharpRun.CommandLine;

namespace SharpRun.Layers.Cli;

static class Commands
{
    public static Verbs<Options> All { get; } = new(Options.Tool, Options.Common,
    [
        Drivers.Command, Create.Command, Mount.Command, Unmount.Command, NotYet("diff"), NotYet("commit"), List.Command, Remove.Command, CollectGarbage.Command,
    ], Options.From);

    private static Command NotYet(string name) =>
        new(name, "", "not there yet", [], (_, _) => throw new UsageError($"{name} is not there yet", isUnsupported: true)) { LeastWords = 0, MostWords = int.MaxValue };
}
