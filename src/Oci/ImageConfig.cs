using System;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>image-spec, config.md; docker's is the same with more members, which are passed on.</summary>
public sealed record ImageConfig
{
    private static readonly string[] s_known = ["created", "author", "architecture", "os", "variant", "config", "rootfs", "history"];
    private static readonly string[] s_knownRootfs = ["type", "diff_ids"];

    /// <summary>RFC 3339, as it stands there.</summary>
    public string? Created { get; init; }

    public string? Author { get; init; }

    public required Platform Platform { get; init; }

    public ContainerConfig Config { get; init; } = new();

    /// <summary>The digests of the unpacked layers, the lowest first.</summary>
    public required IReadOnlyList<Digest> DiffIds { get; init; }

    public IReadOnlyList<History> History { get; init; } = [];

    /// <summary>Also os.version and os.features.</summary>
    public Members Unknown { get; init; } = Members.None;

    /// <summary>The bytes are verified against the digest, which names them in errors.</summary>
    public static ImageConfig Parse(ReadOnlySpan<byte> bytes, Digest digest)
    {
        var fields = new Fields(JsonPart.Read(bytes, OciLimits.MaxConfigLength, $"config {digest}"), s_known);
        return new ImageConfig
        {
            Created = fields.Text("created"),
            Author = fields.Text("author"),
            Platform = new Platform(fields.Text("os") ?? "", fields.Text("architecture") ?? "", fields.Text("variant")),
            Config = fields.Find("config") is { } config ? ContainerConfig.Parse(config) : new ContainerConfig(),
            DiffIds = DiffIdsOf(fields.Require("rootfs")),
            History = fields.Find("history")?.Items().ConvertAll(Oci.History.Parse) ?? [],
            Unknown = fields.Unknown,
        };
    }

    private static List<Digest> DiffIdsOf(JsonPart rootfs)
    {
        var fields = new Fields(rootfs, s_knownRootfs);
        var type = fields.Require("type");
        if (OciCheck.RootfsIsLayers.Fails(type.Text() != "layers"))
        {
            throw type.Problem($"\"{JsonPart.Short(type.Text())}\" is not \"layers\", the only kind there is");
        }
        return fields.Find("diff_ids")?.Items(OciLimits.MaxLayers).ConvertAll(part =>
            Digest.TryParse(part.Text(), out var digest) ? digest
            : throw part.Problem($"\"{JsonPart.Short(part.Text())}\" is no sha256 or sha512 digest")) ?? [];
    }

    public byte[] ToBytes() => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteOptional("created", Created);
        json.WriteOptional("author", Author);
        json.WriteString("architecture", Platform.Architecture);
        json.WriteString("os", Platform.Os);
        json.WriteOptional("variant", Platform.Variant);
        json.WritePropertyName("config");
        Config.WriteTo(json);
        json.WriteStartObject("rootfs");
        json.WriteString("type", "layers");
        json.WriteStartArray("diff_ids");
        foreach (var diffId in DiffIds)
        {
            json.WriteStringValue(diffId.Text);
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("history");
        foreach (var entry in History)
        {
            entry.WriteTo(json);
        }
        json.WriteEndArray();
        Unknown.WriteTo(json);
        json.WriteEndObject();
    });
}

/// <summary>One instruction of an image's making. EmptyLayer: it made none, and has no diff id.</summary>
public sealed record History
{
    private static readonly string[] s_known = ["created", "created_by", "author", "comment", "empty_layer"];

    public string? Created { get; init; }

    public string? CreatedBy { get; init; }

    public string? Author { get; init; }

    public string? Comment { get; init; }

    public bool EmptyLayer { get; init; }

    public Members Unknown { get; init; } = Members.None;

    internal static History Parse(JsonPart part)
    {
        var fields = new Fields(part, s_known);
        return new History
        {
            Created = fields.Text("created"),
            CreatedBy = fields.Text("created_by"),
            Author = fields.Text("author"),
            Comment = fields.Text("comment"),
            EmptyLayer = fields.Find("empty_layer")?.Flag() ?? false,
            Unknown = fields.Unknown,
        };
    }

    internal void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteOptional("created", Created);
        json.WriteOptional("created_by", CreatedBy);
        json.WriteOptional("author", Author);
        json.WriteOptional("comment", Comment);
        if (EmptyLayer)
        {
            json.WriteBoolean("empty_layer", true);
        }
        Unknown.WriteTo(json);
        json.WriteEndObject();
    }
}
