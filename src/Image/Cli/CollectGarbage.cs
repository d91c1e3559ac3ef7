using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class CollectGarbage
{
    public static Command Command => new("gc", "", "delete what nothing in the store needs", [], Act) { LeastWords = 0, MostWords = 0 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("gc: not built yet", isUnsupported: true);
}
