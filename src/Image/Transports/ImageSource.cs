using System;
using System.IO;
using SharpRun.Oci;

namespace SharpRun.Image.Transports;

/// <summary>Where an image is read from: a registry, a layout, an archive. Several threads may read blobs at once.</summary>
abstract class ImageSource : IDisposable
{
    /// <summary>As the user named it, for errors: "docker://ghcr.io/me/app:1".</summary>
    public abstract string Name { get; }

    /// <summary>The manifest or index of the name (null), or that of a digest. Its bytes are verified against the digest, if there is one.</summary>
    public abstract Document ReadManifest(Digest? digest);

    /// <summary>The blob's bytes from an offset on, not verified; the reader counts and hashes them.</summary>
    public abstract Stream OpenBlob(Descriptor blob, long offset);

    /// <summary>The blob will be opened: it is there until the source is disposed, or it is said now that it is not. Where that is to be had for nothing.</summary>
    public virtual void Hold(Descriptor blob)
    {
    }

    public virtual void Dispose()
    {
    }
}
