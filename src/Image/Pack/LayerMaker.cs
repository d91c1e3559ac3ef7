using System;
using SharpRun.Image.Blobs;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Pack;

/// <summary>
/// A layer that is being made. Entries come in the order in which they are to stand; the same entries give the same bytes. Nothing of it has a
/// name in the layout before <see cref="Finish"/>. Paths have no slash at either end; the root's is empty.
/// </summary>
sealed class LayerMaker : IDisposable
{
    private const int BlockSize = 128 << 10;

    private readonly SourceDate _date;
    private readonly NewBlob _blob;
    private readonly LayerCompressor _compressor;
    private readonly TarWriter _tar;
    private readonly byte[] _block = new byte[BlockSize];

    public LayerMaker(OciLayout layout, Compression compression, SourceDate date)
    {
        _date = date;
        _blob = layout.NewBlob();
        _compressor = new LayerCompressor(_blob, compression);
        _tar = new TarWriter(_compressor);
    }

    /// <summary>Entries that were written so far, whiteouts among them.</summary>
    public int Count { get; private set; }

    /// <summary>Anything but a file with content.</summary>
    public void Add(TarEntry entry)
    {
        var name = entry.Name.Length == 0 ? "./"u8.ToArray() : entry.Name;
        if (LastOf(name).StartsWith(Whiteout.Prefix))
        {
            throw new ImageError($"pack {TarText.Of(name)}: a name that begins with .wh. says in a layer that something was deleted");
        }
        Write(entry with { Name = name, ModifiedAt = _date.Clamp(entry.ModifiedAt), IsSparse = false });
    }

    /// <summary>A file whose content is read from a descriptor, from its beginning on; one that is shorter than the entry says is an error, of a longer
    /// one the rest is not looked at. Holes become zeros: sparse files SHOULD NOT be in layers (image-spec, layer.md).</summary>
    /// <param name="what">Names the file in errors: "read a/b in /rootfs".</param>
    public void AddFile(TarEntry entry, int file, string what)
    {
        Add(entry);
        for (var left = entry.Size; left > 0;)
        {
            var read = Sys.Read(file, _block.AsSpan(0, (int)Math.Min(left, BlockSize))).OrThrow(what);
            if (read == 0)
            {
                throw new ImageError($"{what}: it became shorter while it was read; try again when nothing writes there");
            }
            _tar.WriteData(_block.AsSpan(0, read));
            left -= read;
        }
    }

    public void AddFile(TarEntry entry, ReadOnlySpan<byte> content)
    {
        Add(entry with { Size = content.Length });
        _tar.WriteData(content);
    }

    /// <summary>What has the path in the layers below is no longer there.</summary>
    public void AddWhiteout(ReadOnlySpan<byte> path) => Write(Whiteout.Of(path));

    /// <summary>What the layers below have in the directory is no longer there.</summary>
    public void AddOpaque(ReadOnlySpan<byte> directory) => Write(Whiteout.OpaqueOf(directory));

    /// <summary>The blob gets its name in the layout, and is on the lease.</summary>
    public ImageLayer Finish(Lease lease)
    {
        _tar.Finish();
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

    private void Write(TarEntry entry)
    {
        _tar.Write(entry);
        Count++;
    }

    private static ReadOnlySpan<byte> LastOf(ReadOnlySpan<byte> path)
    {
        path = path.TrimEnd((byte)'/');
        return path[(path.LastIndexOf((byte)'/') + 1)..];
    }
}

/// <summary>The names in a layer that say what is no longer there (image-spec, layer.md, "Whiteouts"). Their entries have nothing that depends on
/// when or by whom they were made.</summary>
static class Whiteout
{
    private const uint Mode = 0x180; // 0600

    public static ReadOnlySpan<byte> Prefix => ".wh."u8;

    public static ReadOnlySpan<byte> Opaque => ".wh..wh..opq"u8;

    public static TarEntry Of(ReadOnlySpan<byte> path)
    {
        var at = path.LastIndexOf((byte)'/') + 1;
        if (path[at..].StartsWith(Prefix))
        {
            throw new ImageError($"pack {TarText.Of(path)}: a deleted name that begins with .wh. cannot be said in a layer");
        }
        return new TarEntry(TarKind.File, [.. path[..at], .. Prefix, .. path[at..]]) { Mode = Mode };
    }

    public static TarEntry OpaqueOf(ReadOnlySpan<byte> directory) =>
        new(TarKind.File, directory.IsEmpty ? Opaque.ToArray() : [.. directory, (byte)'/', .. Opaque]) { Mode = Mode };
}
