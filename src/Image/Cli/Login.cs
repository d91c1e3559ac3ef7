using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

static class Login
{
    public static Command Command => new("login", "HOST", "check and keep a registry's credentials", [], Act) { LeastWords = 1, MostWords = 1 };

    private static int Act(Arguments arguments, Options options) => throw new UsageError("login: not built yet", isUnsupported: true);
}
