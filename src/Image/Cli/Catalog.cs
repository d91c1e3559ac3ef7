using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Catalog
{
    public static Command Command => new("catalog", "HOST [FILTER]", "print a registry's repositories", [], Act) { LeastWords = 1, MostWords = 2 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("catalog: not built yet", isUnsupported: true);
}
