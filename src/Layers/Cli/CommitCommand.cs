using SharpRun.CommandLine;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;

namespace SharpRun.Layers.Cli;

static class CommitCommand
{
    public static Command Command => new("commit", "[flags] NAME", "what was written becomes a read-only layer of the store; prints its chain id", [], Act);

    private static int Act(Arguments arguments, Options options)
    {
        var name = UnionName.Checked(arguments.Words[0]);
        using var union = new UnionFolder(new StorePaths(options.Root)).Open(name);
        var made = Commit.Make(union, sentence => Results.Warn(options, sentence));
        if (made.DiffId is null)
        {
            Results.Warn(options, $"commit {name}: nothing was changed, so the layer is the uppermost one of the union itself");
        }
        Results.Write(options, made.ChainId.Text, json =>
        {
            json.WriteString("chainId", made.ChainId.Text);
            if (made.DiffId is { } diffId)
            {
                json.WriteString("diffId", diffId.Text);
            }
            json.WriteString("parent", union.Record.Chain[^1].Text);
        });
        return 0;
    }
}
