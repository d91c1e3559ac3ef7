using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class BuildCommand
{
    public static Command Command => new("build", "DIR -t NAME", "build an image from a Dockerfile", [], Act) { LeastWords = 1, MostWords = 1 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("build: not built yet", isUnsupported: true);
}
