using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Inspect
{
    public static Command Command => new("inspect", "[flags] IMAGE", "print what is known of an image", [], Act) { LeastWords = 1, MostWords = 1 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("inspect: not built yet", isUnsupported: true);
}
