using System;
using System.Threading;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Blobs;
using SharpRun.Image.Transports;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>A blob on its way: .partial-ALGORITHM-HEX beside index.json, with an flock of whoever works at it. What is left of a download that was cut
/// off is hashed and continued by the next. Not in blobs/: umoci's gc takes every file there for a blob, and fails at this name.</summary>
sealed class PartialBlob : IDisposable
{
    public const string Prefix = ".partial-";
    private const int PieceSize = 256 << 10, WaitMs = 50;

    private readonly Folder _root, _folder;
    private readonly Descriptor _blob;
    private readonly SafeFileHandle _file;
    private long _length;

    private PartialBlob(Folder root, Folder folder, Descriptor blob, SafeFileHandle file, long length) =>
        (_root, _folder, _blob, _file, _length) = (root, folder, blob, file, length);

    private int Fd => (int)_file.DangerousGetHandle();

    private string Name => NameOf(_blob.Digest);

    private static string NameOf(Digest digest) => $"{Prefix}{digest.Algorithm}-{digest.Hex}";

    /// <summary>False for a file of another kind.</summary>
    public static bool TryParse(string name, out Digest digest)
    {
        digest = default;
        return name.StartsWith(Prefix, StringComparison.Ordinal) && Digest.TryParse(name[Prefix.Length..].Replace('-', ':'), out digest);
    }

    /// <summary>Waits while another works at the blob. Null: he has finished it.</summary>
    /// <param name="root">The layout's directory.</param>
    /// <param name="folder">Where the blob goes.</param>
    /// <param name="waiting">Told of 0 bytes while it waits; it may throw.</param>
    public static PartialBlob? Claim(Folder root, Folder folder, Descriptor blob, Action<long> waiting)
    {
        var name = NameOf(blob.Digest);
        var hasWaited = false;
        while (true)
        {
            var file = root.TryClaim(name, out var length);
            if (file is not null && ImageCheck.OthersWorkIsTaken.Fails(hasWaited && IsFinished(folder, blob)))
            {
                root.Remove(name);
                file.Dispose();
                return null;
            }
            if (file is not null)
            {
                return new PartialBlob(root, folder, blob, file, length);
            }
            waiting(0);
            Thread.Sleep(WaitMs);
            hasWaited = true;
        }
    }

    /// <summary>Somebody has its lock.</summary>
    public static bool IsInWork(Folder root, string name)
    {
        using var file = root.TryOpenFile(name, out _);
        return file is not null && !Sys.Flock((int)file.DangerousGetHandle(), Native.LOCK_EX | Native.LOCK_NB).Ok;
    }

    private static bool IsFinished(Folder folder, Descriptor blob) =>
        folder.TryStat(blob.Digest.Hex, out var status) && status.IsRegular && status.Size == (ulong)blob.Size;

    /// <summary>Reads what is missing, until size and digest are right. A source that gives something else has to give it from the start once more
    /// when the beginning was of an earlier call.</summary>
    public void Fill(ImageSource source, Action<long> received)
    {
        if (ImageCheck.PartialIsNotLonger.Fails(_length > _blob.Size))
        {
            Empty();
        }
        var isContinued = _length > 0;
        if (IsRightAfter(source, received))
        {
            return;
        }
        if (isContinued)
        {
            received(-_length);
            Empty();
            if (IsRightAfter(source, received))
            {
                return;
            }
        }
        throw Refuse(source, "its content does not have this digest");
    }

    private bool IsRightAfter(ImageSource source, Action<long> received)
    {
        using var hash = new Hasher(_blob.Digest.Algorithm);
        var buffer = new byte[PieceSize];
        HashWhatIsThere(hash, buffer, received);
        Append(source, hash, buffer, received);
        return ImageCheck.ReceivedBlobHasItsDigest.Passes(hash.Finish() == _blob.Digest);
    }

    /// <summary>Bytes that are at hand, of a digest that is right.</summary>
    public void Fill(ReadOnlySpan<byte> content)
    {
        Empty();
        Sys.WriteAll(Fd, content).OrThrow($"write {_root.Of(Name)}");
        _length = content.Length;
    }

    /// <summary>On the disk, and then under its final name.</summary>
    public void Publish()
    {
        Sys.Fsync(Fd).OrThrow($"sync {_root.Of(Name)}");
        _root.Rename(Name, _folder, _blob.Digest.Hex);
    }

    private void HashWhatIsThere(Hasher hash, byte[] buffer, Action<long> received)
    {
        var at = 0L;
        while (at < _length)
        {
            var read = Sys.PRead(Fd, buffer.AsSpan(0, (int)Math.Min(buffer.Length, _length - at)), at).OrThrow($"read {_root.Of(Name)}");
            if (read == 0)
            {
                break;
            }
            hash.Append(buffer.AsSpan(0, read));
            at += read;
            received(read);
        }
        _length = at;
        Sys.Seek(Fd, _length, Native.SEEK_SET).OrThrow($"seek in {_root.Of(Name)}");
    }

    private void Append(ImageSource source, Hasher hash, byte[] buffer, Action<long> received)
    {
        if (_length == _blob.Size)
        {
            return;
        }
        using var stream = source.OpenBlob(_blob, _length);
        while (true)
        {
            // One byte more than there should be: an endless blob ends here.
            var read = stream.Read(buffer.AsSpan(0, (int)Math.Min(buffer.Length, _blob.Size - _length + 1)));
            if (read == 0)
            {
                break;
            }
            if (ImageCheck.ReceivedBlobIsNotLonger.Fails(read > _blob.Size - _length))
            {
                throw Refuse(source, $"it is longer than its {_blob.Size} bytes");
            }
            Sys.WriteAll(Fd, buffer.AsSpan(0, read)).OrThrow($"write {_root.Of(Name)}");
            hash.Append(buffer.AsSpan(0, read));
            _length += read;
            received(read);
        }
        if (ImageCheck.ReceivedBlobIsNotShorter.Fails(_length < _blob.Size))
        {
            throw new ImageError($"fetch the blob {_blob.Digest} of {source.Name}: it ended after {_length} of {_blob.Size} bytes");
        }
    }

    // What is wrong must not be continued.
    private ImageError Refuse(ImageSource source, string reason)
    {
        _root.Remove(Name);
        return new ImageError($"fetch the blob {_blob.Digest} of {source.Name}: {reason}");
    }

    private void Empty()
    {
        Sys.Ftruncate(Fd, 0).OrThrow($"empty {_root.Of(Name)}");
        Sys.Seek(Fd, 0, Native.SEEK_SET).OrThrow($"seek in {_root.Of(Name)}");
        _length = 0;
    }

    public void Dispose() => _file.Dispose();
}
