using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using SharpRun.Image.Blobs;
using SharpRun.Image.Cli;
using SharpRun.Image.Pack;
using SharpRun.Image.Store;
using SharpRun.Image.Tests.Nasty;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Tests.Pack;

/// <summary>A store for one test, and what tests of packing do with it.</summary>
sealed class PackRoom : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PackRoom()
    {
        Sys.Umask(0);
        Options = new Options { Root = _folder["store"], IsQuiet = true };
        Layout = ImageStore.Make(Options);
        Lease = Layout.Lease();
    }

    public Options Options { get; }

    public OciLayout Layout { get; }

    public Lease Lease { get; }

    public List<string> Warned { get; } = [];

    public string this[string name] => _folder[name];

    public static SourceDate NoDate { get; } = new((long?)null);

    public LayerRules Rules(Owners? owners = null, bool isUpper = false) => new(owners ?? Owners.OfImage, Warned.Add) { IsUpper = isUpper };

    public string MakeDirectory(string name) => Directory.CreateDirectory(_folder[name]).FullName;

    public ImageLayer LayerOf(string tree, bool isUpper = false, Compression compression = Compression.Gzip, SourceDate? date = null)
    {
        using var root = TreeRoot.Open(tree);
        using var maker = new LayerMaker(Layout, compression, date ?? NoDate);
        TreeLayer.Write(root, Rules(isUpper: isUpper), maker.Archive);
        return maker.Finish(Lease);
    }

    /// <summary>Null: nothing has changed.</summary>
    public ImageLayer? LayerOfChanges(string tree, byte[][] lowerLayers, Owners? owners = null)
    {
        using var root = TreeRoot.Open(tree);
        var lower = new LowerTree();
        foreach (var layer in lowerLayers)
        {
            lower.Add(new TarReader(new MemoryStream(layer), TarLimits.Default));
        }
        var changes = TreeChanges.Find(root, lower.Root, Rules(owners), [], new ContentDigest(root).IsSame);
        if (changes.IsEmpty)
        {
            return null;
        }
        using var maker = new LayerMaker(Layout, Compression.None, NoDate);
        changes.Write(maker.Archive);
        return maker.Finish(Lease);
    }

    /// <summary>The archive of a layer; both of its digests are verified.</summary>
    public byte[] ArchiveOf(ImageLayer layer)
    {
        using var reader = new BlobReader(Layout.OpenBlob(layer.Blob, 0), layer.Blob, layer.DiffId);
        using var archive = new MemoryStream();
        reader.CopyTo(archive);
        reader.Finish();
        return archive.ToArray();
    }

    /// <summary>"d name", "f name", "h name > target", … in their order.</summary>
    public List<string> EntriesOf(ImageLayer layer) => EntriesOf(ArchiveOf(layer)).ConvertAll(entry =>
        $"{"fhscbdp"[(int)entry.Kind]} {TreeText.Text(entry.Name)}{(entry.LinkName.Length > 0 ? " > " + TreeText.Text(entry.LinkName) : "")}");

    public static List<TarEntry> EntriesOf(byte[] archive)
    {
        var reader = new TarReader(new MemoryStream(archive), TarLimits.Default);
        var entries = new List<TarEntry>();
        while (reader.Next() is { } entry)
        {
            entries.Add(entry);
        }
        return entries;
    }

    /// <summary>An image of the store, made of whole archives.</summary>
    public Document MakeImage(string name, params byte[][] archives)
    {
        var edit = ImageEdit.FromScratch(Platform.Host);
        foreach (var archive in archives)
        {
            using var blob = Layout.NewBlob();
            using var compressor = new LayerCompressor(blob, Compression.Gzip);
            compressor.Write(archive);
            var made = compressor.Finish();
            blob.Publish(made.Digest, Lease);
            edit.Append(new ImageLayer(made.Descriptor, made.DiffId), new History { CreatedBy = "test" });
        }
        var document = edit.Write(Layout, Lease);
        Name(name, document);
        return document;
    }

    public void Name(string name, Document document)
    {
        var reference = ((ImageName.Bare)ImageName.Parse(name)).Reference.ToString();
        Layout.Update(index => index.Set(reference, Documents.DescriptorOf(document)));
    }

    public OpenImage Open(string name) => OpenImage.Open(ImageName.Parse(name), Options);

    /// <summary>The path of its rootfs.</summary>
    public string Unpack(string name, string bundle, Owners? owners = null)
    {
        using var image = Open(name);
        var record = BundleRecord.Of(image, ImageName.Parse(name), owners ?? Owners.OfImage);
        ImageUnpack.Into(image, _folder[bundle], "rootfs", record.Owners, new Losses(), _ => record.Write(_folder[bundle]));
        return _folder[bundle] + "/rootfs";
    }

    public Packed Pack(string bundle, string image, Func<PackRequest, PackRequest>? with = null)
    {
        var request = new PackRequest(_folder[bundle], null, ImageName.Parse(image)) { History = new History { CreatedBy = "test" } };
        return new Packing(with is null ? request : with(request), Options).Run();
    }

    /// <summary>The tree, but for the times of directories that no layer describes, which are those of their making.</summary>
    public static ModelTree Read(string root)
    {
        const long longAgo = 1_700_000_000;
        var tree = Nasty.TreeWalk.Read(root);
        foreach (var node in tree.Paths.Values.Where(node => node.Kind == TarKind.Directory && node.Time is { Seconds: > longAgo }))
        {
            node.Time = null;
        }
        tree.Paths[""].Time = null;
        return tree;
    }

    public void Dispose()
    {
        Lease.Dispose();
        Layout.Dispose();
        _folder.Dispose();
    }
}
