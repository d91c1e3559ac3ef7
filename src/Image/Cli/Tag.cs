using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Tag
{
    public static Command Command => new("tag", "IMAGE NAME", "give an image of the store another name", [], Act) { LeastWords = 2, MostWords = 2 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("tag: not built yet", isUnsupported: true);
}
