using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>One entry of index.json. Descriptor and Name are null where it is of a kind that we do not know: it stays as it is.</summary>
sealed record LayoutEntry(byte[] Json, Descriptor? Descriptor, string? Name)
{
    /// <summary>The whole name that containerd and docker write beside a mere tag (io.containerd.image.name).</summary>
    public string? FullName { get; init; }
}

/// <summary>index.json of a layout (image-spec, image-layout.md): the names. What we do not know of it passes through unchanged.</summary>
sealed class LayoutIndex
{
    private const int LongestName = 4096, NamesInAnError = 10;

    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = JsonPart.MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Members beside "manifests", each with its JSON, in their order.</summary>
    private readonly List<(string Name, byte[] Json)> _others;

    private LayoutIndex(List<(string Name, byte[] Json)> others, List<LayoutEntry> entries) => (_others, Entries) = (others, entries);

    /// <summary>A new one, without names.</summary>
    public static LayoutIndex Empty() => new([("schemaVersion", "2"u8.ToArray()), ("mediaType", Quoted(MediaTypes.Index))], []);

    public List<LayoutEntry> Entries { get; }

    /// <param name="where">The file, for errors.</param>
    public static LayoutIndex Parse(ReadOnlyMemory<byte> bytes, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, s_options);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new ImageError($"read {where}: it is no JSON object");
            }
            var others = new List<(string, byte[])>();
            var entries = new List<LayoutEntry>();
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Name != "manifests")
                {
                    others.Add((member.Name, Raw(member.Value)));
                }
                else if (member.Value.ValueKind == JsonValueKind.Array)
                {
                    foreach (var entry in member.Value.EnumerateArray())
                    {
                        entries.Add(EntryOf(entry));
                    }
                }
                else if (member.Value.ValueKind != JsonValueKind.Null)
                {
                    throw new ImageError($"read {where}: manifests is no array");
                }
            }
            return new LayoutIndex(others, entries);
        }
        // Half of a surrogate pair is only found when the text is asked for.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ImageError($"read {where}: it is no valid JSON: {error.Message}");
        }
    }

    private static LayoutEntry EntryOf(JsonElement json)
    {
        var raw = Raw(json);
        if (json.ValueKind != JsonValueKind.Object || TextOf(json, "digest") is not { } digest || !Digest.TryParse(digest, out var parsed)
            || !json.TryGetProperty("size", out var size) || size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out var bytes) || bytes < 0)
        {
            return new LayoutEntry(raw, null, null);
        }
        string? name = null, full = null;
        if (json.TryGetProperty("annotations", out var annotations) && annotations.ValueKind == JsonValueKind.Object)
        {
            name = TextOf(annotations, Oci.Layout.RefName);
            full = TextOf(annotations, Oci.Layout.ContainerdName);
        }
        var descriptor = new Descriptor(TextOf(json, "mediaType") ?? "", parsed, bytes) { Platform = PlatformOf(json) };
        return new LayoutEntry(raw, descriptor, name is { Length: > 0 and <= LongestName } ? name : null) { FullName = full };
    }

    private static Platform? PlatformOf(JsonElement json)
    {
        if (!json.TryGetProperty("platform", out var platform) || platform.ValueKind != JsonValueKind.Object)
        {
            return null;
        }
        return TextOf(platform, "os") is { } os && TextOf(platform, "architecture") is { } architecture
            ? new Platform(os, architecture, TextOf(platform, "variant"))
            : null;
    }

    private static string? TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>The entry of a name, as its annotation has it; null: there is none.</summary>
    public LayoutEntry? Find(string name) =>
        Entries.Find(entry => entry.Name == name && entry.Descriptor is not null)
        ?? Entries.Find(entry => entry.FullName == name && entry.Descriptor is not null);

    /// <summary>The entry of a digest; null: it is not at the top.</summary>
    public Descriptor? Find(Digest digest) => Entries.Find(entry => entry.Descriptor?.Digest == digest)?.Descriptor;

    /// <summary>The image of a name, or the only one when none is given.</summary>
    /// <param name="image">As the user named it, for the error.</param>
    public Descriptor Choose(string? name, string image)
    {
        if (name is not null)
        {
            var offered = Names is { Length: > 0 } names ? $"the names there are {names}" : "no image there has a name";
            return Find(name)?.Descriptor ?? throw new ImageError($"find {image}: {offered}");
        }
        var known = Entries.FindAll(entry => entry.Descriptor is not null);
        return known.Count switch
        {
            1 => known[0].Descriptor!,
            0 => throw new ImageError($"find {image}: there is no image"),
            _ => throw new ImageError($"find {image}: there are {known.Count} images, so a name is needed: {Names}"),
        };
    }

    private string Names
    {
        get
        {
            var names = Entries.FindAll(entry => entry.Name is not null).ConvertAll(entry => OneLine.Of(entry.Name!));
            return names.Count <= NamesInAnError
                ? string.Join(", ", names)
                : string.Join(", ", names.GetRange(0, NamesInAnError)) + $" and {names.Count - NamesInAnError} more";
        }
    }

    /// <summary>The name means this content from now on, and nothing else. Without a name the content is there, under whatever names it has.
    /// False: it is so already.</summary>
    public bool Set(string? name, Descriptor descriptor)
    {
        var entry = new LayoutEntry(EntryJson(name, descriptor), descriptor, name);
        var at = name is null ? Entries.FindIndex(old => old.Descriptor?.Digest == descriptor.Digest) : Entries.FindIndex(old => old.Name == name);
        if (name is null)
        {
            if (at < 0)
            {
                Entries.Add(entry);
            }
            return at < 0;
        }
        if (at >= 0 && Entries.FindAll(old => old.Name == name).Count == 1 && Entries[at].Descriptor is { } known
            && (known.Digest, known.Size, known.MediaType) == (descriptor.Digest, descriptor.Size, descriptor.MediaType))
        {
            return false;
        }
        Remove(name);
        Entries.Insert(at < 0 ? Entries.Count : at, entry);
        return true;
    }

    /// <summary>False: there was no such name.</summary>
    public bool Remove(string name) => Entries.RemoveAll(entry => entry.Name == name) > 0;

    public byte[] ToBytes()
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            foreach (var (name, value) in _others)
            {
                json.WritePropertyName(name);
                json.WriteRawValue(value, skipInputValidation: true);
            }
            json.WriteStartArray("manifests");
            foreach (var entry in Entries)
            {
                json.WriteRawValue(entry.Json, skipInputValidation: true);
            }
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static byte[] EntryJson(string? name, Descriptor descriptor)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("mediaType", descriptor.MediaType);
            json.WriteString("digest", descriptor.Digest.Text);
            json.WriteNumber("size", descriptor.Size);
            if (name is not null)
            {
                json.WriteStartObject("annotations");
                json.WriteString(Oci.Layout.RefName, name);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static byte[] Quoted(string text) => System.Text.Encoding.UTF8.GetBytes($"\"{text}\"");

    private static byte[] Raw(JsonElement json) => System.Text.Encoding.UTF8.GetBytes(json.GetRawText());
}
