using System;
using SharpRun.Image.Store;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Transports;

/// <summary>Manifests and indexes out of a source, verified before they are parsed.</summary>
static class Documents
{
    /// <summary>What the name means: a manifest or an index.</summary>
    public static Document Top(ImageSource source) => source.ReadManifest(null);

    /// <summary>What a descriptor of an index leads to: of its digest, size and media type, or not at all.</summary>
    public static Document Read(ImageSource source, Descriptor descriptor)
    {
        var what = $"the manifest {descriptor.Digest} of {source.Name}";
        if (descriptor.Size > OciLimits.MaxManifestLength)
        {
            throw new ImageError($"read {what}: its {descriptor.Size} bytes are more than the {OciLimits.MaxManifestLength} that are taken");
        }
        var document = source.ReadManifest(descriptor.Digest);
        if (document.Bytes.Length != descriptor.Size)
        {
            throw new ImageError($"verify {what}: it has {document.Bytes.Length} bytes, not {descriptor.Size}");
        }
        ContentHash.Verify(document.Bytes, descriptor.Digest, what);
        if (document.MediaType != descriptor.MediaType)
        {
            throw new ImageError($"verify {what}: it is of type {OneLine.Of(document.MediaType)}, not {descriptor.MediaType}");
        }
        return document with { Digest = descriptor.Digest };
    }

    /// <summary>The manifest for a platform; the top itself when it is one.</summary>
    /// <param name="read">Reads what an entry leads to, verified.</param>
    public static Document OfPlatform(ImageSource source, Document top, Platform platform, Func<Descriptor, Document> read)
    {
        var document = top;
        for (var depth = 0; document.Kind == DocumentKind.Index; depth++)
        {
            if (depth == OciLimits.MaxIndexDepth)
            {
                throw new ImageError($"read {source.Name}: its indexes are nested deeper than {OciLimits.MaxIndexDepth} levels");
            }
            document = read(PlatformChoice.Choose(ImageIndex.Parse(document), platform, source.Name));
        }
        return document;
    }

    public static Descriptor DescriptorOf(Document document) => new(document.MediaType, document.Digest, document.Bytes.Length);
}
