using System;
using System.IO;
using System.Text;
using System.Text.Json;
using SharpRun.Image.Pack;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Build;

/// <summary>A layer that an instruction made once; null: it made none (WORKDIR of a directory that was there).</summary>
sealed record CachedLayer(ImageLayer? Layer, string Created);

/// <summary>The words that a cache's key is the digest of; each has its length in front.</summary>
sealed class CacheKey
{
    // Changes when the same words would make other layers.
    private const string Version = "sharprun-image build 1";

    private readonly StringBuilder _words = new(Version + "\n");

    public CacheKey Add(string name, string value)
    {
        _words.Append(name).Append(' ').Append(Encoding.UTF8.GetByteCount(value)).Append(' ').Append(value).Append('\n');
        return this;
    }

    public Digest Finish() => Digest.Of(Encoding.UTF8.GetBytes(_words.ToString()));
}

/// <summary>
/// ROOT/build-cache: for each key a small file that names a layer of the layout (spec/image-build.md). It holds nothing alive: gc takes layers
/// that no image needs, and an entry whose layer is gone is no entry. A file appears by rename, so several builds may write at once.
/// </summary>
sealed class BuildCache : IDisposable
{
    private const int LongestEntry = 4096;

    private readonly Folder _folder;

    private BuildCache(Folder folder) => _folder = folder;

    public static string PathOf(string root) => root + "/build-cache";

    public static BuildCache Make(string root) => new(Folder.Make(PathOf(root), 0x1C0));

    /// <summary>Null: nothing is known, or its layer is gone. The layer is on the lease then.</summary>
    public CachedLayer? Find(Digest key, OciLayout layout, Lease lease)
    {
        if (_folder.TryRead(key.Hex, LongestEntry) is not { } bytes || Parse(bytes) is not { } cached)
        {
            return null;
        }
        if (cached.Layer is null)
        {
            return cached;
        }
        lease.Add(cached.Layer.Blob.Digest);
        return ImageCheck.CachedLayerIsThere.Passes(layout.HasBlob(cached.Layer.Blob)) ? cached : null;
    }

    public void Put(Digest key, CachedLayer cached)
    {
        using var held = _folder.Lock(Native.LOCK_EX);
        _folder.Replace(key.Hex, ToBytes(cached));
    }

    /// <summary>For gc: removes the entries whose layers are gone.</summary>
    public static int Collect(string root, OciLayout layout)
    {
        using var folder = Folder.TryOpen(PathOf(root));
        if (folder is null)
        {
            return 0;
        }
        using var held = folder.Lock(Native.LOCK_EX);
        var count = 0;
        foreach (var name in folder.Names())
        {
            var cached = folder.TryRead(name, LongestEntry) is { } bytes ? Parse(bytes) : null;
            if (cached is null || cached.Layer is { } layer && !layout.HasBlob(layer.Blob))
            {
                count += folder.Remove(name) ? 1 : 0;
            }
        }
        return count;
    }

    public void Dispose() => _folder.Dispose();

    public static byte[] ToBytes(CachedLayer cached)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            if (cached.Layer is { } layer)
            {
                json.WriteString("mediaType", layer.Blob.MediaType);
                json.WriteString("digest", layer.Blob.Digest.Text);
                json.WriteNumber("size", layer.Blob.Size);
                json.WriteString("diffId", layer.DiffId.Text);
            }
            json.WriteString("created", cached.Created);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    /// <summary>Null: it is no entry of ours, which is as if there were none.</summary>
    public static CachedLayer? Parse(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var root = document.RootElement;
            if (!root.TryGetProperty("digest", out _))
            {
                return new CachedLayer(null, root.GetProperty("created").GetString()!);
            }
            if (!Digest.TryParse(root.GetProperty("digest").GetString()!, out var digest)
                || !Digest.TryParse(root.GetProperty("diffId").GetString()!, out var diffId))
            {
                return null;
            }
            var blob = new Descriptor(root.GetProperty("mediaType").GetString()!, digest, root.GetProperty("size").GetInt64());
            return new CachedLayer(new ImageLayer(blob, diffId), root.GetProperty("created").GetString()!);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or System.Collections.Generic.KeyNotFoundException or FormatException
            or ArgumentNullException or NullReferenceException)
        {
            return null;
        }
    }
}
