global using Command = SharpRun.CommandLine.Command<SharpRun.Net.Cli.Options>;
using SharpRun.CommandLine;

namespace SharpRun.Net.Cli;

static class Commands
{
    public static Verbs<Options> All { get; } = new(Options.Tool, Options.Common,
    [
        NotYet("up"), NotYet("down"), NotYet("list"), NotYet("inspect"), NotYet("check"), NotYet("gc"), NotYet("reload"), NotYet("hook"),
    ], Options.From);

    private static Command NotYet(string name) =>
        new(name, "", "not there yet", [], (_, _) => throw new UsageError($"{name} is not there yet", isUnsupported: true)) { LeastWords = 0, MostWords = int.MaxValue };
}
