using System;
using System.IO;
using System.IO.Compression;
using SharpRun.Oci;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace SharpRun.Image.Blobs;

enum Compression
{
    None, Gzip, Zstd,
}

/// <summary>How layers are compressed. What the first bytes say holds, since docker and others label plain archives as gzip; the media type only
/// says that it is a layer.</summary>
static class Compressions
{
    private const int MagicBytes = 6;

    // Without it GZipStream takes a blob that is cut off for a whole one (dotnet/runtime, DeflateStream.Read).
    static Compressions() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    private static ReadOnlySpan<byte> SkippableFrame => [0x2a, 0x4d, 0x18];

    /// <summary>ImageError for a media type that is no layer's.</summary>
    public static void RequireLayer(Descriptor descriptor)
    {
        if (ImageCheck.LayerIsOfAKnownType.Fails(!IsLayer(descriptor.MediaType)))
        {
            throw new ImageError($"read layer {descriptor.Digest}: its media type {descriptor.MediaType} is unknown");
        }
    }

    // With the names for layers that registries did not keep: image-spec, layer.md, "Non-Distributable Layers"; docker's foreign layers.
    public static bool IsLayer(string mediaType) => mediaType is MediaTypes.Layer or MediaTypes.LayerGzip or MediaTypes.LayerZstd
        or MediaTypes.DockerLayer or MediaTypes.DockerLayerGzip or MediaTypes.DockerLayerZstd
        or "application/vnd.oci.image.layer.nondistributable.v1.tar" or "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
        or "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd" or "application/vnd.docker.image.rootfs.foreign.diff.tar"
        or "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

    /// <summary>By the first bytes (RFC 1952, 2.3.1; RFC 8878, 3.1.1 and 3.1.2), ImageError for others that docker has used.</summary>
    public static Compression Of(ReadOnlySpan<byte> start, Digest digest) => Of(start, $"layer {digest}");

    /// <summary>The same of any file, which is named in the error: "archive /tmp/x.tar".</summary>
    public static Compression Of(ReadOnlySpan<byte> start, string what)
    {
        if (start.StartsWith("BZh"u8) || start.StartsWith(new byte[] { 0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0 }))
        {
            throw new ImageError($"read {what}: it is compressed by {(start[0] == 'B' ? "bzip2" : "xz")}, and only gzip and zstd are read");
        }
        var isZstd = start.Length >= 4 && ((start[0] == 0x28 && start[1] == 0xb5 && start[2] == 0x2f && start[3] == 0xfd)
            || ((start[0] & 0xf0) == 0x50 && start[1..4].SequenceEqual(SkippableFrame)));
        return start.StartsWith(new byte[] { 0x1f, 0x8b }) ? Compression.Gzip : isZstd ? Compression.Zstd : Compression.None;
    }

    /// <summary>The uncompressed bytes of a blob, its compression read from its beginning. Owns the blob.</summary>
    public static Stream Open(Stream blob, Digest digest) => Open(blob, $"layer {digest}");

    public static Stream Open(Stream blob, string what)
    {
        var whole = new BlobBuffer(blob);
        return Of(whole.Peek(MagicBytes), what) switch
        {
            Compression.Gzip => new GZipStream(whole, CompressionMode.Decompress),
            Compression.Zstd => OpenZstd(whole),
            _ => whole,
        };
    }

    private static DecompressionStream OpenZstd(Stream blob)
    {
        var stream = new DecompressionStream(blob, leaveOpen: false);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, BlobLimits.MaxWindowLog);
        return stream;
    }
}
