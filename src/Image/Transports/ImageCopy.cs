using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using SharpRun.Oci;

namespace SharpRun.Image.Transports;

/// <summary>An image from a source to a destination, every byte and digest kept: its blobs, several at once, then the manifests that lead to them,
/// the name last. What the destination has is not fetched.</summary>
sealed class ImageCopy(ImageSource source, ImageDestination destination, CopyProgress progress)
{
    /// <summary>Blobs at once: registries give each connection a share, and more of them are seldom quicker.</summary>
    private const int Lanes = 4;

    private int _manifests;

    /// <summary>Copies one platform's image (null: this machine's; whatever the name has, when that is no index), or all that the name leads to.
    /// What the destination's name now means.</summary>
    public Document Run(Platform? platform, bool allPlatforms) => Run(Documents.Top(source), platform, allPlatforms);

    /// <param name="top">What the source's name means, which is read before there is a destination to be cleaned up.</param>
    public Document Run(Document top, Platform? platform, bool allPlatforms)
    {
        if (allPlatforms)
        {
            CopyAll(top, 0);
        }
        else
        {
            top = Choose(top, platform);
            CopyManifest(top);
        }
        destination.Finish(top);
        return top;
    }

    private Document Choose(Document top, Platform? platform)
    {
        if (top.Kind == DocumentKind.Index)
        {
            return Documents.OfPlatform(source, top, platform ?? Platform.Host, Read);
        }
        // No index says what it is for: its config does.
        if (platform is not null && Manifest.Parse(top).Config is { } config && MediaTypes.IsConfig(config.MediaType))
        {
            var found = ImageConfig.Parse(OpenImage.ReadWhole(source, config, OciLimits.MaxConfigLength), config.Digest).Platform;
            if (!PlatformChoice.Matches(found, platform))
            {
                throw new ImageError($"{source.Name} has no image for {platform}, only for {found}");
            }
        }
        return top;
    }

    private Document Read(Descriptor descriptor) => destination.TryReadManifest(descriptor) ?? Documents.Read(source, descriptor);

    private void CopyAll(Document document, int depth)
    {
        if (ImageCheck.IndexesAreShallow.Fails(depth > OciLimits.MaxIndexDepth))
        {
            throw new ImageError($"copy {source.Name}: its indexes are nested deeper than {OciLimits.MaxIndexDepth} levels");
        }
        if (document.Kind == DocumentKind.Manifest)
        {
            CopyManifest(document);
            return;
        }
        List<Descriptor> blobs = [];
        foreach (var entry in ImageIndex.Parse(document).Manifests)
        {
            if (!MediaTypes.IsManifest(entry.MediaType) && !MediaTypes.IsIndex(entry.MediaType))
            {
                blobs.Add(entry);
                continue;
            }
            if (ImageCheck.ManifestsAreFew.Fails(++_manifests > TransportLimits.Manifests))
            {
                throw new ImageError($"copy {source.Name}: it has more than {TransportLimits.Manifests} manifests");
            }
            CopyAll(Read(entry), depth + 1);
        }
        CopyBlobs(blobs);
        destination.PutManifest(document);
    }

    private void CopyManifest(Document document)
    {
        var manifest = Manifest.Parse(document);
        List<Descriptor> blobs = manifest.Config is { } config ? [config, .. manifest.Layers] : [.. manifest.Layers];
        CopyBlobs(blobs);
        destination.PutManifest(document);
    }

    private void CopyBlobs(List<Descriptor> blobs)
    {
        var distinct = Distinct(blobs);
        // A registry is asked for each of them, and each answer takes its time.
        var there = new HashSet<Digest>();
        LanesFor(distinct).Run((blob, _) =>
        {
            if (destination.HasBlob(blob))
            {
                lock (there)
                {
                    there.Add(blob.Digest);
                }
            }
        });
        var missing = distinct.FindAll(blob => !there.Contains(blob.Digest));
        progress.WereThere(there.Count);
        missing.ForEach(progress.Expect);
        LanesFor(missing).Run((blob, received) =>
        {
            destination.PutBlob(blob, source, count =>
            {
                received();
                progress.Received(count);
            });
            progress.Finish();
        });
    }

    private BlobLanes LanesFor(List<Descriptor> blobs) => new(new Queue<Descriptor>(blobs), Math.Min(Lanes, destination.Lanes));

    private List<Descriptor> Distinct(List<Descriptor> blobs)
    {
        var sizes = new Dictionary<Digest, long>();
        return blobs.FindAll(blob =>
        {
            var isFirst = sizes.TryAdd(blob.Digest, blob.Size);
            RequireSameSize(blob, sizes[blob.Digest]);
            return isFirst;
        });
    }

    private void RequireSameSize(Descriptor blob, long size)
    {
        if (ImageCheck.BlobSizesAgree.Fails(blob.Size != size))
        {
            throw new ImageError($"copy {source.Name}: its blob {blob.Digest} is said to have {size} bytes, and {blob.Size}");
        }
    }
}

/// <summary>Blobs taken from a queue by a few threads. The first error ends all, and is the one that is told.</summary>
/// <param name="patience">How long the others are waited for after an error; null: ten seconds.</param>
sealed class BlobLanes(Queue<Descriptor> blobs, int lanes, TimeSpan? patience = null)
{
    private const int LookMs = 100;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private Exception? _error;

    private bool HasFailed
    {
        get
        {
            lock (_lock)
            {
                return _error is not null;
            }
        }
    }

    /// <param name="take">Is given what it has to call now and then: it throws when another thread has failed.</param>
    public void Run(Action<Descriptor, Action> take)
    {
        var count = Math.Min(lanes, blobs.Count);
        if (count <= 1)
        {
            Work(take);
        }
        else
        {
            var threads = new List<Thread>();
            for (var i = 0; i < count; i++)
            {
                threads.Add(new Thread(() => Work(take)) { IsBackground = true });
                threads[^1].Start();
            }
            Join(threads);
        }
        if (_error is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(_error);
        }
    }

    // One that waits for a silent server does not hold up the error of another.
    private void Join(List<Thread> threads)
    {
        long? failed = null;
        foreach (var thread in threads)
        {
            while (!thread.Join(LookMs))
            {
                failed ??= HasFailed ? Stopwatch.GetTimestamp() : null;
                if (failed is { } since && Stopwatch.GetElapsedTime(since) > (patience ?? s_patience))
                {
                    return;
                }
            }
        }
    }

    private void Work(Action<Descriptor, Action> take)
    {
        try
        {
            while (Next() is { } blob)
            {
                take(blob, ThrowIfStopped);
            }
        }
        catch (Exception error)
        {
            lock (_lock)
            {
                _error ??= error;
            }
        }
    }

    private Descriptor? Next()
    {
        lock (_lock)
        {
            return _error is null && blobs.TryDequeue(out var blob) ? blob : null;
        }
    }

    private void ThrowIfStopped()
    {
        lock (_lock)
        {
            if (_error is not null)
            {
                throw new OperationCanceledException();
            }
        }
    }
}
