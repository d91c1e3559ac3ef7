using SharpRun.CommandLine;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class Pull
{
    public static Command Command =>
        new("pull", "[flags] SOURCE [DESTINATION]", "fetch an image into the store, or elsewhere", Transfer.Flags, Act) { LeastWords = 1, MostWords = 2 };

    private static int Act(Arguments arguments, Options options)
    {
        var from = Transfer.AtRegistry(Words.Image(arguments.Words[0]));
        var to = arguments.Words.Count > 1 ? Words.Image(arguments.Words[1]) : Transfer.NameInStore(from);
        return Transfer.Run("pull", from, to, arguments, options);
    }
}
