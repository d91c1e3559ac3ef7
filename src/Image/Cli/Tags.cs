using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Tags
{
    public static Command Command => new("tags", "REPOSITORY", "print a repository's tags", [], Act) { LeastWords = 1, MostWords = 1 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("tags: not built yet", isUnsupported: true);
}
