using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class BundleCommand
{
    public static Command Command => new("bundle", "[flags] IMAGE BUNDLE [-- ARGS...]", "write config.json for an image", [], Act) { LeastWords = 2, MostWords = 1000000 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("bundle: not built yet", isUnsupported: true);
}
