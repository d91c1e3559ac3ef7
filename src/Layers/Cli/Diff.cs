using System.Text;
using SharpRun.CommandLine;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Tar;

namespace SharpRun.Layers.Cli;

/// <summary>As docker diff: "A", "C" or "D" and the path in the container.</summary>
static class Diff
{
    public static Command Command => new("diff", "[flags] NAME", "what was added (A), changed (C) and deleted (D) in a union", [], Act);

    private static int Act(Arguments arguments, Options options)
    {
        var name = UnionName.Checked(arguments.Words[0]);
        using var union = new UnionFolder(new StorePaths(options.Root)).Open(name);
        using var lowers = LowerTrees.Of(union.Paths, union.Record);
        var changes = union.Driver.Changes(union, lowers, sentence => Results.Warn(options, sentence));
        if (options.IsJson)
        {
            Results.WriteJson(json =>
            {
                json.WriteStartArray();
                foreach (var change in changes)
                {
                    json.WriteStartObject();
                    json.WriteString("kind", Letter(change.Kind));
                    json.WriteString("path", TextOf(change));
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            });
            return 0;
        }
        var lines = new StringBuilder();
        foreach (var change in changes)
        {
            lines.Append(Letter(change.Kind)).Append(' ').Append(TextOf(change)).Append('\n');
        }
        Output.Write(lines.ToString());
        return 0;
    }

    private static string Letter(ChangeOf kind) => kind switch
    {
        ChangeOf.Added => "A",
        ChangeOf.Changed => "C",
        _ => "D",
    };

    // One line each, whatever is in a name.
    private static string TextOf(ChangedPath change) => "/" + TarText.Whole(change.Path);
}
