using System;
using System.IO;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>
/// A layer's archive that is being written. Entries come in the order in which they are to stand; the same entries give the same bytes. Paths have no
/// slash at either end; the root's is empty. The stream stays open.
/// </summary>
public sealed class LayerArchive(Stream stream, SourceDate date)
{
    private const int BlockSize = 128 << 10;

    private readonly TarWriter _tar = new(stream);
    private readonly byte[] _block = new byte[BlockSize];

    /// <summary>Entries that were written so far, whiteouts among them.</summary>
    public int Count { get; private set; }

    /// <summary>Anything but a file with content.</summary>
    public void Add(TarEntry entry)
    {
        var name = entry.Name.Length == 0 ? "./"u8.ToArray() : entry.Name;
        if (TreeCheck.NewNameIsNoWhiteout.Fails(LastOf(name).StartsWith(Whiteout.Prefix)))
        {
            throw new ImageError($"pack {TarText.Of(name)}: a name that begins with .wh. says in a layer that something was deleted");
        }
        Write(entry with { Name = name, ModifiedAt = date.Clamp(entry.ModifiedAt), IsSparse = false });
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

    public void Finish() => _tar.Finish();

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
