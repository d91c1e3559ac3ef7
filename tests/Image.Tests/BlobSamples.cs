using System;
using System.IO;
using System.IO.Compression;
using SharpRun.Image.Blobs;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Tests;

/// <summary>Blobs and the streams that they come by.</summary>
static class BlobSamples
{
    /// <summary>Half of it can be compressed.</summary>
    public static byte[] Content(int length, int seed = 1)
    {
        var content = new byte[length];
        var random = new Random(seed);
        for (var at = 0; at < length; at += 100)
        {
            random.NextBytes(content.AsSpan(at, Math.Min(50, length - at)));
        }
        return content;
    }

    public static Descriptor Describe(byte[] blob, string mediaType = MediaTypes.LayerGzip) => new(mediaType, Digest.Of(blob), blob.Length);

    public static byte[] Gzip(byte[] content)
    {
        using var blob = new MemoryStream();
        using (var gzip = new GZipStream(blob, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }
        return blob.ToArray();
    }

    public static byte[] Zstd(byte[] content) => new ZstdSharp.Compressor(3).Wrap(content).ToArray();

    public static BlobReader Reader(byte[] blob, Digest? diffId = null) => new(new MemoryStream(blob), Describe(blob), diffId);

    public static byte[] Read(BlobReader reader)
    {
        using var content = new MemoryStream();
        reader.CopyTo(content);
        return content.ToArray();
    }

    public static string Error(byte[] blob) => Error(() => new BlobReader(new MemoryStream(blob), Describe(blob)));

    public static string Error(Func<BlobReader> open)
    {
        using var reader = open();
        return Xunit.Assert.ThrowsAny<JsonError>(() => reader.Finish()).Message;
    }
}
