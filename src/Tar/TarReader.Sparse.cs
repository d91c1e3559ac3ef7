using System;
using System.Runtime.InteropServices;

namespace SharpRun.Tar;

/// <summary>
/// Four ways to leave out holes (GNU tar manual, "Storing Sparse Files"): old GNU, with the map in the header and blocks after it; PAX 0.0 and 0.1
/// with the map in records; PAX 1.0 with the map as text before the data.
/// </summary>
partial class TarReader
{
    private const int OldPieceBytes = 24, OldPiecesOfBlock = 21;

    // Two lines of at most 19 digits each.
    private const int LongestNumber = 19;

    private TarEntry WithData(TarEntry entry, Header header, PaxRecords records)
    {
        long? whole;
        switch (records)
        {
            case var _ when header.TypeFlag == (byte)'S':
                whole = ReadOldMap(header);
                break;
            case { SparseMajor: 1, SparseMinor: 0 }:
                whole = records.SparseSize;
                ReadMapBeforeData();
                break;
            case { SparseMajor: null or 0, SparseMinor: null or 0 or 1, SparseMap: not null }:
                whole = records.SparseSize;
                TakeMap(records.SparseMap);
                break;
            case { SparseMajor: null, SparseMinor: null, SparseName: not null }:
                throw Error("a sparse file without its map");
            case { SparseMajor: not null } or { SparseMinor: not null }:
                throw Error($"a sparse file of the unknown form {records.SparseMajor}.{records.SparseMinor}");
            default:
                _pieces.Add((0, _remaining));
                return entry with { Size = _remaining };
        }
        RequireSound(whole ?? throw Error("a sparse file without its size"));
        return entry with { Size = whole.Value, IsSparse = true };
    }

    private long ReadOldMap(Header header)
    {
        if (!header.IsGnu)
        {
            throw Error("a sparse file of GNU's form in an archive of another");
        }
        var size = Field(header.SparseSize, "size with holes");
        var isLong = header.IsSparseMapLong;
        var isOpen = AddOldPieces(header.SparseMap);
        while (isLong)
        {
            var block = _input.Take(Header.Bytes);
            if (block.Length < Header.Bytes)
            {
                throw Error($"the archive ends at byte {_input.Position}, in the middle of the map of its holes");
            }
            isLong = block[OldPieceBytes * OldPiecesOfBlock] != 0;
            isOpen = isOpen && AddOldPieces(block[..(OldPieceBytes * OldPiecesOfBlock)]);
        }
        return size;
    }

    // False after a piece that is none: the map ends there.
    private bool AddOldPieces(ReadOnlySpan<byte> map)
    {
        for (; !map.IsEmpty; map = map[OldPieceBytes..])
        {
            if (map[0] == 0)
            {
                return false;
            }
            AddPiece(Field(map[..12], "map of holes"), Field(map.Slice(12, 12), "map of holes"));
        }
        return true;
    }

    private void ReadMapBeforeData()
    {
        // The number of pieces, then offset and length of each, a line each, and zeros up to the next block.
        long? pieces = null, offset = null;
        while (pieces is null || _pieces.Count < pieces)
        {
            if (_remaining < Header.Bytes)
            {
                throw Error("its data end in the middle of the map of its holes");
            }
            var block = _input.Take(Header.Bytes);
            if (block.Length < Header.Bytes)
            {
                throw Truncated();
            }
            _remaining -= Header.Bytes;
            foreach (var letter in block)
            {
                if (pieces is not null && _pieces.Count == pieces)
                {
                    break;
                }
                if (NumberUpTo(letter) is not { } number)
                {
                    continue;
                }
                if (pieces is null)
                {
                    pieces = number <= limits.SparsePieces ? number : throw TooManyPieces();
                }
                else if (offset is null)
                {
                    offset = number;
                }
                else
                {
                    AddPiece(offset.Value, number);
                    offset = null;
                }
            }
        }
    }

    private readonly byte[] _line = new byte[LongestNumber];
    private int _lineLength;

    // The line's number when the letter ends it; lines go over the ends of blocks.
    private long? NumberUpTo(byte letter)
    {
        if (letter != '\n' && _lineLength < LongestNumber)
        {
            _line[_lineLength++] = letter;
            return null;
        }
        var line = _line.AsSpan(0, _lineLength);
        _lineLength = 0;
        return letter == '\n' && Numbers.TryDecimal(line, out var number) ? number : throw Error("its map of holes is no list of numbers");
    }

    private void TakeMap(System.Collections.Generic.List<long> map)
    {
        var numbers = CollectionsMarshal.AsSpan(map);
        if (numbers.Length % 2 != 0)
        {
            throw Error("its map of holes ends in the middle of a piece");
        }
        for (var i = 0; i < numbers.Length; i += 2)
        {
            AddPiece(numbers[i], numbers[i + 1]);
        }
    }

    private void AddPiece(long offset, long length)
    {
        if (TarCheck.SparsePiecesAreFew.Fails(_pieces.Count == limits.SparsePieces))
        {
            throw TooManyPieces();
        }
        _pieces.Add((offset, length));
    }

    // In order, none over another or beyond the end, and together as much as the archive has.
    private void RequireSound(long size)
    {
        long end = 0, stored = 0;
        foreach (var (offset, length) in _pieces)
        {
            if (TarCheck.SparsePieceFits.Fails(offset < end || length < 0 || length > size - offset))
            {
                throw Error($"a piece of {length} bytes at {offset} does not fit into its map of holes");
            }
            end = offset + length;
            stored += length;
        }
        if (TarCheck.SparseDataAreWhole.Fails(size < 0 || stored != _remaining))
        {
            throw Error($"its map of holes tells of {stored} bytes of data, the archive has {_remaining}");
        }
    }

    private TarError TooManyPieces() => Error($"a sparse file of more than {limits.SparsePieces} pieces");
}
