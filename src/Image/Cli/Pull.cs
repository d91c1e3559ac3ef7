using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Pull
{
    public static Command Command => new("pull", "[flags] SOURCE [DESTINATION]", "fetch an image into the store, or elsewhere", [], Act) { LeastWords = 1, MostWords = 2 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("pull: not built yet", isUnsupported: true);
}
