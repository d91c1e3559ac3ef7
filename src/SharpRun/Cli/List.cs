using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using SharpRun.CommandLine;
using SharpRun.Planning;
using SharpRun.State;

namespace SharpRun.Cli;

static class List
{
    private readonly record struct Row(ContainerState State, ContainerStatus Status, string Owner);

    private static readonly string[] s_header = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"];

    private static Flag[] Flags =>
    [
        Flag.Text("format", "table|json", "form of the output (default table)", 'f'),
        Flag.Switch("quiet", "ids only", 'q'),
    ];

    public static Command Command => new("list", "[flags]", "list the containers of the state root", Flags, Act)
    {
        LeastWords = 0,
        MostWords = 0,
    };

    private static int Act(Arguments arguments, GlobalOptions globals, Log log)
    {
        var format = arguments.Text("format") is { Length: > 0 } given ? given : "table";
        if (format is not ("table" or "json"))
        {
            throw new UsageError("invalid format option");
        }
        using var root = StateRoot.Open(globals.StateRootPath);
        if (arguments.Is("quiet"))
        {
            Output.Write(string.Concat((root?.Ids() ?? []).ConvertAll(id => id + "\n")));
            return 0;
        }
        var rows = root is null ? [] : Rows(root);
        Output.Write(format == "json" ? Json(rows) : Encoding.UTF8.GetBytes(Table(rows)));
        return 0;
    }

    // A broken container is told on stderr, and the others are listed.
    private static List<Row> Rows(StateRoot root)
    {
        var rows = new List<Row>();
        foreach (var id in root.Ids())
        {
            try
            {
                // One that is gone or not yet recorded is no error: others create and delete at the same time.
                if (root.Find(id) is { } directory && directory.TryRead(out var isDamaged) is { } state)
                {
                    if (isDamaged)
                    {
                        throw new StateError(ErrorCode.ContainerDamaged, "state.json is damaged");
                    }
                    rows.Add(new Row(state, Status.Of(directory, state), UserNames.Of(directory.Owner())));
                    directory.Close();
                }
            }
            catch (Exception error)
            {
                Output.WriteError($"load container {id}: {OneLine.Of(error.Message)}\n");
            }
        }
        return rows;
    }

    private static byte[] Json(List<Row> rows)
    {
        if (rows.Count == 0)
        {
            // runc's empty list, which go-runc and scripts know.
            return "null\n"u8.ToArray();
        }
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (var row in rows)
            {
                StateOutput.Write(json, row.State, row.Status, row.Owner);
            }
            json.WriteEndArray();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static string Table(List<Row> rows)
    {
        var lines = new List<string[]> { s_header };
        foreach (var (state, status, owner) in rows)
        {
            var pid = status == ContainerStatus.Stopped ? 0 : state.Init.Pid;
            lines.Add([state.Id, pid.ToString(CultureInfo.InvariantCulture), status.Word(), state.Bundle, state.Created, owner]);
        }
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            for (var column = 0; column < line.Length - 1; column++)
            {
                text.Append(line[column].PadRight(Width(lines, column)));
            }
            text.Append(line[^1]).Append('\n');
        }
        return text.ToString();
    }

    // As wide as runc's: at least 12, and three blanks between.
    private static int Width(List<string[]> lines, int column)
    {
        var width = 12;
        foreach (var line in lines)
        {
            width = Math.Max(width, line[column].Length + 3);
        }
        return width;
    }
}
