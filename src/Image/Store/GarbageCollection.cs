using System;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>Removes the blobs of a layout that no name reaches and no running call needs, and what dead calls have begun. The caller holds the
/// layout's lock exclusively.</summary>
sealed class GarbageCollection(OciLayout layout, Folder root)
{
    private readonly HashSet<Digest> _needed = [];

    public long BytesFreed { get; private set; }

    public int FilesRemoved { get; private set; }

    public void Run()
    {
        ReadLeases();
        foreach (var entry in layout.ReadIndex().Entries)
        {
            if (entry.Descriptor is { } descriptor)
            {
                Mark(descriptor.Digest, descriptor.MediaType, 0);
            }
        }
        using var blobs = root.TryOpenFolder(Oci.Layout.Blobs);
        foreach (var algorithm in (ReadOnlySpan<string>)["sha256", "sha512"])
        {
            using var folder = blobs?.TryOpenFolder(algorithm);
            if (folder is not null)
            {
                Sweep(folder, algorithm);
            }
        }
    }

    private void ReadLeases()
    {
        foreach (var name in root.Names())
        {
            if (name.StartsWith(Lease.Prefix, StringComparison.Ordinal))
            {
                if (Lease.Read(root, name) is { } digests)
                {
                    _needed.UnionWith(digests);
                }
                else
                {
                    root.Remove(name);
                }
            }
        }
    }

    // A manifest that cannot be read may lead to anything: nothing is removed then. One that is not there leads nowhere.
    private void Mark(Digest digest, string mediaType, int depth)
    {
        var isNew = _needed.Add(digest) || depth == 0;
        var isDocument = mediaType.Length == 0 || mediaType.Contains("manifest", StringComparison.Ordinal) || mediaType.Contains("index", StringComparison.Ordinal);
        if (!isNew || !isDocument || depth > OciLimits.MaxIndexDepth || !layout.IsThere(digest))
        {
            return;
        }
        var bytes = layout.ReadBlob(digest, -1, OciLimits.MaxManifestLength);
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = OciLimits.MaxDepth });
            MarkIn(document.RootElement, depth);
        }
        catch (JsonException)
        {
            throw new ImageError($"collect garbage in {layout.Path}: {digest} is called {OneLine.Of(mediaType)}, but is no JSON; what it needs is not known");
        }
    }

    // Every descriptor, wherever it stands: subjects, blobs of artifacts, and what later specifications add.
    private void MarkIn(JsonElement json, int depth)
    {
        if (json.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in json.EnumerateArray())
            {
                MarkIn(item, depth);
            }
        }
        else if (json.ValueKind == JsonValueKind.Object)
        {
            if (json.TryGetProperty("digest", out var text) && text.ValueKind == JsonValueKind.String && Digest.TryParse(text.GetString()!, out var digest))
            {
                var mediaType = json.TryGetProperty("mediaType", out var type) && type.ValueKind == JsonValueKind.String ? type.GetString()! : "";
                Mark(digest, mediaType.Length == 0 ? "unknown" : mediaType, depth + 1);
            }
            foreach (var member in json.EnumerateObject())
            {
                MarkIn(member.Value, depth);
            }
        }
    }

    private void Sweep(Folder folder, string algorithm)
    {
        foreach (var name in folder.Names())
        {
            var isPartial = name.StartsWith(PartialBlob.Prefix, StringComparison.Ordinal);
            var hex = isPartial ? name[PartialBlob.Prefix.Length..] : name;
            if (!Digest.TryParse($"{algorithm}:{hex}", out var digest) || _needed.Contains(digest) || !folder.TryStat(name, out var status)
                || !(status.IsRegular || status.IsSymlink) || (isPartial && PartialBlob.IsInWork(folder, name)))
            {
                continue;
            }
            folder.Remove(name);
            BytesFreed += status.Nlink == 1 ? (long)status.Size : 0;
            FilesRemoved++;
        }
    }
}
