using System.Collections.Generic;
using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>One image for one platform, or an artifact (image-spec, manifest.md; docker's schema 2 has the same members).</summary>
public sealed record Manifest
{
    private static readonly string[] s_known =
    [
        "schemaVersion", "mediaType", "artifactType", "config", "layers", "subject", "annotations", "manifests", "fsLayers",
    ];

    public string MediaType { get; init; } = MediaTypes.Manifest;

    public string? ArtifactType { get; init; }

    /// <summary>Null only in artifacts.</summary>
    public Descriptor? Config { get; init; }

    /// <summary>The lowest one first.</summary>
    public required IReadOnlyList<Descriptor> Layers { get; init; }

    public Descriptor? Subject { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public Members Unknown { get; init; } = Members.None;

    /// <summary>The config of something that can be run. Name is the image's, for the error.</summary>
    public Descriptor ImageConfigOf(string name) => Config is null
        ? throw new ImageError($"{name} has no config: it is an artifact, no image")
        : MediaTypes.IsConfig(Config.MediaType) ? Config
        : throw new ImageError($"{name} is no image: its config is of type {Config.MediaType}");

    public static Manifest Parse(Document document)
    {
        var what = $"manifest {document.Digest}";
        if (!MediaTypes.IsManifest(document.MediaType))
        {
            throw MediaTypes.IsIndex(document.MediaType)
                ? new ImageError($"{what}: it is an index, {document.MediaType}")
                : DocumentShape.Unfit(what, document.MediaType);
        }
        var fields = new Fields(JsonPart.Read(document.Bytes, OciLimits.MaxManifestLength, what), s_known);
        DocumentShape.Check(fields, DocumentKind.Manifest, document.MediaType, what);
        if (!fields.Has("config") && !fields.Has("artifactType"))
        {
            fields.Require("config");
        }
        return new Manifest
        {
            MediaType = document.MediaType,
            ArtifactType = fields.Text("artifactType"),
            Config = fields.Descriptor("config"),
            // An image without layers has null there when Go wrote it.
            Layers = fields.Find("layers")?.Items(OciLimits.MaxLayers).ConvertAll(Descriptor.Parse) ?? [],
            Subject = fields.Descriptor("subject"),
            Annotations = fields.Map("annotations"),
            Unknown = fields.Unknown,
        };
    }

    public Document ToDocument() => new(JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", 2);
        json.WriteString("mediaType", MediaType);
        json.WriteOptional("artifactType", ArtifactType);
        json.WriteOptional("config", Config);
        json.WriteDescriptors("layers", Layers);
        json.WriteOptional("subject", Subject);
        json.WriteMap("annotations", Annotations);
        Unknown.WriteTo(json);
        json.WriteEndObject();
    }), MediaType);
}
