using System;
using System.Collections.Generic;
using System.Text;
using SharpRun.CommandLine;
using SharpRun.Image.Blobs;
using SharpRun.Image.Cli;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Pack;

/// <summary>What pack is asked for. Exactly one of Bundle and Upper; paths are absolute.</summary>
sealed record PackRequest(string? Bundle, string? Upper, ImageName Image)
{
    /// <summary>What the layer is put on; null: what the bundle was unpacked from, or what the image's name means so far.</summary>
    public ImageName? Base { get; init; }

    public Compression Compression { get; init; } = Compression.Gzip;

    /// <summary>Null: as unpack was told.</summary>
    public Owners? Owners { get; init; }

    public History History { get; init; } = new();

    /// <summary>Absolute paths in the container that are not looked at, besides the image's volumes.</summary>
    public IReadOnlyList<string> Masks { get; init; } = [];

    public bool MasksVolumes { get; init; } = true;

    /// <summary>Null: the config stays.</summary>
    public Func<ContainerConfig, ContainerConfig>? ChangeConfig { get; init; }
}

/// <summary>The image's name means Manifest from now on. Layer is null when nothing was changed.</summary>
sealed record Packed(Document Manifest, ImageLayer? Layer);

/// <summary>One call of pack. The new blobs come first, each whole under its name; the image's name is the last act, so that a call that is killed has
/// changed nothing, and the next one begins anew.</summary>
sealed class Packing(PackRequest request, Options options)
{
    private readonly SourceDate _date = SourceDate.FromEnvironment();

    public Packed Run()
    {
        using var bundle = request.Bundle is null ? null
            : Folder.TryOpen(request.Bundle) ?? throw new ImageError($"pack {request.Bundle}: there is no such directory");
        var record = bundle is null ? null : BundleRecord.TryRead(bundle);
        using var image = OpenBase(record);
        using var layout = OpenLayout(out var reference);
        using var lease = layout.Lease();
        HoldLayers(image, layout, lease);

        var owners = request.Owners ?? record?.Owners ?? Owners.OfImage;
        var rules = new LayerRules(owners, Warnings.Of(options)) { IsUpper = request.Upper is not null };
        using var root = bundle is null ? TreeRoot.Open(request.Upper!) : OpenRootfs(bundle);
        var layer = request.Upper is null ? LayerOfChanges(root, image, rules, layout, lease) : LayerOfUpper(root, rules, layout, lease);
        var document = Document(image, layer, layout, lease);
        layout.SyncBlobs();
        layout.Update(index => index.Set(reference, Documents.DescriptorOf(document)));
        return new Packed(document, layer);
    }

    private OpenImage OpenBase(BundleRecord? record)
    {
        if (request.Base is not null || record is null)
        {
            return OpenImage.Open(request.Base ?? request.Image, options);
        }
        // The name may mean another image by now.
        if (request.Image is ImageName.OciLayout { Path: var path } && IsLayout(path) && TryOpen(OciLayout.Open(AbsolutePath.Of(path)), record) is { } there)
        {
            return there;
        }
        if (TryOpen(ImageStore.TryOpen(options), record) is { } stored)
        {
            return stored;
        }
        var image = OpenImage.Open(ImageName.Parse(record.Image), options);
        if (image.Descriptor.Digest == record.Manifest)
        {
            return image;
        }
        image.Dispose();
        throw new ImageError($"pack {request.Bundle}: the image that it was unpacked from, {record.Manifest}, is no longer there; --base names another one");
    }

    // An empty directory will be one.
    private static bool IsLayout(string path)
    {
        using var folder = Folder.TryOpen(AbsolutePath.Of(path));
        return folder is not null && folder.TryStat(Oci.Layout.MarkerFile, out _);
    }

    private OpenImage? TryOpen(OciLayout? layout, BundleRecord record)
    {
        if (layout is null || !layout.IsThere(record.Manifest))
        {
            layout?.Dispose();
            return null;
        }
        return OpenImage.Of(LayoutSource.OfStore(layout, null, record.Manifest, record.Image), options.Platform);
    }

    private OciLayout OpenLayout(out string? reference)
    {
        (reference, var layout) = request.Image switch
        {
            ImageName.Bare bare => (bare.Reference.ToString(), ImageStore.Make(options)),
            ImageName.OciLayout oci => (oci.Reference, OciLayout.Make(AbsolutePath.Of(oci.Path))),
            var other => throw new UsageError($"pack to {other}: a name in the store or oci:DIR:REF is expected; copy brings it elsewhere"),
        };
        return layout;
    }

    // Those of the base, which the new manifest has, too.
    private static void HoldLayers(OpenImage image, OciLayout layout, Lease lease)
    {
        foreach (var layer in image.Layers)
        {
            lease.Add(layer.Blob.Digest);
            if (!layout.HasBlob(layer.Blob))
            {
                layout.Take(layer.Blob, image.Source, _ => { });
            }
        }
    }

    private static TreeRoot OpenRootfs(Folder bundle)
    {
        // A link there would lead out of the bundle.
        var rootfs = Sys.Open(bundle.Fd, "rootfs\0"u8, Native.O_RDONLY | Native.O_DIRECTORY | Native.O_NOFOLLOW);
        return new TreeRoot(rootfs.OrThrow($"open directory {bundle.Of("rootfs")}"), bundle.Of("rootfs"));
    }

    private ImageLayer? LayerOfChanges(TreeRoot root, OpenImage image, LayerRules rules, OciLayout layout, Lease lease)
    {
        var lower = new LowerTree();
        foreach (var layer in image.Layers)
        {
            using var reader = new BlobReader(image.OpenBlob(layer.Blob), layer.Blob, layer.DiffId);
            lower.Add(new TarReader(reader, TarLimits.Default));
            reader.Finish();
        }
        var changes = TreeChanges.Find(root, lower.Root, rules, Masks(image.Config.Config), new ContentDigest(root).IsSame);
        if (changes.IsEmpty)
        {
            return null;
        }
        using var made = new LayerMaker(layout, request.Compression, _date);
        changes.Write(made.Archive);
        return made.Finish(lease);
    }

    private ImageLayer? LayerOfUpper(TreeRoot root, LayerRules rules, OciLayout layout, Lease lease)
    {
        using var made = new LayerMaker(layout, request.Compression, _date);
        TreeLayer.Write(root, rules, made.Archive);
        return made.Archive.Count == 0 ? null : made.Finish(lease);
    }

    // What is in a volume belongs to the container, not to the image.
    private List<byte[]> Masks(ContainerConfig config)
    {
        var masks = new List<byte[]>();
        foreach (var path in (string[])[.. request.Masks, .. request.MasksVolumes ? config.Volumes ?? [] : []])
        {
            var mask = AbsolutePath.Of("/" + path).Trim('/');
            if (mask.Length > 0)
            {
                masks.Add(Encoding.UTF8.GetBytes(mask));
            }
        }
        return masks;
    }

    private Document Document(OpenImage image, ImageLayer? layer, OciLayout layout, Lease lease)
    {
        var edit = new ImageEdit(image.Manifest, image.Config, image.Name);
        var changed = request.ChangeConfig?.Invoke(edit.Config.Config);
        if (layer is null && changed is null)
        {
            lease.Add(image.Document.Digest);
            lease.Add(image.Manifest.Config!.Digest);
            layout.Put(new Document(image.ConfigBytes, image.Manifest.Config.MediaType));
            layout.Put(image.Document);
            return image.Document;
        }
        var history = request.History with { Created = _date.Created() };
        edit.Config = edit.Config with { Created = history.Created, Author = history.Author ?? edit.Config.Author, Config = changed ?? edit.Config.Config };
        if (layer is not null)
        {
            edit.Append(layer, history);
        }
        else
        {
            edit.Append(history);
        }
        return edit.Write(layout, lease);
    }
}
