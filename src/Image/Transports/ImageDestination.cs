using System;
using SharpRun.Oci;

namespace SharpRun.Image.Transports;

/// <summary>Where an image is written to. Nothing is to be seen under a final name before it is verified; several threads may put blobs at once.</summary>
abstract class ImageDestination : IDisposable
{
    /// <summary>As the user named it, for errors.</summary>
    public abstract string Name { get; }

    public abstract bool HasBlob(Descriptor blob);

    /// <summary>Takes the blob, its size and digest verified; continues what an earlier call has begun. <paramref name="received"/> is told
    /// the number of bytes whenever some have come.</summary>
    public abstract void PutBlob(Descriptor blob, ImageSource source, Action<long> received);

    /// <summary>The manifest when it is there already, verified; null: it is to be read from the source.</summary>
    public virtual Document? TryReadManifest(Descriptor manifest) => null;

    /// <summary>How many blobs are taken at once; 1: they come in the manifest's order.</summary>
    public virtual int Lanes => int.MaxValue;

    /// <summary>A manifest or index whose blobs and manifests are all there.</summary>
    public abstract void PutManifest(Document document);

    /// <summary>The last act: the image gets its name.</summary>
    public abstract void Finish(Document top);

    public virtual void Dispose()
    {
    }
}
