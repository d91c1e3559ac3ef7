using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Logout
{
    public static Command Command => new("logout", "HOST", "forget a registry's credentials", [], Act) { LeastWords = 1, MostWords = 1 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("logout: not built yet", isUnsupported: true);
}
