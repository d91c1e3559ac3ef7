using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class List
{
    public static Command Command => new("list", "", "print the names of the images in the store", [], Act) { LeastWords = 0, MostWords = 0 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("list: not built yet", isUnsupported: true);
}
