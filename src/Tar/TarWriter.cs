using System;
using System.IO;

namespace SharpRun.Tar;

/// <summary>
/// Writes an archive: ustar where an entry fits into it, with a PAX header before it where not. Only what <see cref="TarEntry"/> says gets in: no
/// user names, no other times, so that the same entries give the same bytes. Their order is the caller's. A sparse file is written with its holes
/// as zeros. The stream stays open.
/// </summary>
public sealed class TarWriter(Stream stream)
{
    private const int RecordBytes = 20 * Header.Bytes;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _used;
    private long _position, _missing;
    private int _padding;
    private byte[] _name = [];

    /// <summary>Bytes of the archive that have been written.</summary>
    public long Position => _position;

    /// <summary>The entry's header; its data follow by <see cref="WriteData"/>, exactly Size bytes of a file, none of others. A directory's name
    /// gets its final slash.</summary>
    public void Write(TarEntry entry)
    {
        EndEntry();
        var name = entry.Kind == TarKind.Directory && !entry.Name.AsSpan().EndsWith("/"u8) ? [.. entry.Name, (byte)'/'] : entry.Name;
        _name = name;
        if (name.Length == 0 || name.AsSpan().Contains((byte)0) || entry.LinkName.AsSpan().Contains((byte)0))
        {
            throw Error("a name must have bytes other than zero");
        }
        if (entry.Kind is TarKind.HardLink or TarKind.Symlink && entry.LinkName.Length == 0)
        {
            throw Error("a link that leads nowhere");
        }
        if (entry.Kind == TarKind.File && name[^1] == '/')
        {
            throw Error("the name of a file ends like that of a directory");
        }
        if (entry.Uid < 0 || entry.Gid < 0 || entry.Size < 0)
        {
            throw Error("ids and sizes are not negative");
        }
        Span<byte> block = stackalloc byte[Header.Bytes];
        block.Clear();
        var records = EntryHeader.Fill(block, entry, name);
        if (!records.IsEmpty)
        {
            Span<byte> extended = stackalloc byte[Header.Bytes];
            extended.Clear();
            EntryHeader.FillExtended(extended, name, records.Length);
            Put(extended);
            Put(records);
            PutZeros(-records.Length & (Header.Bytes - 1));
        }
        Put(block);
        _missing = entry.Kind == TarKind.File ? entry.Size : 0;
        _padding = (int)(-_missing & (Header.Bytes - 1));
    }

    public void WriteData(ReadOnlySpan<byte> data)
    {
        if (TarCheck.WrittenDataFit.Fails(data.Length > _missing))
        {
            throw Error("it has more data than its size says");
        }
        _missing -= data.Length;
        Put(data);
    }

    /// <summary>The end of the archive, filled up to a record of 20 blocks, as other tools do. The stream is flushed.</summary>
    public void Finish()
    {
        EndEntry();
        PutZeros(2 * Header.Bytes);
        PutZeros((int)((RecordBytes - _position % RecordBytes) % RecordBytes));
        stream.Write(_buffer, 0, _used);
        _used = 0;
        stream.Flush();
    }

    private void EndEntry()
    {
        if (TarCheck.WrittenDataAreWhole.Fails(_missing != 0))
        {
            throw Error($"{_missing} bytes of its data are missing");
        }
        PutZeros(_padding);
        _padding = 0;
    }

    private void PutZeros(int count)
    {
        Span<byte> zeros = stackalloc byte[Header.Bytes];
        zeros.Clear();
        for (; count > 0; count -= Header.Bytes)
        {
            Put(zeros[..Math.Min(count, Header.Bytes)]);
        }
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _position += bytes.Length;
        if (bytes.Length > _buffer.Length - _used)
        {
            stream.Write(_buffer, 0, _used);
            _used = 0;
        }
        if (bytes.Length >= _buffer.Length)
        {
            stream.Write(bytes);
            return;
        }
        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private TarError Error(string problem) => new($"entry {TarText.Of(_name)}: {problem}");
}
