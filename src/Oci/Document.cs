using System;
using System.Text.Json;
using SharpRun.Json;

namespace SharpRun.Oci;

public enum DocumentKind
{
    Manifest, Index,
}

/// <summary>A manifest or an index as its bytes, which alone its digest is of.</summary>
public sealed record Document(byte[] Bytes, string MediaType)
{
    public Digest Digest { get; init; } = Digest.Of(Bytes);

    /// <summary>For errors, before it is known what it is.</summary>
    internal string What => $"document {Digest}";

    /// <summary>What it is by its media type and by its content, which must agree: bytes that are a manifest for one reader and an index for
    /// another are two images under one digest (CVE-2021-41190).</summary>
    public DocumentKind Kind => DocumentShape.Of(this);

    /// <summary>Bytes whose media type is said by a header, or by nobody (null). What says nothing ("application/json", "text/plain") is replaced
    /// by what the content says.</summary>
    public static Document Of(byte[] bytes, string? declared)
    {
        var semicolon = declared?.IndexOf(';', StringComparison.Ordinal) ?? -1;
        var mediaType = (semicolon < 0 ? declared : declared![..semicolon])?.Trim() ?? "";
        return mediaType is "" or "application/json" or "text/plain" or "application/octet-stream"
            ? new Document(bytes, DocumentShape.MediaTypeOf(bytes, $"document {Digest.Of(bytes)}"))
            : new Document(bytes, mediaType);
    }
}

/// <summary>Which of the two a document's content is.</summary>
static class DocumentShape
{
    private static readonly string[] s_known = ["schemaVersion", "mediaType", "manifests", "config", "layers", "fsLayers"];

    public static DocumentKind Of(Document document)
    {
        var kind = MediaTypes.IsManifest(document.MediaType) ? DocumentKind.Manifest
            : MediaTypes.IsIndex(document.MediaType) ? DocumentKind.Index
            : throw Unfit(document.What, document.MediaType);
        Check(new Fields(JsonPart.Read(document.Bytes, OciLimits.MaxManifestLength, document.What), s_known), kind, document.MediaType, document.What);
        return kind;
    }

    public static string MediaTypeOf(ReadOnlySpan<byte> bytes, string what)
    {
        var fields = new Fields(JsonPart.Read(bytes, OciLimits.MaxManifestLength, what), s_known);
        return fields.Text("mediaType") is { } inside ? inside
            : fields.Has("fsLayers") ? throw Schema1(what)
            : fields.Has("manifests") ? MediaTypes.Index
            : fields.Has("layers") || fields.Has("config") ? MediaTypes.Manifest
            : throw new ImageError($"{what}: neither a manifest nor an index: it has no layers and no manifests");
    }

    /// <summary>The words at the top that both forms have. The media type is what the document was said to be.</summary>
    public static void Check(Fields fields, DocumentKind kind, string mediaType, string what)
    {
        var version = fields.Find("schemaVersion");
        if (OciCheck.DocumentIsNotSchema1.Fails(fields.Has("fsLayers") || version is { Element.ValueKind: JsonValueKind.Number } && version.Value.Integer() == 1))
        {
            throw Schema1(what);
        }
        if (OciCheck.SchemaIsTwo.Fails(version?.Integer() != 2))
        {
            throw new ImageError($"{what}: schemaVersion: 2 is expected, found {version?.Element.GetRawText() ?? "nothing"}");
        }
        if (fields.Text("mediaType") is { } inside && OciCheck.MediaTypesAgree.Fails(inside != mediaType))
        {
            throw new ImageError($"{what}: mediaType: \"{JsonPart.Short(inside)}\" inside of what is called {mediaType}");
        }
        foreach (var foreign in kind == DocumentKind.Manifest ? (ReadOnlySpan<string>)["manifests"] : ["config", "layers"])
        {
            if (OciCheck.ManifestIsNoIndex.Fails(fields.Has(foreign)))
            {
                var (name, other) = kind == DocumentKind.Manifest ? ("a manifest", "an index") : ("an index", "a manifest");
                throw new ImageError($"{what}: {name} has \"{foreign}\", which makes it {other} for another reader (CVE-2021-41190)");
            }
        }
    }

    public static ImageError Unfit(string what, string mediaType) => MediaTypes.IsSchema1(mediaType)
        ? Schema1(what)
        : new ImageError($"{what}: \"{JsonPart.Short(mediaType)}\" is the media type of neither a manifest nor an index");

    private static ImageError Schema1(string what) =>
        new($"{what}: docker's schema 1 is not supported: its layers have no digests of their own; push the image again with a newer tool");
}
