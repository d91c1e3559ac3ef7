using SharpRun.CommandLine;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;

namespace SharpRun.Layers.Cli;

static class Remove
{
    public static Command Command => new("remove", "[flags] NAME...", "unmount unions and remove them with all that was written; one that is not there is done", [], Act)
    {
        MostWords = int.MaxValue,
    };

    private static int Act(Arguments arguments, Options options)
    {
        var names = arguments.Words.ConvertAll(UnionName.Checked);
        var unions = new UnionFolder(new StorePaths(options.Root));
        var bytes = 0L;
        foreach (var name in names)
        {
            using var union = unions.TryLock(name);
            bytes += union is null ? 0 : UnionFolder.Remove(union);
        }
        Results.Write(options, string.Join('\n', names), json =>
        {
            json.WriteStartArray("removed");
            names.ForEach(json.WriteStringValue);
            json.WriteEndArray();
            json.WriteNumber("bytesFreed", bytes);
        });
        return 0;
    }
}
