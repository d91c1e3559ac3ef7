using SharpRun.CommandLine;

namespace SharpRun.Cli;

static class Version
{
    /// <summary>The newest runtime specification whose documents are read.</summary>
    public const string Specification = "1.3.0";

    /// <summary>docker splits the line at the word "version", which must not occur again, and looks for "commit:".</summary>
    public static int Print()
    {
        Output.Write($"sharprun version {BuildInfo.Version}\ncommit: {BuildInfo.Commit}\nspec: {Specification}\n");
        return 0;
    }
}
