using System;
using System.Collections.Generic;
using System.IO;
using SharpRun.Image.Cli;
using SharpRun.Image.Store;
using SharpRun.Oci;

namespace SharpRun.Image.Transports;

/// <summary>A layer as it is stored, and the digest of its tar when it is unpacked.</summary>
sealed record ImageLayer(Descriptor Blob, Digest DiffId);

/// <summary>An image that can be run: the chosen platform's documents, verified and read, and its layers to be opened. For the verbs that use images.</summary>
sealed class OpenImage : IDisposable
{
    private readonly ImageSource _source;

    private OpenImage(ImageSource source, Descriptor descriptor, Document document)
    {
        _source = source;
        Descriptor = descriptor;
        Document = document;
        Manifest = Manifest.Parse(document);
        var config = Manifest.ImageConfigOf(source.Name);
        source.Hold(config);
        ConfigBytes = ReadWhole(source, config, OciLimits.MaxConfigLength);
        Config = ImageConfig.Parse(ConfigBytes, config.Digest);
        if (Config.DiffIds.Count != Manifest.Layers.Count)
        {
            throw new ImageError($"read {source.Name}: its manifest has {Manifest.Layers.Count} layers, but its config {Config.DiffIds.Count} diff_ids");
        }
        var layers = new List<ImageLayer>(Manifest.Layers.Count);
        for (var i = 0; i < Manifest.Layers.Count; i++)
        {
            source.Hold(Manifest.Layers[i]);
            layers.Add(new ImageLayer(Manifest.Layers[i], Config.DiffIds[i]));
        }
        Layers = layers;
    }

    /// <summary>As the user named it, for errors.</summary>
    public string Name => _source.Name;

    /// <summary>It is disposed with the image.</summary>
    public ImageSource Source => _source;

    /// <summary>Of the manifest.</summary>
    public Descriptor Descriptor { get; }

    /// <summary>The manifest's bytes.</summary>
    public Document Document { get; }

    public Manifest Manifest { get; }

    public byte[] ConfigBytes { get; }

    public ImageConfig Config { get; }

    /// <summary>The lowest one first.</summary>
    public IReadOnlyList<ImageLayer> Layers { get; }

    public static OpenImage Open(ImageName name, Options options) => Of(Transport.OpenSource(name, options), options.Platform);

    /// <summary>The source is disposed with the image, also when there is none.</summary>
    public static OpenImage Of(ImageSource source, Platform? platform)
    {
        try
        {
            var document = Documents.OfPlatform(source, Documents.Top(source), platform ?? Platform.Host, entry => Documents.Read(source, entry));
            var image = new OpenImage(source, Documents.DescriptorOf(document), document);
            return platform is null || PlatformChoice.Matches(image.Config.Platform, platform)
                ? image
                : throw new ImageError($"open {source.Name}: it is for {image.Config.Platform}, not for {platform}");
        }
        catch (Exception)
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>The blob as it is stored. Whoever reads it counts and hashes: neither size nor digest has been verified.</summary>
    public Stream OpenBlob(Descriptor blob) => _source.OpenBlob(blob, 0);

    /// <summary>A small blob, verified.</summary>
    public static byte[] ReadWhole(ImageSource source, Descriptor blob, int limit)
    {
        if (blob.Size > limit)
        {
            throw new ImageError($"read the blob {blob.Digest} of {source.Name}: its {blob.Size} bytes are more than the {limit} that are taken");
        }
        var bytes = new byte[blob.Size];
        using var stream = source.OpenBlob(blob, 0);
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (length < bytes.Length || stream.ReadByte() >= 0)
        {
            throw new ImageError($"read the blob {blob.Digest} of {source.Name}: it has {(length < bytes.Length ? $"{length}" : "more")} bytes, not {blob.Size}");
        }
        ContentHash.Verify(bytes, blob.Digest, $"the blob {blob.Digest} of {source.Name}");
        return bytes;
    }

    public void Dispose() => _source.Dispose();
}
