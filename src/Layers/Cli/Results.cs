using System;
using System.Text.Json;
using SharpRun.CommandLine;
using SharpRun.Json;

namespace SharpRun.Layers.Cli;

/// <summary>A line on stdout, or one JSON document with the same facts; warnings on stderr.</summary>
static class Results
{
    /// <param name="options">--json.</param>
    /// <param name="line">Without it; without the final new line.</param>
    /// <param name="members">With it: the members of the object.</param>
    public static void Write(Options options, string line, Action<Utf8JsonWriter> members)
    {
        if (!options.IsJson)
        {
            Output.Write(line + "\n");
            return;
        }
        WriteJson(json =>
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        });
    }

    public static void WriteJson(Action<Utf8JsonWriter> document) => Output.Write([.. JsonText.Of(document), (byte)'\n']);

    public static void Warn(Options options, string sentence)
    {
        if (!options.IsQuiet)
        {
            Output.WriteError($"sharprun-layers: warning: {OneLine.Of(sentence)}\n");
        }
    }
}
