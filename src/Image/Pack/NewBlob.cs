using System;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Blobs;
using SharpRun.Image.Store;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Pack;

/// <summary>A blob that is being written and whose digest is not known yet: a file beside index.json under the staging name of a random digest, with an
/// flock as long as its writer lives. What a dead writer leaves is taken away by the layout's gc.</summary>
sealed class NewBlob : ForwardStream
{
    private readonly Folder _root, _folder;
    private readonly string _staging = PartialBlob.Prefix + "sha256-" + Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N");
    private readonly SafeFileHandle _file;
    private bool _isPublished;

    /// <summary>The layout's directory, and that of its sha256 blobs; both stay the caller's.</summary>
    public NewBlob(Folder root, Folder folder)
    {
        (_root, _folder) = (root, folder);
        // A gc between the two calls would take it for left over; it has the exclusive lock.
        using var held = root.Lock(Native.LOCK_SH);
        _file = root.MakeFile(_staging);
        Sys.Flock(Fd, Native.LOCK_EX | Native.LOCK_NB).OrThrow($"lock {root.Of(_staging)}");
    }

    public override bool CanWrite => true;

    private int Fd => (int)_file.DangerousGetHandle();

    public override void Write(ReadOnlySpan<byte> buffer) => Sys.WriteAll(Fd, buffer).OrThrow($"write {_root.Of(_staging)}");

    /// <summary>On the disk, and under its final name. The lease keeps it from a gc until a name leads to it.</summary>
    /// <param name="digest">Of all that was written.</param>
    public void Publish(Digest digest, Lease lease)
    {
        Sys.Fsync(Fd).OrThrow($"sync {_root.Of(_staging)}");
        lease.Add(digest);
        _root.Rename(_staging, _folder, digest.Hex);
        _isPublished = true;
    }

    /// <summary>What is not published is removed.</summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_file.IsClosed)
        {
            if (!_isPublished)
            {
                Sys.UnlinkAt(_root.Fd, Folder.Bytes(_staging), 0);
            }
            _file.Dispose();
        }
        base.Dispose(disposing);
    }
}
