using System.Globalization;
using SharpRun.CommandLine;
using SharpRun.Image.Store;
using SharpRun.LayerStore;

namespace SharpRun.Image.Cli;

static class CollectGarbage
{
    private const string Help = "remove what no name of the store reaches, and what was begun and left; prints the bytes freed";

    public static Command Command => new("gc", "[flags]", Help, [], Act) { LeastWords = 0, MostWords = 0 };

    private static int Act(Arguments arguments, Options options)
    {
        using var store = ImageStore.TryOpen(options);
        var (bytes, files) = store?.CollectGarbage() ?? (0, 0);
        files += store is null ? 0 : Build.BuildCache.Collect(options.Root, store);
        var layers = LayerGarbage.Collect(new StorePaths(options.Root), LayerRoots.TopsOf(store));
        bytes += layers.BytesFreed;
        foreach (var sentence in options.IsQuiet ? [] : layers.Kept)
        {
            Output.WriteError($"sharprun-image: warning: {sentence}: kept\n");
        }
        JsonOutput.WriteResult(options, bytes.ToString(CultureInfo.InvariantCulture), json =>
        {
            json.WriteNumber("bytesFreed", bytes);
            json.WriteNumber("filesRemoved", files);
            json.WriteStartArray("layersRemoved");
            foreach (var layer in layers.Removed)
            {
                json.WriteStringValue(layer.Text);
            }
            json.WriteEndArray();
        });
        return 0;
    }
}
