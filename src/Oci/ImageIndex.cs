using System.Collections.Generic;
using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>Images of several platforms under one name (image-spec, image-index.md; docker calls it a manifest list). Not called Index, since that
/// is a name of System.</summary>
public sealed record ImageIndex
{
    private static readonly string[] s_known =
    [
        "schemaVersion", "mediaType", "artifactType", "manifests", "subject", "annotations", "config", "layers", "fsLayers",
    ];

    public string MediaType { get; init; } = MediaTypes.Index;

    public string? ArtifactType { get; init; }

    /// <summary>Manifests, or indexes again.</summary>
    public required IReadOnlyList<Descriptor> Manifests { get; init; }

    public Descriptor? Subject { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public Members Unknown { get; init; } = Members.None;

    public static ImageIndex Parse(Document document)
    {
        var what = $"index {document.Digest}";
        return MediaTypes.IsIndex(document.MediaType) ? Parse(JsonPart.Read(document.Bytes, OciLimits.MaxManifestLength, what), document.MediaType)
            : throw (MediaTypes.IsManifest(document.MediaType)
                ? new ImageError($"{what}: it is a manifest, {document.MediaType}")
                : DocumentShape.Unfit(what, document.MediaType));
    }

    /// <summary>A layout's index.json, which has no digest. What names the file, for errors: "/images/index.json".</summary>
    public static ImageIndex ParseFile(System.ReadOnlySpan<byte> bytes, string what) =>
        Parse(JsonPart.Read(bytes, OciLimits.MaxIndexFileLength, what), MediaTypes.Index);

    private static ImageIndex Parse(JsonPart part, string mediaType)
    {
        var fields = new Fields(part, s_known);
        DocumentShape.Check(fields, DocumentKind.Index, mediaType, part.What);
        return new ImageIndex
        {
            MediaType = mediaType,
            ArtifactType = fields.Text("artifactType"),
            Manifests = fields.Find("manifests")?.Items().ConvertAll(Descriptor.Parse) ?? [],
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
        json.WriteDescriptors("manifests", Manifests);
        json.WriteOptional("subject", Subject);
        json.WriteMap("annotations", Annotations);
        Unknown.WriteTo(json);
        json.WriteEndObject();
    }), MediaType);
}
