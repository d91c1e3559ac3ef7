using System;
using SharpRun.Image.Blobs;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.LayerTar;

namespace SharpRun.Image.Pack;

/// <summary>A layer that is being made: its archive is compressed into a new blob. Nothing of it has a name in the layout before <see cref="Finish"/>.</summary>
sealed class LayerMaker : IDisposable
{
    private readonly NewBlob _blob;
    private readonly LayerCompressor _compressor;

    public LayerMaker(OciLayout layout, Compression compression, SourceDate date)
    {
        _blob = layout.NewBlob();
        _compressor = new LayerCompressor(_blob, compression);
        Archive = new LayerArchive(_compressor, date);
    }

    public LayerArchive Archive { get; }

    /// <summary>The blob gets its name in the layout, and is on the lease.</summary>
    public ImageLayer Finish(Lease lease)
    {
        Archive.Finish();
        var made = _compressor.Finish();
        _blob.Publish(made.Digest, lease);
        return new ImageLayer(made.Descriptor, made.DiffId);
    }

    /// <summary>What is not finished is thrown away.</summary>
    public void Dispose()
    {
        _compressor.Dispose();
        _blob.Dispose();
    }
}
