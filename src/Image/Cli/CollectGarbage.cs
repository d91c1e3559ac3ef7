using System.Globalization;
using SharpRun.CommandLine;
using SharpRun.Image.Store;

namespace SharpRun.Image.Cli;

static class CollectGarbage
{
    public static Command Command =>
        new("gc", "[flags]", "remove what no name of the store reaches, and what was begun and left; prints the bytes freed", [], Act) { LeastWords = 0, MostWords = 0 };

    private static int Act(Arguments arguments, Options options)
    {
        using var store = ImageStore.TryOpen(options);
        var (bytes, files) = store?.CollectGarbage() ?? (0, 0);
        JsonOutput.WriteResult(options, bytes.ToString(CultureInfo.InvariantCulture), json =>
        {
            json.WriteNumber("bytesFreed", bytes);
            json.WriteNumber("filesRemoved", files);
        });
        return 0;
    }
}
