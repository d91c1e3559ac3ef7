using System;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>Where a content is found and how it is verified (image-spec, descriptor.md). Size in bytes, never negative.</summary>
public sealed record Descriptor(string MediaType, Digest Digest, long Size)
{
    private static readonly string[] s_known = ["mediaType", "digest", "size", "platform", "annotations", "artifactType", "urls"];

    public Platform? Platform { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public string? ArtifactType { get; init; }

    /// <summary>Other places of the blob, of "foreign" layers the only ones.</summary>
    public IReadOnlyList<string>? Urls { get; init; }

    public Members Unknown { get; init; } = Members.None;

    /// <summary>Null when there is no such annotation.</summary>
    public string? Annotation(string name) => Annotations is not null && Annotations.TryGetValue(name, out var value) ? value : null;

    internal static Descriptor Parse(JsonPart part)
    {
        var fields = new Fields(part, s_known);
        var size = fields.Require("size");
        var bytes = size.Integer();
        if (OciCheck.BlobSizeIsOne.Fails(bytes is < 0 or > OciLimits.MaxBlobSize))
        {
            throw size.Problem(bytes < 0 ? $"{bytes} is negative" : $"{bytes} bytes are more than the {OciLimits.MaxBlobSize} that a blob may have");
        }
        var digest = fields.Require("digest");
        if (!Digest.TryParse(digest.Text(), out var parsed))
        {
            throw digest.Problem($"\"{JsonPart.Short(digest.Text())}\" is no sha256 or sha512 digest");
        }
        return new Descriptor(MediaTypeOf(fields.Require("mediaType")), parsed, bytes)
        {
            Platform = fields.Find("platform") is { } platform ? Platform.Parse(platform) : null,
            Annotations = fields.Map("annotations"),
            ArtifactType = fields.Text("artifactType"),
            Urls = fields.Texts("urls"),
            Unknown = fields.Unknown,
        };
    }

    // RFC 6838, section 4.2; lower and upper case mean the same there, but nobody writes upper case, and we compare as it stands.
    internal static string MediaTypeOf(JsonPart part)
    {
        var text = part.Text();
        var isType = text.Length is > 0 and <= OciLimits.MaxMediaTypeLength && text.IndexOf('/') is > 0 and var slash && slash < text.Length - 1;
        foreach (var letter in text)
        {
            isType &= char.IsAsciiLetterOrDigit(letter) || "/!#$&-^_.+;= \"".Contains(letter, StringComparison.Ordinal);
        }
        return OciCheck.MediaTypeIsOne.Passes(isType) ? text : throw part.Problem($"\"{JsonPart.Short(text)}\" is no media type");
    }

    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", MediaType);
        json.WriteString("digest", Digest.Text);
        json.WriteNumber("size", Size);
        json.WriteTexts("urls", Urls);
        json.WriteMap("annotations", Annotations);
        json.WriteOptional("artifactType", ArtifactType);
        if (Platform is not null)
        {
            json.WritePropertyName("platform");
            Platform.WriteTo(json);
        }
        Unknown.WriteTo(json);
        json.WriteEndObject();
    }
}
