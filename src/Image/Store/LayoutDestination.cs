using System;
using SharpRun.Image.Transports;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>A layout, the store among them, as the place where an image goes. What is needed is on a lease before it is looked for.</summary>
/// <param name="reference">The name that it gets; null: none.</param>
/// <param name="verifies">Blobs that are there are read, and fetched anew when their content is wrong.</param>
sealed class LayoutDestination(OciLayout layout, string? reference, string name, bool verifies) : ImageDestination
{
    private readonly Lease _lease = layout.Lease();

    public override string Name => name;

    public override bool HasBlob(Descriptor blob)
    {
        _lease.Add(blob.Digest);
        return verifies ? layout.HasBlobVerified(blob) : layout.HasBlob(blob);
    }

    public override void PutBlob(Descriptor blob, ImageSource source, Action<long> received)
    {
        _lease.Add(blob.Digest);
        layout.Take(blob, source, received);
    }

    public override void PutManifest(Document document)
    {
        _lease.Add(document.Digest);
        if (!layout.HasBlobVerified(Documents.DescriptorOf(document)))
        {
            layout.Put(document);
        }
    }

    public override Document? TryReadManifest(Descriptor manifest)
    {
        _lease.Add(manifest.Digest);
        return layout.HasBlob(manifest) && manifest.Size <= OciLimits.MaxManifestLength
            ? layout.TryReadManifest(manifest)
            : null;
    }

    public override void Finish(Document top)
    {
        layout.SyncBlobs();
        layout.Update(index => index.Set(reference, Documents.DescriptorOf(top)));
    }

    public override void Dispose()
    {
        _lease.Dispose();
        layout.Dispose();
        base.Dispose();
    }
}
