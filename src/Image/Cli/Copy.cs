using SharpRun.CommandLine;
using SharpRun.Image.Store;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class Copy
{
    public static Command Command =>
        new("copy", "[flags] SOURCE DESTINATION", "bring an image from one place to another", Transfer.Flags, Act) { LeastWords = 2, MostWords = 2 };

    // A bare source is the store's image, and the registry's when the store has none.
    private static int Act(Arguments arguments, Options options)
    {
        var from = Words.Image(arguments.Words[0]);
        from = from is ImageName.Bare bare && !ImageStore.Has(bare.Reference, options) ? Transfer.AtRegistry(from) : from;
        return Transfer.Run("copy", from, Words.Image(arguments.Words[1]), arguments, options);
    }
}
