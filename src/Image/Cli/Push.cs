using SharpRun.CommandLine;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class Push
{
    public static Command Command =>
        new("push", "[flags] IMAGE [DESTINATION]", "send an image of the store to a registry, or elsewhere", Transfer.Flags, Act)
        {
            LeastWords = 1,
            MostWords = 2,
        };

    private static int Act(Arguments arguments, Options options)
    {
        var from = Words.Image(arguments.Words[0]);
        var to = Transfer.AtRegistry(arguments.Words.Count > 1 ? Words.Image(arguments.Words[1]) : from);
        return Transfer.Run("push", from, to, arguments, options);
    }
}
