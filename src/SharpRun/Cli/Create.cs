using SharpRun.CommandLine;
using SharpRun.Parent;

namespace SharpRun.Cli;

static class Create
{
    public static Command Command => new("create", "[flags] ID", "create a container from a bundle; start runs its program", CreateFlags.Flags, Act)
    {
        ErrorPrefix = "sharprun create failed: ",
        WarnsOnStandardError = true,
    };

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var container = Creator.Create(CreateFlags.Options(arguments, globals) with { Detach = true }, log);
        log.Times(container.Plan, () => container.Times);
        return 0;
    }
}
