using System;
using SharpRun.Image.Blobs;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Unpack;

/// <summary>
/// An image's layers into a new root file system DIRECTORY/NAME. They are unpacked in a hidden directory beside it that only its owner may enter, and get
/// their name when every digest and size has been verified and all is on the disk: what has the name is complete, whenever we are killed. What an earlier
/// call has left half done is removed by the next one. Two calls in one directory exclude each other.
/// </summary>
sealed class ImageUnpack
{
    private const uint OnlyOwner = 0x1C0, Usual = 0x1ED; // 0700, 0755

    private readonly Folder _directory;
    private readonly string _name;

    private ImageUnpack(Folder directory, string name)
    {
        _directory = directory;
        _name = name;
    }

    private string StagingName => $".{_name}.unpacking";

    /// <summary>Directory is absolute. Done is called when the root has its final content but not yet its name, with the path where it is: for what
    /// else has to be there first.</summary>
    public static void Into(OpenImage image, string directory, string name, Owners owners, Losses losses, Action<string>? done = null)
    {
        Refuse(image);
        var isThere = Folder.TryOpen(directory);
        using var folder = isThere ?? Folder.Make(directory, Usual);
        try
        {
            using var held = folder.Lock(Native.LOCK_EX);
            new ImageUnpack(folder, name).Unpack(image, owners, losses, done);
        }
        catch (Exception) when (isThere is null)
        {
            // We have made it for this. It stays when there is something in it.
            Sys.UnlinkAt(Native.AT_FDCWD, Folder.Bytes(directory), Native.AT_REMOVEDIR);
            throw;
        }
    }

    /// <summary>What cannot be unpacked is said before anything is done.</summary>
    public static void Refuse(OpenImage image)
    {
        if (ImageCheck.LayersAreFew.Fails(image.Layers.Count > UnpackLimits.Layers))
        {
            throw new ImageError($"unpack {image.Name}: its {image.Layers.Count} layers are more than the {UnpackLimits.Layers} that are taken");
        }
        foreach (var layer in image.Layers)
        {
            var type = layer.Blob.MediaType;
            if (ImageCheck.LayerIsNotEncrypted.Fails(type.EndsWith("+encrypted", StringComparison.Ordinal)))
            {
                throw new ImageError($"unpack {image.Name}: layer {layer.Blob.Digest} is encrypted ({OneLine.Of(type)}), and there are no keys here");
            }
            Compressions.RequireLayer(layer.Blob);
        }
    }

    private void Unpack(OpenImage image, Owners owners, Losses losses, Action<string>? done)
    {
        RemoveStaging();
        if (ImageCheck.UnpackedIsNew.Fails(_directory.TryStat(_name, out _)))
        {
            throw new ImageError($"unpack {image.Name}: {_directory.Of(_name)} is there already");
        }
        try
        {
            using var staging = MakeStaging();
            using var root = staging.MakeFolder(_name, Usual);
            UnpackLayers(image, root.Fd, owners, losses);
            done?.Invoke(root.Path);
            // One for all: an fsync a file would take minutes.
            Sys.SyncFs(root.Fd).OrThrow($"sync {_directory.Of(_name)}");
            Sys.RenameAt(staging.Fd, Folder.Bytes(_name), _directory.Fd, Folder.Bytes(_name), Native.RENAME_NOREPLACE)
                .OrThrow($"give {_directory.Of(_name)} its name");
            _directory.Sync();
        }
        finally
        {
            RemoveStaging();
        }
    }

    private Folder MakeStaging()
    {
        Sys.MkdirAt(_directory.Fd, Folder.Bytes(StagingName), OnlyOwner).OrThrow($"make the directory {_directory.Of(StagingName)}");
        return _directory.TryOpenFolder(StagingName) ?? throw new ImageError($"open {_directory.Of(StagingName)}: it was removed meanwhile");
    }

    private void RemoveStaging() => TreeRemover.Remove(_directory.Fd, Folder.Bytes(StagingName)).OrThrow($"remove {_directory.Of(StagingName)}");

    private static void UnpackLayers(OpenImage image, int root, Owners owners, Losses losses)
    {
        using var unpack = new RootUnpack(root, owners, losses);
        BlobReader? reader = null, next = null;
        try
        {
            for (var i = 0; i < image.Layers.Count; i++)
            {
                reader = next ?? Open(image, i);
                // Its first bytes come while this one is written.
                next = i + 1 < image.Layers.Count ? Open(image, i + 1) : null;
                Read(reader, image.Layers[i], unpack.Add);
                reader.Dispose();
                reader = null;
            }
        }
        finally
        {
            reader?.Dispose();
            next?.Dispose();
        }
        unpack.Finish();
    }

    /// <summary>A layer's archive is given to be unpacked; after it, size and digests are known to be right.</summary>
    public static void Read(BlobReader reader, ImageLayer layer, Action<TarReader> add)
    {
        try
        {
            add(new TarReader(reader, TarLimits.Default));
        }
        catch (Exception error) when (error is TarError or ImageError)
        {
            // A blob that came wrong is the better reason, and said by this.
            reader.Finish();
            throw new ImageError($"unpack layer {layer.Blob.Digest}: {error.Message}");
        }
        reader.Finish();
    }

    /// <summary>Its blob, verified as it is read.</summary>
    public static BlobReader Open(OpenImage image, int layer) =>
        new(image.OpenBlob(image.Layers[layer].Blob), image.Layers[layer].Blob, image.Layers[layer].DiffId);
}
