using System;
using System.IO;
using Microsoft.Win32.SafeHandles;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>An OCI image layout on disk (image-spec, image-layout.md): oci-layout, index.json, blobs/ALGORITHM/HEX. This part reads; a layout may
/// come from anybody, so that nothing in it is trusted before its digest is right (<see cref="Folder"/>).</summary>
sealed partial class OciLayout : IDisposable
{
    private readonly Folder _root;
    private readonly System.Threading.Lock _opening = new();
    private Folder? _blobs, _sha256, _sha512;

    private OciLayout(Folder root) => _root = root;

    public string Path => _root.Path;

    /// <summary>Whether leases can be left in it: not on a read-only file system, nor in somebody else's directory.</summary>
    public bool IsWritable => Sys.FaccessAt(_root.Fd, "."u8, Native.W_OK, Native.AT_EACCESS) == Errno.OK;

    /// <summary>One that is there; null: there is no such directory.</summary>
    /// <param name="isOurs">Without its marker it is not there either: whoever made it was killed before he wrote that.</param>
    public static OciLayout? TryOpen(string path, bool isOurs = false)
    {
        var root = Folder.TryOpen(path);
        if (root is null || (isOurs && !root.TryStat(Oci.Layout.MarkerFile, out _)))
        {
            root?.Dispose();
            return null;
        }
        var layout = new OciLayout(root);
        try
        {
            layout.RequireMarker();
        }
        catch (Exception)
        {
            layout.Dispose();
            throw;
        }
        return layout;
    }

    public static OciLayout Open(string path) => TryOpen(path) ?? throw new ImageError($"open the image layout {path}: there is no such directory");

    private void RequireMarker()
    {
        var marker = _root.TryRead(Oci.Layout.MarkerFile, StoreLimits.Marker)
            ?? throw new ImageError($"open the image layout {Path}: it has no file {Oci.Layout.MarkerFile}");
        Oci.Layout.CheckMarker(marker, _root.Of(Oci.Layout.MarkerFile));
    }

    /// <summary>The names. A layout without index.json has none yet.</summary>
    public LayoutIndex ReadIndex() =>
        _root.TryRead(Oci.Layout.IndexFile, OciLimits.MaxIndexFileLength) is { } bytes
            ? LayoutIndex.Parse(bytes, _root.Of(Oci.Layout.IndexFile))
            : LayoutIndex.Empty();

    /// <summary>True when the blob is there with its size. What is in it is not looked at.</summary>
    public bool HasBlob(Descriptor blob) =>
        TryFolderOf(blob.Digest)?.TryStat(blob.Digest.Hex, out var status) == true && status.IsRegular && status.Size == (ulong)blob.Size;

    /// <summary>There is a regular file of this digest.</summary>
    public bool IsThere(Digest digest) => TryFolderOf(digest)?.TryStat(digest.Hex, out var status) == true && status.IsRegular;

    /// <summary>Its bytes from an offset on, as they are there; the reader counts and hashes them.</summary>
    public Stream OpenBlob(Descriptor blob, long offset)
    {
        var file = OpenFile(blob.Digest, out var size);
        if (ImageCheck.OpenedBlobHasItsSize.Passes(size == blob.Size))
        {
            return new FilePart(file, PathOf(blob.Digest), 0, size, owns: true) { Position = offset };
        }
        file.Dispose();
        throw new ImageError($"open the blob {blob.Digest} in {Path}: it has {size} bytes, not {blob.Size}");
    }

    /// <summary>A small blob, its digest verified; its size, too, where the caller knows it (not negative).</summary>
    public byte[] ReadBlob(Digest digest, long size, int limit)
    {
        using var file = OpenFile(digest, out var found);
        if (ImageCheck.StoredBlobHasItsSize.Fails(size >= 0 && found != size))
        {
            throw new ImageError($"read the blob {digest} in {Path}: it has {found} bytes, not {size}");
        }
        if (ImageCheck.StoredBlobIsSmall.Fails(found > limit))
        {
            throw new ImageError($"read the blob {digest} in {Path}: its {found} bytes are more than the {limit} that are taken");
        }
        ProcFiles.ReadWhole((int)file.DangerousGetHandle(), limit, out var bytes).OrThrow($"read {PathOf(digest)}");
        ContentHash.Verify(bytes, digest, $"the blob {PathOf(digest)}");
        return bytes;
    }

    /// <summary>Null: what is there under its name is not what the descriptor says.</summary>
    public Document? TryReadManifest(Descriptor manifest)
    {
        try
        {
            var document = Document.Of(ReadBlob(manifest.Digest, manifest.Size, OciLimits.MaxManifestLength), null);
            return ImageCheck.ManifestIsOfItsType.Passes(document.MediaType == manifest.MediaType) ? document with { Digest = manifest.Digest } : null;
        }
        catch (JsonError)
        {
            return null;
        }
    }

    private SafeFileHandle OpenFile(Digest digest, out long size)
    {
        size = 0;
        return TryFolderOf(digest)?.TryOpenFile(digest.Hex, out size)
            ?? throw new ImageError($"open the blob {digest} in {Path}: it is not there");
    }

    private Folder? TryFolderOf(Digest digest)
    {
        lock (_opening)
        {
            _blobs ??= _root.TryOpenFolder(Oci.Layout.Blobs);
            return digest.Algorithm == "sha512" ? _sha512 ??= _blobs?.TryOpenFolder("sha512") : _sha256 ??= _blobs?.TryOpenFolder("sha256");
        }
    }

    private string PathOf(Digest digest) => $"{Path}/{Oci.Layout.Blobs}/{digest.Algorithm}/{digest.Hex}";

    public void Dispose()
    {
        _sha256?.Dispose();
        _sha512?.Dispose();
        _blobs?.Dispose();
        _root.Dispose();
    }
}
