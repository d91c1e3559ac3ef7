using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Push
{
    public static Command Command => new("push", "[flags] SOURCE DESTINATION", "send an image to a registry", [], Act) { LeastWords = 2, MostWords = 2 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("push: not built yet", isUnsupported: true);
}
