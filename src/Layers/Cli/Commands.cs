global using Command = SharpRun.CommandLine.Command<SharpRun.Layers.Cli.Options>;
using SharpRun.CommandLine;

namespace SharpRun.Layers.Cli;

static class Commands
{
    public static Verbs<Options> All { get; } = new(Options.Tool, Options.Common,
    [
        NotYet("drivers"), NotYet("create"), NotYet("mount"), NotYet("unmount"), NotYet("diff"), NotYet("commit"), NotYet("list"), NotYet("remove"), NotYet("gc"),
    ], Options.From);

    private static Command NotYet(string name) =>
        new(name, "", "not there yet", [], (_, _) => throw new UsageError($"{name} is not there yet", isUnsupported: true)) { LeastWords = 0, MostWords = int.MaxValue };
}
