global using Command = SharpRun.CommandLine.Command<SharpRun.Image.Cli.Options>;
using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Commands
{
    public static Verbs<Options> All { get; } = new(Options.Tool, Options.Common,
    [
        Pull.Command, Push.Command, Copy.Command, Inspect.Command, List.Command, Tag.Command, Remove.Command, CollectGarbage.Command, Tags.Command,
        Catalog.Command, Login.Command, Logout.Command, UnpackCommand.Command, BundleCommand.Command, PackCommand.Command, BuildCommand.Command,
    ], Options.From);
}
