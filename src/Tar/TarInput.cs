using System;
using System.IO;

namespace SharpRun.Tar;

/// <summary>The archive's bytes in order, read in large pieces, and how many have gone by.</summary>
sealed class TarInput(Stream stream)
{
    // Below 85,000 bytes, where the collector's large objects begin.
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _at, _end;

    public long Position { get; private set; }

    /// <summary>The next bytes, good until the next call; fewer than asked for only at the end of the archive.</summary>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (_end - _at < count)
        {
            _buffer.AsSpan(_at, _end - _at).CopyTo(_buffer);
            (_at, _end) = (0, _end - _at);
            for (var got = -1; _end < count && got != 0; _end += got)
            {
                got = stream.Read(_buffer, _end, _buffer.Length - _end);
            }
            count = Math.Min(count, _end);
        }
        _at += count;
        Position += count;
        return _buffer.AsSpan(_at - count, count);
    }

    /// <summary>Fills the whole span, unless the archive ends before. The number of bytes that it got.</summary>
    public int Read(Span<byte> into)
    {
        var got = Math.Min(into.Length, _end - _at);
        _buffer.AsSpan(_at, got).CopyTo(into);
        _at += got;
        Position += got;
        while (got < into.Length)
        {
            // What is as large as the buffer need not go through it.
            var isLarge = into.Length - got >= _buffer.Length;
            var count = isLarge ? stream.Read(into[got..]) : Math.Min(Fill(), into.Length - got);
            if (count == 0)
            {
                break;
            }
            if (!isLarge)
            {
                _buffer.AsSpan(0, count).CopyTo(into[got..]);
                _at = count;
            }
            got += count;
            Position += count;
        }
        return got;
    }

    /// <summary>The number of bytes that went by, less than asked for when the archive ends before.</summary>
    public long Skip(long count)
    {
        var left = count;
        while (left > 0)
        {
            if (_at == _end && Fill() == 0)
            {
                break;
            }
            var step = (int)Math.Min(left, _end - _at);
            _at += step;
            left -= step;
        }
        Position += count - left;
        return count - left;
    }

    private int Fill()
    {
        _at = 0;
        _end = stream.Read(_buffer, 0, _buffer.Length);
        return _end;
    }
}
