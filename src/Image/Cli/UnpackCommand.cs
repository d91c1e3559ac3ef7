using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class UnpackCommand
{
    public static Command Command => new("unpack", "[flags] IMAGE BUNDLE | --layers IMAGE", "unpack an image into a bundle, or its layers into the store", [], Act) { LeastWords = 1, MostWords = 2 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("unpack: not built yet", isUnsupported: true);
}
