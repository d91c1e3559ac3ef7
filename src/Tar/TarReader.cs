using System;
using System.Collections.Generic;
using System.IO;

namespace SharpRun.Tar;

/// <summary>
/// Reads an archive from its beginning to its end: V7, ustar, GNU and PAX headers, and the sparse files of all of them, with the names as bytes.
/// Where tools differ it reads as Go's archive/tar does, which most images are made and unpacked with; what they would read differently is an
/// error (spec/tar.md). Whatever is wrong is a <see cref="TarError"/>; errors of the stream pass through. The stream stays open.
/// </summary>
public sealed partial class TarReader(Stream stream, TarLimits limits)
{
    private readonly TarInput _input = new(stream);
    private readonly PaxRecords _globals = new(limits);

    private byte[] _records = [];
    private int _globalBytes;

    // Of the current entry: bytes of the archive that are not read yet, and of the zeros after them.
    private long _remaining;
    private int _padding;

    // Its pieces between holes, the one that is being read, and how much of that has been. One that is not sparse has one piece.
    private readonly List<(long Offset, long Length)> _pieces = [];
    private int _piece;
    private long _read;

    private byte[] _name = [];
    private bool _isAtEnd;

    /// <summary>Bytes of the archive that have been read.</summary>
    public long Position => _input.Position;

    /// <summary>The next entry, or null at the archive's end: two blocks of zeros, one at the end of the stream, or none. What comes after two
    /// is not read. The rest of the entry before is skipped.</summary>
    public TarEntry? Next()
    {
        SkipRest();
        PaxRecords? records = null;
        byte[]? longName = null, longLink = null;
        while (!_isAtEnd)
        {
            var start = _input.Position;
            var block = _input.Take(Header.Bytes);
            if (IsEnd(block, start))
            {
                break;
            }
            var header = new Header(block);
            if (TarCheck.HeaderHasItsChecksum.Fails(!header.IsChecksumRight))
            {
                throw ErrorAt(start, "this is no tar header, its checksum is wrong");
            }
            switch (header.TypeFlag)
            {
                case (byte)'x':
                    records = _globals.Copy();
                    AddRecords(records, ReadExtended(header, start, "an extended header", limits.PaxBytes), start, areGlobal: false);
                    continue;
                case (byte)'g':
                    AddGlobals(header, start);
                    continue;
                case (byte)'L':
                    longName = UpToZero(ReadExtended(header, start, "a long name", limits.PathBytes + 1));
                    continue;
                case (byte)'K':
                    longLink = UpToZero(ReadExtended(header, start, "a long link name", limits.PathBytes + 1));
                    continue;
                default:
                    return ReadEntry(header, start, records ?? _globals, longName, longLink);
            }
        }
        _isAtEnd = true;
        return TarCheck.EntryFollowsExtendedHeader.Passes(records is null && longName is null && longLink is null) ? null
            : throw ErrorAt(_input.Position, "the archive ends after an extended header, without the entry that it is for");
    }

    /// <summary>The next data of the current file, as much as the buffer holds, and where in the file it belongs: what is between two pieces is a
    /// hole. 0 at the end.</summary>
    public int ReadData(Span<byte> buffer, out long offset)
    {
        while (_piece < _pieces.Count && _read == _pieces[_piece].Length)
        {
            (_piece, _read) = (_piece + 1, 0);
        }
        offset = 0;
        if (_piece == _pieces.Count)
        {
            return 0;
        }
        var (start, length) = _pieces[_piece];
        offset = start + _read;
        var wanted = (int)Math.Min(buffer.Length, length - _read);
        var got = _input.Read(buffer[..wanted]);
        _read += got;
        _remaining -= got;
        return TarCheck.DataAreWhole.Passes(got == wanted) ? got : throw Truncated();
    }

    private void SkipRest()
    {
        var skipped = _input.Skip(_remaining);
        if (TarCheck.SkippedDataAreWhole.Fails(skipped != _remaining))
        {
            throw Truncated();
        }
        // Some writers leave out the padding of the last entry; GNU tar and Go take that.
        _input.Skip(_padding);
        (_remaining, _padding) = (0, 0);
        _pieces.Clear();
        (_piece, _read) = (0, 0);
        _name = [];
    }

    private bool IsEnd(ReadOnlySpan<byte> block, long start)
    {
        if (block.IsEmpty)
        {
            return true;
        }
        if (block.Length < Header.Bytes)
        {
            throw ErrorAt(_input.Position, "the archive ends in the middle of a header");
        }
        if (!new Header(block).IsZero)
        {
            return false;
        }
        var second = _input.Take(Header.Bytes);
        if (second.Length is not (0 or Header.Bytes))
        {
            throw ErrorAt(_input.Position, "the archive ends in the middle of its last block");
        }
        return TarCheck.EndIsTwoBlocks.Passes(second.IndexOfAnyExcept((byte)0) < 0) ? true : throw ErrorAt(start, "a single block of zeros, and the archive goes on after it");
    }

    // The content of a header that is only about the next entry. Good until the next call.
    private ReadOnlySpan<byte> ReadExtended(Header header, long start, string what, int limit)
    {
        if (TarCheck.ExtendedHeaderHasASize.Fails(!Numbers.TryField(header.Size, out var size) || size < 0))
        {
            throw ErrorAt(start, $"the size of {what} is no number of bytes");
        }
        if (TarCheck.ExtendedHeaderIsSmall.Fails(size > limit))
        {
            throw ErrorAt(start, $"{what} of {size} bytes, more than the {limit} that are read");
        }
        if (_records.Length < size)
        {
            _records = new byte[Math.Min(Math.Max((int)size, 2 * _records.Length), limit)];
        }
        var content = _records.AsSpan(0, (int)size);
        if (_input.Read(content) != size)
        {
            throw ErrorAt(_input.Position, $"the archive ends in the middle of {what}");
        }
        _input.Skip(PaddingOf(size));
        return content;
    }

    private static void AddRecords(PaxRecords records, ReadOnlySpan<byte> content, long start, bool areGlobal)
    {
        if (records.Add(content, areGlobal) is { } problem)
        {
            throw ErrorAt(start, problem);
        }
    }

    private void AddGlobals(Header header, long start)
    {
        var content = ReadExtended(header, start, "a global extended header", limits.PaxBytes);
        _globalBytes += content.Length;
        if (TarCheck.GlobalHeadersAreSmall.Fails(_globalBytes > limits.PaxBytes))
        {
            throw ErrorAt(start, $"global extended headers of {_globalBytes} bytes, more than the {limits.PaxBytes} that are read");
        }
        AddRecords(_globals, content, start, areGlobal: true);
    }

    private static byte[] UpToZero(ReadOnlySpan<byte> content)
    {
        var zero = content.IndexOf((byte)0);
        return (zero < 0 ? content : content[..zero]).ToArray();
    }

    private static int PaddingOf(long size) => (int)(-size & (Header.Bytes - 1));

    private TarError Truncated() => Error($"the archive ends at byte {_input.Position}, in the middle of its data");

    private TarError Error(string problem) => new($"entry {TarText.Of(_name)}: {problem}");

    private static TarError ErrorAt(long position, string problem) => new($"at byte {position}: {problem}");
}
