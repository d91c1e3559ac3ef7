using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class PackCommand
{
    public static Command Command => new("pack", "BUNDLE IMAGE | --upper DIR IMAGE", "make a layer of what was changed", [], Act) { LeastWords = 1, MostWords = 2 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("pack: not built yet", isUnsupported: true);
}
