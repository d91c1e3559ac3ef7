using System.Collections.Generic;
using System.Linq;
using System.Text;
using SharpRun.CommandLine;
using SharpRun.Json;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;

namespace SharpRun.Layers.Cli;

static class List
{
    public static Command Command => new("list", "[flags]", "the names of the unions; --json: what they are made of and where they are mounted", [], Act)
    {
        LeastWords = 0,
        MostWords = 0,
    };

    private sealed record Row(string Name, UnionRecord Record, IReadOnlyList<string> Mounts);

    private static int Act(Arguments arguments, Options options)
    {
        var rows = Rows(options);
        if (!options.IsJson)
        {
            var names = new StringBuilder();
            rows.ForEach(row => names.Append(row.Name).Append('\n'));
            Output.Write(names.ToString());
            return 0;
        }
        Results.WriteJson(json =>
        {
            json.WriteStartArray();
            foreach (var row in rows)
            {
                json.WriteStartObject();
                json.WriteString("name", row.Name);
                row.Record.WriteMembers(json);
                json.WriteTexts("mounts", row.Mounts);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
        return 0;
    }

    // Without locks, so that a long copy does not make it wait.
    private static List<Row> Rows(Options options)
    {
        var unions = new UnionFolder(new StorePaths(options.Root));
        var rows = new List<Row>();
        foreach (var name in unions.Names())
        {
            try
            {
                using var union = unions.Look(name);
                if (union?.TryReadRecord() is { } record)
                {
                    rows.Add(new Row(name, record, options.IsJson ? [.. union.Mounts(record).Select(mount => mount.Point)] : []));
                }
                else if (union is not null)
                {
                    Results.Warn(options, $"union {name} is not finished (gc removes it if nobody is at work at it)");
                }
            }
            catch (JsonError error)
            {
                Results.Warn(options, error.Message);
            }
        }
        return rows;
    }
}
