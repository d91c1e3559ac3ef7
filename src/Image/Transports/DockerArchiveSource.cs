using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using SharpRun.Image.Blobs;
using SharpRun.Image.Store;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Transports;

/// <summary>What docker save wrote before 25, and podman still does: manifest.json names the config and the layers' archives, and there is no
/// manifest with digests. One is made: a layer that is not compressed has its diff id as its digest, the others are hashed.</summary>
sealed class DockerArchiveSource : ImageSource
{
    private const string ManifestFile = "manifest.json";
    private const int PieceSize = 256 << 10;

    /// <summary>One element of manifest.json.</summary>
    private sealed record Saved(string Config, List<string> Tags, List<string> Layers);

    private readonly ImageArchive _archive;
    private readonly Dictionary<Digest, string> _files = [];
    private readonly Document _manifest;

    private DockerArchiveSource(ImageArchive archive, Saved image, string name)
    {
        _archive = archive;
        Name = name;
        var bytes = archive.TryRead(image.Config, OciLimits.MaxConfigLength) ?? throw Missing(image.Config);
        var config = new Descriptor(MediaTypes.Config, Digest.Of(bytes), bytes.Length);
        _files[config.Digest] = image.Config;
        var diffIds = ImageConfig.Parse(bytes, config.Digest).DiffIds;
        if (ImageCheck.DockerLayersAreAll.Fails(diffIds.Count != image.Layers.Count))
        {
            throw new ImageError($"read {name}: {ManifestFile} has {image.Layers.Count} layers, but the config {diffIds.Count} diff_ids");
        }
        var layers = image.Layers.Zip(diffIds, LayerOf).ToList();
        _manifest = new Manifest { Config = config, Layers = layers }.ToDocument();
    }

    public override string Name { get; }

    /// <summary>The image of a name, or the only one. Reads whichever form the archive has, that of a layout first. The archive is disposed with
    /// the source.</summary>
    public static ImageSource Of(ImageArchive archive, RegistryReference? reference, string name)
    {
        var isLayout = ArchivedLayoutSource.IsLayout(archive);
        if (isLayout && (reference is null || ArchivedLayoutSource.ReadIndex(archive).Find(reference.ToString()) is not null))
        {
            return ArchivedLayoutSource.Of(archive, reference?.ToString(), name);
        }
        var bytes = archive.TryRead(ManifestFile, TransportLimits.ArchiveManifest);
        if (bytes is null)
        {
            return ArchivedLayoutSource.Of(archive, reference?.ToString(), name);
        }
        return new DockerArchiveSource(archive, Choose(Parse(bytes, archive.Path), reference, name), name);
    }

    private static Saved Choose(List<Saved> images, RegistryReference? reference, string name)
    {
        var found = reference is null ? images : images.FindAll(image => image.Tags.Contains(reference.ToString()));
        if (found.Count == 1)
        {
            return found[0];
        }
        var tags = OneLine.Of(string.Join(", ", images.SelectMany(image => image.Tags)));
        throw new ImageError(found.Count > 0
            ? $"find {name}: there are {found.Count} images, so a name is needed: {tags}"
            : $"find {name}: {(tags.Length > 0 ? $"the names there are {tags}" : "no image there has a name")}");
    }

    private static List<Saved> Parse(byte[] bytes, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = JsonPart.MaxDepth, AllowDuplicateProperties = false });
            var images = new List<Saved>();
            foreach (var image in document.RootElement.EnumerateArray())
            {
                var tags = Texts(image, "RepoTags").ConvertAll(WholeName);
                images.Add(new Saved(image.GetProperty("Config").GetString() ?? "", tags, Texts(image, "Layers")));
            }
            return images;
        }
        // What the element is not: an array, an object, a string; a member that is missing.
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new ImageError($"read {ManifestFile} in {path}: it is no list of images with Config, RepoTags and Layers");
        }
    }

    private static List<string> Texts(JsonElement json, string name) => !json.TryGetProperty(name, out var texts) || texts.ValueKind == JsonValueKind.Null
        ? []
        : [.. texts.EnumerateArray().Select(text => text.GetString() ?? "")];

    private static string WholeName(string tag)
    {
        try
        {
            return RegistryReference.Parse(tag).ToString();
        }
        catch (JsonError)
        {
            return tag;
        }
    }

    private Descriptor LayerOf(string file, Digest diffId)
    {
        var size = _archive.SizeOf(file);
        if (size < 0)
        {
            throw Missing(file);
        }
        using var stream = _archive.OpenEntry(file, 0);
        var buffer = new byte[PieceSize];
        var read = stream.ReadAtLeast(buffer, 6, throwOnEndOfStream: false);
        var compression = Compressions.Of(buffer.AsSpan(0, read), $"{OneLine.Of(file)} in {_archive.Path}");
        if (compression == Compression.None)
        {
            _files[diffId] = file;
            return new Descriptor(MediaTypes.Layer, diffId, size);
        }
        using var hasher = new Hasher();
        for (; read > 0; read = stream.Read(buffer))
        {
            hasher.Append(buffer.AsSpan(0, read));
        }
        var digest = hasher.Finish();
        _files[digest] = file;
        return new Descriptor(compression == Compression.Gzip ? MediaTypes.LayerGzip : MediaTypes.LayerZstd, digest, size);
    }

    private ImageError Missing(string file) => new($"read {Name}: {ManifestFile} names {OneLine.Of(file)}, which is not in the archive");

    public override Document ReadManifest(Digest? digest) =>
        digest is null || digest == _manifest.Digest ? _manifest : throw new ImageError($"read {Name}: it has no manifest {digest}");

    public override Stream OpenBlob(Descriptor blob, long offset) =>
        _files.TryGetValue(blob.Digest, out var file)
            ? _archive.OpenEntry(file, offset)
            : throw new ImageError($"open the blob {blob.Digest} of {Name}: it is not there");

    public override void Dispose()
    {
        _archive.Dispose();
        base.Dispose();
    }
}
