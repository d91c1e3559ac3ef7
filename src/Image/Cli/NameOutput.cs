using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

/// <summary>Names, one a line, or one JSON document that also says what they are of.</summary>
static class NameOutput
{
    public static void Write(Options options, string ofWhat, string of, string what, List<string> names)
    {
        if (!options.IsJson)
        {
            var lines = new StringBuilder();
            foreach (var name in names)
            {
                lines.Append(name).Append('\n');
            }
            Output.Write(lines.ToString());
            return;
        }
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString(ofWhat, of);
            writer.WriteStartArray(what);
            foreach (var name in names)
            {
                writer.WriteStringValue(name);
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        buffer.Write("\n"u8);
        Output.Write(buffer.WrittenSpan);
    }
}
