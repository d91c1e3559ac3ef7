using System;
using System.IO;
using SharpRun.Image.Transports;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>An image of a layout: that of a descriptor of index.json, or of a digest alone.</summary>
sealed class LayoutSource : ImageSource
{
    private readonly OciLayout _layout;
    private readonly LayoutIndex _index;
    private readonly Digest _top;
    private readonly Lease? _lease;

    private LayoutSource(OciLayout layout, LayoutIndex index, Digest top, string name, Lease? lease)
    {
        (_layout, _index, _top, _lease) = (layout, index, top, lease);
        Name = name;
    }

    public override string Name { get; }

    /// <summary>By the name that index.json has for it; null: the only image there.</summary>
    public static LayoutSource Of(OciLayout layout, string? reference, string name)
    {
        var index = layout.ReadIndex();
        return new LayoutSource(layout, index, index.Choose(reference, name).Digest, name, null);
    }

    /// <summary>An image of the store, which gc leaves alone as long as the source is open.</summary>
    public static LayoutSource OfStore(OciLayout store, string? reference, Digest? digest, string name)
    {
        var lease = store.IsWritable ? store.Lease() : null;
        try
        {
            var index = store.ReadIndex();
            var top = (reference is null ? null : index.Find(reference)?.Descriptor?.Digest) ?? digest;
            if (top is { } found)
            {
                // Before it is looked for: gc may be about to remove it.
                lease?.Add(found);
                if (store.IsThere(found))
                {
                    return new LayoutSource(store, index, found, name, lease);
                }
            }
            throw new ImageError($"find {name}: the store {store.Path} has no {reference ?? digest.ToString()} (pull fetches it, list shows what is there)");
        }
        catch (Exception)
        {
            lease?.Dispose();
            throw;
        }
    }

    public override Document ReadManifest(Digest? digest)
    {
        var wanted = digest ?? _top;
        var descriptor = _index.Find(wanted);
        var bytes = _layout.ReadBlob(wanted, descriptor?.Size ?? -1, OciLimits.MaxManifestLength);
        return Document.Of(bytes, descriptor?.MediaType) with { Digest = wanted };
    }

    public override Stream OpenBlob(Descriptor blob, long offset)
    {
        _lease?.Add(blob.Digest);
        return _layout.OpenBlob(blob, offset);
    }

    public override void Hold(Descriptor blob)
    {
        _lease?.Add(blob.Digest);
        if (!_layout.HasBlob(blob))
        {
            throw new ImageError($"open {Name}: the blob {blob.Digest} with its {blob.Size} bytes is not in {_layout.Path}");
        }
    }

    public override void Dispose()
    {
        _lease?.Dispose();
        _layout.Dispose();
        base.Dispose();
    }
}
