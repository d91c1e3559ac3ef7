using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using SharpRun.Oci;

namespace SharpRun.Image.Tests;

/// <summary>An image layout written by hand, so that every byte of it can be wrong.</summary>
sealed class HandMade
{
    private readonly string _path;
    private readonly List<string> _entries = [];

    public HandMade(string path)
    {
        _path = path;
        Directory.CreateDirectory(path + "/blobs/sha256");
        File.WriteAllText(path + "/oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
        WriteIndex();
    }

    public static string Sha256(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    public string BlobPath(string digest) => $"{_path}/blobs/{digest.Replace(':', '/')}";

    public string Blob(byte[] bytes)
    {
        var digest = Sha256(bytes);
        File.WriteAllBytes(BlobPath(digest), bytes);
        return digest;
    }

    public string Blob(string text) => Blob(Encoding.UTF8.GetBytes(text));

    public static string Descriptor(string mediaType, string digest, long size, string more = "") =>
        $$"""{"mediaType":"{{mediaType}}","digest":"{{digest}}","size":{{size}}{{more}}}""";

    public long SizeOf(string digest) => new FileInfo(BlobPath(digest)).Length;

    /// <summary>A manifest with a config and these layers (any bytes); its digest.</summary>
    public string Image(params byte[][] layers) => Image(MediaTypes.Manifest, layers, "amd64");

    public string Image(string mediaType, byte[][] layers, string architecture)
    {
        var diffIds = string.Join(',', layers.Select(layer => $"\"{Sha256(layer)}\""));
        var config = Blob($$"""{"os":"linux","architecture":"{{architecture}}","config":{"Cmd":["sh"]},"rootfs":{"type":"layers","diff_ids":[{{diffIds}}]} }""");
        var all = string.Join(',', layers.Select(layer => Descriptor(MediaTypes.Layer, Blob(layer), layer.Length)));
        var itself = Descriptor(MediaTypes.Config, config, SizeOf(config));
        return Blob($$"""{"schemaVersion":2,"mediaType":"{{mediaType}}","config":{{itself}},"layers":[{{all}}]}""");
    }

    public string Index(params (string Digest, string Platform)[] manifests)
    {
        var all = string.Join(',', manifests.Select(one => Descriptor(MediaTypes.Manifest, one.Digest, SizeOf(one.Digest), one.Platform.Length == 0 ? "" :
            $$""","platform":{"os":"{{one.Platform.Split('/')[0]}}","architecture":"{{one.Platform.Split('/')[1]}}"} """)));
        return Blob($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.Index}}","manifests":[{{all}}]}""");
    }

    public void Name(string name, string digest, string mediaType = MediaTypes.Manifest) =>
        Entry(Descriptor(mediaType, digest, SizeOf(digest), $$""","annotations":{"org.opencontainers.image.ref.name":"{{name}}"} """));

    public void Entry(string json)
    {
        _entries.Add(json);
        WriteIndex();
    }

    private void WriteIndex() => File.WriteAllText(_path + "/index.json", $$"""{"schemaVersion":2,"manifests":[{{string.Join(',', _entries)}}]}""");

    public static byte[] Bytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
