using System;
using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

/// <summary>Results on stdout: a line for people, or one JSON document with the same facts (--json).</summary>
static class JsonOutput
{
    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="line">Without --json; without the final new line.</param>
    /// <param name="members">With it: the members of the object.</param>
    public static void WriteResult(Options options, string line, Action<Utf8JsonWriter> members)
    {
        if (!options.IsJson)
        {
            Output.Write(line + "\n");
            return;
        }
        Write(json =>
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        });
    }

    public static void Write(Action<Utf8JsonWriter> document)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            document(json);
        }
        bytes.Write("\n"u8);
        Output.Write(bytes.WrittenSpan);
    }
}
