using System;
using System.Collections.Generic;
using System.Text.Json;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>Removes the blobs of a layout that no name reaches and no running call needs, and what dead calls have begun. The caller holds the
/// layout's lock exclusively.</summary>
sealed class GarbageCollection(OciLayout layout, Folder root)
{
    private readonly HashSet<Digest> _needed = [];

    // Whose content is marked, too.
    private readonly HashSet<Digest> _read = [];

    public long BytesFreed { get; private set; }

    public int FilesRemoved { get; private set; }

    public void Run()
    {
        // Nobody is replacing them now: that needs the lock, too.
        root.Remove(Folder.StagingOf(Oci.Layout.IndexFile));
        root.Remove(Folder.StagingOf(Oci.Layout.MarkerFile));
        foreach (var entry in layout.ReadIndex().Entries)
        {
            if (entry.Descriptor is { } descriptor)
            {
                Mark(descriptor.Digest, descriptor.MediaType, 0);
            }
        }
        Lease.ReadAll(root).ForEach(MarkLeased);
        SweepPartials();
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

    // What a call has seen leads on: it will name the manifest, or read its layers. A lease does not say what its digests are of, and what is
    // no manifest, or is damaged, leads nowhere; the names are marked before, and for them that is an error.
    private void MarkLeased(Digest digest)
    {
        try
        {
            Mark(digest, "", 0);
        }
        catch (JsonError)
        {
            // It is needed itself all the same.
        }
    }

    // A manifest that cannot be read may lead to anything: nothing is removed then. One that is not there leads nowhere.
    private void Mark(Digest digest, string mediaType, int depth)
    {
        _needed.Add(digest);
        var isDocument = mediaType.Length == 0
            || mediaType.Contains("manifest", StringComparison.Ordinal) || mediaType.Contains("index", StringComparison.Ordinal);
        if (!isDocument || depth > OciLimits.MaxIndexDepth || !layout.IsThere(digest) || !_read.Add(digest))
        {
            return;
        }
        var bytes = layout.ReadBlob(digest, -1, OciLimits.MaxManifestLength);
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = JsonPart.MaxDepth });
            MarkIn(document.RootElement, depth);
        }
        // Half of a surrogate pair is no JSON, but the parser only says so when the text is asked for.
        catch (Exception error) when (error is JsonException or InvalidOperationException)
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

    private void SweepPartials()
    {
        foreach (var name in root.Names())
        {
            var isLeft = PartialBlob.TryParse(name, out var digest) && !_needed.Contains(digest) && !ImageCheck.PartialInWorkStays.Fails(PartialBlob.IsInWork(root, name));
            if (isLeft && root.TryStat(name, out var status))
            {
                Remove(root, name, status);
            }
        }
    }

    private void Sweep(Folder folder, string algorithm)
    {
        foreach (var name in folder.Names())
        {
            var isGarbage = Digest.TryParse($"{algorithm}:{name}", out var digest) && !ImageCheck.NeededBlobStays.Fails(_needed.Contains(digest));
            if (isGarbage && folder.TryStat(name, out var status) && (status.IsRegular || status.IsSymlink))
            {
                Remove(folder, name, status);
            }
        }
    }

    private void Remove(Folder folder, string name, FileStatus status)
    {
        folder.Remove(name);
        BytesFreed += status.Nlink == 1 ? (long)status.Size : 0;
        FilesRemoved++;
    }
}
