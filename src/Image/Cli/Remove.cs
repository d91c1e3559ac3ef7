using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Remove
{
    public static Command Command => new("remove", "IMAGE", "take a name out of the store", [], Act) { LeastWords = 1, MostWords = 1 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("remove: not built yet", isUnsupported: true);
}
