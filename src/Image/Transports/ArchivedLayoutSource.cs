using System;
using System.IO;
using SharpRun.Image.Store;
using SharpRun.Oci;

namespace SharpRun.Image.Transports;

/// <summary>An image of a layout in an archive (oci-archive:, and what docker save writes since 25). What the archive lacks matters only when it is
/// asked for: docker leaves out the blobs of other platforms.</summary>
sealed class ArchivedLayoutSource : ImageSource
{
    private readonly ImageArchive _archive;
    private readonly LayoutIndex _index;
    private readonly Digest _top;

    private ArchivedLayoutSource(ImageArchive archive, LayoutIndex index, Digest top, string name)
    {
        (_archive, _index, _top) = (archive, index, top);
        Name = name;
    }

    public override string Name { get; }

    public static bool IsLayout(ImageArchive archive) => archive.SizeOf(Oci.Layout.IndexFile) >= 0 && archive.SizeOf(Oci.Layout.MarkerFile) >= 0;

    public static LayoutIndex ReadIndex(ImageArchive archive)
    {
        var marker = archive.TryRead(Oci.Layout.MarkerFile, StoreLimits.Marker)
            ?? throw new ImageError($"read the archive {archive.Path}: it has no file {Oci.Layout.MarkerFile}, so that it is no image layout");
        Oci.Layout.CheckMarker(marker, $"{archive.Path}: {Oci.Layout.MarkerFile}");
        var index = archive.TryRead(Oci.Layout.IndexFile, OciLimits.MaxIndexFileLength)
            ?? throw new ImageError($"read the archive {archive.Path}: it has no file {Oci.Layout.IndexFile}");
        return LayoutIndex.Parse(index, $"{archive.Path}: {Oci.Layout.IndexFile}");
    }

    /// <summary>The archive is disposed with the source.</summary>
    public static ArchivedLayoutSource Of(ImageArchive archive, string? reference, string name)
    {
        var index = ReadIndex(archive);
        return new ArchivedLayoutSource(archive, index, index.Choose(reference, name).Digest, name);
    }

    public override Document ReadManifest(Digest? digest)
    {
        var wanted = digest ?? _top;
        var bytes = _archive.TryRead(Oci.Layout.PathOf(wanted), OciLimits.MaxManifestLength)
            ?? throw new ImageError($"read {Name}: it has no manifest {wanted}");
        ContentHash.Verify(bytes, wanted, $"the manifest {wanted} of {Name}");
        var descriptor = _index.Find(wanted);
        return descriptor is null || descriptor.Size == bytes.Length
            ? Document.Of(bytes, descriptor?.MediaType) with { Digest = wanted }
            : throw new ImageError($"verify the manifest {wanted} of {Name}: it has {bytes.Length} bytes, not {descriptor.Size}");
    }

    public override Stream OpenBlob(Descriptor blob, long offset)
    {
        Hold(blob);
        return _archive.OpenEntry(Oci.Layout.PathOf(blob.Digest), offset);
    }

    public override void Hold(Descriptor blob)
    {
        var size = _archive.SizeOf(Oci.Layout.PathOf(blob.Digest));
        if (ImageCheck.ArchivedBlobHasItsSize.Fails(size != blob.Size))
        {
            throw new ImageError($"open the blob {blob.Digest} of {Name}: {(size < 0 ? "it is not there" : $"it has {size} bytes, not {blob.Size}")}");
        }
    }

    public override void Dispose()
    {
        _archive.Dispose();
        base.Dispose();
    }
}
