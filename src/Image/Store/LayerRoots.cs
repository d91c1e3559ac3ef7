using System.Collections.Generic;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>The chain ids that the images of a layout need, for the garbage collection of layers. What cannot be read is an <see cref="ImageError"/>:
/// nothing may be removed then.</summary>
static class LayerRoots
{
    /// <summary>Of every image that has a name, all its platforms. No layout: none.</summary>
    public static IReadOnlyCollection<Digest> TopsOf(OciLayout? layout)
    {
        var tops = new HashSet<Digest>();
        foreach (var entry in layout?.ReadIndex().Entries ?? [])
        {
            if (entry.Descriptor is { } descriptor)
            {
                Add(layout!, descriptor.Digest, 0, tops);
            }
        }
        return tops;
    }

    // What is not there (another platform's manifest) has no layers here.
    private static void Add(OciLayout layout, Digest digest, int depth, HashSet<Digest> tops)
    {
        if (depth > OciLimits.MaxIndexDepth || !layout.IsThere(digest))
        {
            return;
        }
        var document = Document.Of(layout.ReadBlob(digest, -1, OciLimits.MaxManifestLength), null);
        if (document.MediaType is MediaTypes.Index or MediaTypes.DockerList)
        {
            foreach (var manifest in ImageIndex.Parse(document).Manifests)
            {
                Add(layout, manifest.Digest, depth + 1, tops);
            }
        }
        else if (document.MediaType is MediaTypes.Manifest or MediaTypes.DockerManifest
            && Manifest.Parse(document).Config is { MediaType: MediaTypes.Config or MediaTypes.DockerConfig } config && layout.IsThere(config.Digest))
        {
            tops.UnionWith(ChainId.OfAll(ImageConfig.Parse(layout.ReadBlob(config.Digest, config.Size, OciLimits.MaxConfigLength), config.Digest).DiffIds));
        }
    }
}
