using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.CommandLine;
using SharpRun.Image.Store;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

static class List
{
    private static readonly Flag[] s_flags = [Flag.Switch("digests", "behind each name its manifest's digest")];

    public static Command Command => new("list", "[flags]", "the names of the images in the store", s_flags, Act) { LeastWords = 0, MostWords = 0 };

    private static int Act(Arguments arguments, Options options)
    {
        using var store = ImageStore.TryOpen(options);
        List<LayoutEntry> entries = store?.ReadIndex().Entries.FindAll(entry => entry.Descriptor is not null) ?? [];
        entries.Sort((one, other) => string.CompareOrdinal(NameOf(one), NameOf(other)));
        if (options.IsJson)
        {
            WriteJson(entries);
            return 0;
        }
        var lines = new StringBuilder();
        foreach (var entry in entries)
        {
            lines.Append(NameOf(entry)).Append(arguments.Is("digests") && entry.Name is not null ? $" {entry.Descriptor!.Digest}\n" : "\n");
        }
        Output.Write(lines.ToString());
        return 0;
    }

    // What another tool has put there without a name is reached by its digest.
    private static string NameOf(LayoutEntry entry) => OneLine.Of(entry.Name ?? entry.Descriptor!.Digest.Text);

    private static void WriteJson(List<LayoutEntry> entries) => JsonOutput.Write(json =>
    {
        json.WriteStartArray();
        foreach (var entry in entries)
        {
            json.WriteStartObject();
            json.WriteString("name", entry.Name ?? "");
            json.WriteString("digest", entry.Descriptor!.Digest.Text);
            json.WriteString("mediaType", entry.Descriptor.MediaType);
            json.WriteNumber("size", entry.Descriptor.Size);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });
}
