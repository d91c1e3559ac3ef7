using System;
using System.IO;
using System.Security.Cryptography;
using SharpRun.Image.Store;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Pack;

/// <summary>A finished layer: its blob, which lies in the layout, and the digest of its archive.</summary>
sealed record MadeLayer(Descriptor Blob, Digest DiffId);

/// <summary>
/// A layer that is being made. Entries come in the order in which they are to stand; the same entries give the same bytes. Nothing of it has a
/// name in the layout before <see cref="Finish"/>. Paths have no slash at either end.
/// </summary>
sealed class LayerMaker : IDisposable
{
    private const int BlockSize = 128 << 10;

    private readonly SourceDate _date;
    private readonly byte[] _block = new byte[BlockSize];

    /// <summary>Entries that were written so far, whiteouts among them.</summary>
    public int Count { get; private set; }

    public LayerMaker(OciLayout layout, LayerCompression compression, SourceDate date)
    {
        _date = date;
    }

    /// <summary>Anything but a file with content. The root's path is empty.</summary>
    public void Add(TarEntry entry) => throw new NotSupportedException();

    /// <summary>A file whose content is read from a descriptor, from its beginning on; what is missing up to the entry's size is an error, more
    /// is not looked at. Holes become zeros: sparse files SHOULD NOT be in layers (image-spec, layer.md, "Sparse Files"). What names the file.</summary>
    public void AddFile(TarEntry entry, int file, string what) => throw new NotSupportedException();

    public void AddFile(TarEntry entry, ReadOnlySpan<byte> content) => throw new NotSupportedException();

    /// <summary>What has the path in the layers below is no longer there.</summary>
    public void AddWhiteout(ReadOnlySpan<byte> path) => throw new NotSupportedException();

    /// <summary>What the layers below have in the directory is no longer there.</summary>
    public void AddOpaque(ReadOnlySpan<byte> directory) => throw new NotSupportedException();

    /// <summary>The blob gets its name in the layout.</summary>
    public MadeLayer Finish() => throw new NotSupportedException();

    /// <summary>What is not finished is thrown away.</summary>
    public void Dispose()
    {
    }
}

enum LayerCompression
{
    Gzip, Zstd, None,
}
