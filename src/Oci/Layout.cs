using System;
using SharpRun.Json;

namespace SharpRun.Oci;

/// <summary>The words of an OCI image layout (image-spec, image-layout.md).</summary>
public static class Layout
{
    public const string MarkerFile = "oci-layout";
    public const string IndexFile = "index.json";
    public const string Blobs = "blobs";

    /// <summary>The annotation of a descriptor in index.json that is the image's name: a tag, or a whole name.</summary>
    public const string RefName = "org.opencontainers.image.ref.name";

    /// <summary>containerd's and docker's: always the whole name, "docker.io/library/ubuntu:latest"; ref.name is then the tag alone.</summary>
    public const string ContainerdName = "io.containerd.image.name";

    private const string Version = "1.0.0";
    private static readonly string[] s_known = ["imageLayoutVersion"];

    /// <summary>The content of oci-layout.</summary>
    public static byte[] Marker() => JsonText.Of(json =>
    {
        json.WriteStartObject();
        json.WriteString("imageLayoutVersion", Version);
        json.WriteEndObject();
    });

    /// <summary>What names the file, for the error.</summary>
    public static void CheckMarker(ReadOnlySpan<byte> bytes, string what)
    {
        var version = new Fields(JsonPart.Read(bytes, OciLimits.MaxManifestLength, what), s_known).Require("imageLayoutVersion").Text();
        if (OciCheck.LayoutVersionIsKnown.Fails(version != Version))
        {
            throw new ImageError($"{what}: imageLayoutVersion: \"{JsonPart.Short(version)}\" is not supported, only {Version}");
        }
    }

    /// <summary>"blobs/sha256/…", below the layout's directory.</summary>
    public static string PathOf(Digest digest) => $"{Blobs}/{digest.Algorithm}/{digest.Hex}";
}
