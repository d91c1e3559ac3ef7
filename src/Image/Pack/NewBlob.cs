using System;
using System.IO;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Store;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Pack;

/// <summary>A blob that is being written and whose digest is not known yet: a file under a random digest's staging name, with an flock as long as
/// its writer lives. What a dead writer leaves is taken away by the layout's gc.</summary>
sealed class NewBlob : Stream
{
    private const int RandomBytes = 32; // as many as a sha256 has

    private readonly Folder _folder;
    private readonly string _staging = PartialBlob.Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));
    private readonly SafeFileHandle _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _length;
    private bool _isPublished;

    public NewBlob(Folder folder)
    {
        _folder = folder;
        _file = folder.MakeFile(_staging);
        Sys.Flock(Fd, Native.LOCK_EX | Native.LOCK_NB).OrThrow($"lock {folder.Of(_staging)}");
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _length;

    public override long Position
    {
        get => _length;
        set => throw new NotSupportedException();
    }

    private int Fd => (int)_file.DangerousGetHandle();

    public override void Write(ReadOnlySpan<byte> bytes)
    {
        Sys.WriteAll(Fd, bytes).OrThrow($"write {_folder.Of(_staging)}");
        _hash.AppendData(bytes);
        _length += bytes.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void WriteByte(byte value) => Write([value]);

    /// <summary>On the disk, and under its final name. The lease keeps it from a gc until a name leads to it.</summary>
    public Descriptor Publish(string mediaType, Lease lease)
    {
        Sys.Fsync(Fd).OrThrow($"sync {_folder.Of(_staging)}");
        var blob = new Descriptor(mediaType, Digest.OfSha256(_hash.GetHashAndReset()), _length);
        lease.Add(blob.Digest);
        _folder.Rename(_staging, blob.Digest.Hex);
        _isPublished = true;
        return blob;
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>What is not published is removed.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_file.IsClosed)
        {
            if (!_isPublished)
            {
                Sys.UnlinkAt(_folder.Fd, Folder.Bytes(_staging), 0);
            }
            _file.Dispose();
            _hash.Dispose();
        }
        base.Dispose(disposing);
    }
}
