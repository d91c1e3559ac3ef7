using System;

namespace SharpRun.Oci;

/// <summary>image-spec, media-types.md, and docker's own names for the same things (distribution, "Image Manifest V 2, Schema 2").</summary>
public static class MediaTypes
{
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string Config = "application/vnd.oci.image.config.v1+json";
    public const string Layer = "application/vnd.oci.image.layer.v1.tar";
    public const string LayerGzip = Layer + "+gzip";
    public const string LayerZstd = Layer + "+zstd";
    public const string Empty = "application/vnd.oci.empty.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";
    public const string DockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
    public const string DockerLayerGzip = DockerLayer + ".gzip";
    public const string DockerLayerZstd = DockerLayer + ".zstd";

    /// <summary>A part of the names of docker's first form, which has no content addresses: "…manifest.v1+json", "…manifest.v1+prettyjws".</summary>
    private const string DockerSchema1 = "application/vnd.docker.distribution.manifest.v1+";

    public static bool IsManifest(string mediaType) => mediaType is Manifest or DockerManifest;

    public static bool IsIndex(string mediaType) => mediaType is Index or DockerList;

    /// <summary>Of an image that can be run; anything else belongs to an artifact.</summary>
    public static bool IsConfig(string mediaType) => mediaType is Config or DockerConfig;

    public static bool IsSchema1(string mediaType) => mediaType.StartsWith(DockerSchema1, StringComparison.Ordinal);
}
