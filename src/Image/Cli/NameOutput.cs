using System.Collections.Generic;
using System.Text;
using SharpRun.CommandLine;

namespace SharpRun.Image.Cli;

/// <summary>Names, one a line, or one JSON document that also says what they are of.</summary>
static class NameOutput
{
    public static void Write(Options options, string ofWhat, string of, string what, List<string> names)
    {
        if (options.IsJson)
        {
            JsonOutput.Write(json =>
            {
                json.WriteStartObject();
                json.WriteString(ofWhat, of);
                json.WriteStartArray(what);
                foreach (var name in names)
                {
                    json.WriteStringValue(name);
                }
                json.WriteEndArray();
                json.WriteEndObject();
            });
            return;
        }
        var lines = new StringBuilder();
        foreach (var name in names)
        {
            lines.Append(name).Append('\n');
        }
        Output.Write(lines.ToString());
    }
}
