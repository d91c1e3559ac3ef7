using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.CommandLine;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.Json;
using SharpRun.LayerTar;
using SharpRun.Oci;

namespace SharpRun.Image.Pack;

/// <summary>What a bundle was unpacked from and how: the file .sharprun-image.json in it, which unpack writes and pack reads. Nothing of the tree is in it,
/// so it cannot disagree with it. Image is a name with an absolute path.</summary>
sealed record BundleRecord(string Image, Digest Manifest, Owners Owners)
{
    public const string FileName = ".sharprun-image.json";
    private const int Limit = 1 << 20;

    /// <summary>Of an image that was opened by a name.</summary>
    public static BundleRecord Of(OpenImage image, ImageName name, Owners owners) => new(name switch
    {
        ImageName.OciLayout layout => $"oci:{AbsolutePath.Of(layout.Path)}{(layout.Reference is null ? "" : ":" + layout.Reference)}",
        ImageName.OciArchive archive => $"oci-archive:{AbsolutePath.Of(archive.Path)}{(archive.Reference is null ? "" : ":" + archive.Reference)}",
        ImageName.DockerArchive archive => $"docker-archive:{AbsolutePath.Of(archive.Path)}{(archive.Reference is null ? "" : $":{archive.Reference}")}",
        _ => name.Given,
    }, image.Descriptor.Digest, owners);

    /// <summary>The bundle, a path, is not complete before.</summary>
    public void Write(string path)
    {
        using var bundle = Folder.TryOpen(path) ?? throw new ImageError($"write {path}/{FileName}: there is no such directory");
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("image", Image);
            json.WriteString("manifest", Manifest.Text);
            WriteMap(json, "uidMap", Owners.Uids);
            WriteMap(json, "gidMap", Owners.Gids);
            json.WriteBoolean("rootless", Owners.IsRootless);
            json.WriteEndObject();
        }
        bundle.Replace(FileName, bytes.WrittenSpan);
    }

    /// <summary>Null: the bundle has none.</summary>
    public static BundleRecord? TryRead(Folder bundle)
    {
        if (bundle.TryRead(FileName, Limit) is not { } bytes)
        {
            return null;
        }
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            var digest = Digest.Parse(root.GetProperty("manifest").GetString() ?? "", bundle.Of(FileName));
            var isRootless = root.GetProperty("rootless").GetBoolean();
            var owners = new Owners(ReadMap(root, "uidMap", "uid-map"), ReadMap(root, "gidMap", "gid-map")) { IsRootless = isRootless };
            return new BundleRecord(root.GetProperty("image").GetString() ?? "", digest, owners);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or UsageError)
        {
            throw new ImageError($"read {bundle.Of(FileName)}: it is not what unpack writes: {error.Message}");
        }
    }

    private static void WriteMap(Utf8JsonWriter json, string name, IdMap map)
    {
        json.WriteStartArray(name);
        foreach (var word in map.Words())
        {
            json.WriteStringValue(word);
        }
        json.WriteEndArray();
    }

    private static IdMap ReadMap(JsonElement root, string name, string flag)
    {
        var words = new List<string>();
        foreach (var word in root.GetProperty(name).EnumerateArray())
        {
            words.Add(word.GetString() ?? "");
        }
        return IdMap.Parse(flag, words);
    }
}
