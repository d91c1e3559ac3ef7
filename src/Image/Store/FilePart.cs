using System;
using System.IO;
using Microsoft.Win32.SafeHandles;
using SharpRun.Linux;

namespace SharpRun.Image.Store;

/// <summary>Bytes of a regular file from a start on: a blob, or an entry of an archive. By pread(2), so that several may read one file.</summary>
sealed class FilePart : Stream
{
    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly long _start, _length;
    private readonly bool _owns;
    private long _position;

    /// <param name="owns">The file is closed with the stream.</param>
    public FilePart(SafeFileHandle file, string path, long start, long length, bool owns) =>
        (_file, _path, _start, _length, _owns) = (file, path, start, length, owns);

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => _position = Math.Max(value, 0);
    }

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, Math.Max(_length - _position, 0));
        if (wanted == 0)
        {
            return 0;
        }
        var read = Sys.PRead((int)_file.DangerousGetHandle(), buffer[..wanted], _start + _position).OrThrow($"read {_path}");
        _position += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int ReadByte()
    {
        Span<byte> one = stackalloc byte[1];
        return Read(one) == 0 ? -1 : one[0];
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => _length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (_owns)
        {
            _file.Dispose();
        }
        base.Dispose(disposing);
    }
}
