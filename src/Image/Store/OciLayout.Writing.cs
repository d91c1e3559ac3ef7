using System;
using SharpRun.Image.Blobs;
using SharpRun.Image.Transports;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>What is written into a layout. A blob has its final name only when its size and digest are right and it is on the disk; index.json is
/// replaced whole, by one process at a time (flock of the layout's directory). After kill -9 at any moment there are only whole files,
/// and what was begun lies under names with a dot in front.</summary>
sealed partial class OciLayout
{
    /// <summary>One that is there, or a new one in a directory that is empty or not there.</summary>
    public static OciLayout Make(string path)
    {
        var layout = new OciLayout(Folder.Make(path, 0x1ED));
        try
        {
            using var held = layout._root.Lock(Native.LOCK_EX);
            if (!layout._root.TryStat(Oci.Layout.MarkerFile, out _))
            {
                layout.RequireEmpty();
                layout._root.Replace(Oci.Layout.MarkerFile, Oci.Layout.Marker());
            }
            layout.RequireMarker();
            // Nobody collects garbage in an oci:DIR.
            Store.Lease.ReadAll(layout._root);
            layout.MakeFolderOf("sha256");
            // Others want an index.json from the first moment on.
            if (!layout._root.TryStat(Oci.Layout.IndexFile, out _))
            {
                layout._root.Replace(Oci.Layout.IndexFile, LayoutIndex.Empty().ToBytes());
            }
            return layout;
        }
        catch (Exception)
        {
            layout.Dispose();
            throw;
        }
    }

    private void RequireEmpty()
    {
        foreach (var name in _root.Names())
        {
            if (ImageCheck.LayoutDirectoryIsEmpty.Fails(name[0] != '.' && name is not (Oci.Layout.Blobs or Oci.Layout.IndexFile)))
            {
                throw new ImageError($"make an image layout of {Path}: the directory is not empty, and none");
            }
        }
    }

    /// <summary>The blob is there afterwards, with its size and digest. A download that was cut off is continued.</summary>
    /// <param name="received">Told of bytes as they come, of those that are thrown away again as a negative number; it may throw, which ends it.</param>
    public void Take(Descriptor blob, ImageSource source, Action<long> received)
    {
        var folder = MakeFolderOf(blob.Digest.Algorithm);
        using var partial = PartialBlob.Claim(_root, folder, blob, received);
        if (partial is null)
        {
            // Another process had it in work and is done.
            received(blob.Size);
            return;
        }
        partial.Fill(source, received);
        partial.Publish();
    }

    public void Put(Document document)
    {
        var folder = MakeFolderOf(document.Digest.Algorithm);
        var blob = new Descriptor(document.MediaType, document.Digest, document.Bytes.Length);
        using var partial = PartialBlob.Claim(_root, folder, blob, _ => { });
        partial?.Fill(document.Bytes);
        partial?.Publish();
    }

    /// <summary>True when the blob is there and its content has its digest.</summary>
    public bool HasBlobVerified(Descriptor blob)
    {
        if (!HasBlob(blob))
        {
            return false;
        }
        using var hash = new Hasher(blob.Digest.Algorithm);
        using var stream = OpenBlob(blob, 0);
        var buffer = new byte[256 << 10];
        for (var read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            hash.Append(buffer.AsSpan(0, read));
        }
        return hash.Finish() == blob.Digest;
    }

    /// <summary>The blobs that were taken keep their names through a power cut. One sync for all of them, before a name leads to them.</summary>
    public void SyncBlobs()
    {
        _sha256?.Sync();
        _sha512?.Sync();
        _blobs?.Sync();
    }

    /// <summary>Changes the names. The change gives false when there is nothing to be changed.</summary>
    public void Update(Func<LayoutIndex, bool> change)
    {
        using var held = _root.Lock(Native.LOCK_EX);
        var index = ReadIndex();
        if (change(index))
        {
            _root.Replace(Oci.Layout.IndexFile, index.ToBytes());
        }
    }

    /// <summary>While it is held, gc keeps what is put on it.</summary>
    public Lease Lease() => Store.Lease.Take(_root);

    /// <summary>Removes what no name reaches and nobody needs; bytes and files.</summary>
    public (long Bytes, int Files) CollectGarbage()
    {
        using var held = _root.Lock(Native.LOCK_EX);
        var collection = new GarbageCollection(this, _root);
        collection.Run();
        return (collection.BytesFreed, collection.FilesRemoved);
    }

    private Folder MakeFolderOf(string algorithm)
    {
        lock (_opening)
        {
            _blobs ??= _root.MakeFolder(Oci.Layout.Blobs);
            return algorithm == "sha512" ? _sha512 ??= _blobs.MakeFolder("sha512") : _sha256 ??= _blobs.MakeFolder("sha256");
        }
    }
}
