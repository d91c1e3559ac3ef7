using System;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Blobs;
using SharpRun.Image.Store;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Pack;

/// <summary>A blob that is being written and whose digest is not known yet: a file under a random digest's staging name, with an flock as long as
/// its writer lives. What a dead writer leaves is taken away by the layout's gc.</summary>
sealed class NewBlob : ForwardStream
{
    private const int RandomBytes = 32; // as many as a sha256 has

    private readonly Folder _folder;
    private readonly string _staging = PartialBlob.Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomBytes));
    private readonly SafeFileHandle _file;
    private bool _isPublished;

    /// <summary>The folder of the layout's sha256 blobs; it stays the caller's.</summary>
    public NewBlob(Folder folder)
    {
        _folder = folder;
        _file = folder.MakeFile(_staging);
        Sys.Flock(Fd, Native.LOCK_EX | Native.LOCK_NB).OrThrow($"lock {folder.Of(_staging)}");
    }

    public override bool CanWrite => true;

    private int Fd => (int)_file.DangerousGetHandle();

    public override void Write(ReadOnlySpan<byte> buffer) => Sys.WriteAll(Fd, buffer).OrThrow($"write {_folder.Of(_staging)}");

    /// <summary>On the disk, and under its final name. The lease keeps it from a gc until a name leads to it.</summary>
    /// <param name="digest">Of all that was written.</param>
    public void Publish(Digest digest, Lease lease)
    {
        Sys.Fsync(Fd).OrThrow($"sync {_folder.Of(_staging)}");
        lease.Add(digest);
        _folder.Rename(_staging, digest.Hex);
        _isPublished = true;
    }

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
        }
        base.Dispose(disposing);
    }
}
