using System;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.CommandLine;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Cli;

/// <summary>What is known of an image, in skopeo's words. Nothing is fetched.</summary>
static class Inspect
{
    public static Command Command => new("inspect", "[flags] IMAGE", "print what is known of an image", [
        Flag.Switch("raw", "the manifest or index, byte for byte"),
        Flag.Switch("config", "the image's config; with --raw byte for byte"),
    ], Act)
    { LeastWords = 1, MostWords = 1 };

    private static int Act(Arguments arguments, Options options)
    {
        var name = Words.Image(arguments.Words[0]);
        if (arguments.Is("raw") && !arguments.Is("config"))
        {
            using var source = Transport.OpenSource(name, options);
            Output.Write(Documents.Top(source).Bytes);
            return 0;
        }
        using var image = OpenImage.Open(name, options);
        if (!arguments.Is("config"))
        {
            JsonOutput.Write(json => WriteAll(json, name, image, options));
        }
        else if (arguments.Is("raw"))
        {
            Output.Write(image.ConfigBytes);
        }
        else
        {
            JsonOutput.Write(json =>
            {
                using var config = JsonDocument.Parse(image.ConfigBytes);
                config.RootElement.WriteTo(json);
            });
        }
        return 0;
    }

    private static void WriteAll(Utf8JsonWriter json, ImageName name, OpenImage image, Options options)
    {
        json.WriteStartObject();
        if (name is ImageName.Bare bare)
        {
            json.WriteString("Name", bare.Reference.Name);
        }
        json.WriteString("Digest", image.Descriptor.Digest.Text);
        WriteTexts(json, "RepoTags", name is ImageName.Bare { Reference.Name: var repository } ? TagsOf(repository, options) : []);
        if (image.Config.Created is { } created)
        {
            json.WriteString("Created", created);
        }
        var docker = image.Config.Unknown.Find("docker_version");
        json.WriteString("DockerVersion", docker is { ValueKind: JsonValueKind.String } version ? version.GetString() : "");
        WriteLabels(json, image.Config.Config.Labels);
        json.WriteString("Architecture", image.Config.Platform.Architecture);
        if (image.Config.Platform.Variant is { } variant)
        {
            json.WriteString("Variant", variant);
        }
        json.WriteString("Os", image.Config.Platform.Os);
        WriteTexts(json, "Layers", [.. System.Linq.Enumerable.Select(image.Layers, layer => layer.Blob.Digest.Text)]);
        WriteLayers(json, image.Layers);
        WriteTexts(json, "Env", image.Config.Config.Env ?? []);
        json.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter json, IReadOnlyDictionary<string, string>? labels)
    {
        if (labels is null)
        {
            json.WriteNull("Labels");
            return;
        }
        json.WriteStartObject("Labels");
        foreach (var (key, value) in labels)
        {
            json.WriteString(key, value);
        }
        json.WriteEndObject();
    }

    private static void WriteLayers(Utf8JsonWriter json, IReadOnlyList<ImageLayer> layers)
    {
        json.WriteStartArray("LayersData");
        foreach (var layer in layers)
        {
            json.WriteStartObject();
            json.WriteString("MIMEType", layer.Blob.MediaType);
            json.WriteString("Digest", layer.Blob.Digest.Text);
            json.WriteNumber("Size", layer.Blob.Size);
            json.WriteString("DiffID", layer.DiffId.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }
        json.WriteEndArray();
    }

    private static List<string> TagsOf(string repository, Options options)
    {
        using var store = ImageStore.TryOpen(options);
        List<string> tags = [];
        foreach (var entry in store?.ReadIndex().Entries ?? [])
        {
            if (entry.Name is { } name && name.StartsWith(repository + ":", StringComparison.Ordinal) && !name.Contains('@', StringComparison.Ordinal))
            {
                tags.Add(name[(repository.Length + 1)..]);
            }
        }
        tags.Sort(StringComparer.Ordinal);
        return tags;
    }
}
