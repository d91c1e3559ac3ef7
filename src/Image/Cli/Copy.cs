using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Copy
{
    public static Command Command => new("copy", "[flags] SOURCE DESTINATION", "copy an image from anywhere to anywhere", [], Act) { LeastWords = 2, MostWords = 2 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("copy: not built yet", isUnsupported: true);
}
