using System;
using System.IO;
using SharpRun.Image.Blobs;
using SharpRun.Image.Cli;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Pack;

/// <summary>dir:ROOTFS to be read: an image of one layer, made of the directory as it stands. Its blobs are made in the store, which is where most of
/// them go; no name leads to them there, and the next gc after us takes them away.</summary>
sealed class DirectorySource : ImageSource
{
    private readonly OciLayout _store;
    private readonly Lease _lease;
    private Document? _document;

    private DirectorySource(OciLayout store, string name) => (_store, Name, _lease) = (store, name, store.Lease());

    public override string Name { get; }

    public static DirectorySource Open(string path, string name, Options options)
    {
        using var root = TreeRoot.Open(path);
        var date = SourceDate.FromEnvironment();
        var source = new DirectorySource(ImageStore.Make(options), name);
        try
        {
            var rules = new LayerRules(Owners.OfImage, Warnings.Of(options));
            using var layer = new LayerMaker(source._store, Compression.Gzip, date);
            TreeLayer.Write(root, rules, layer.Archive);
            var image = ImageEdit.FromScratch(options.Platform ?? Platform.Host);
            image.Config = image.Config with { Created = date.Created() };
            image.Append(layer.Finish(source._lease), new History { Created = date.Created(), CreatedBy = "sharprun-image copy dir:" });
            source._document = image.Write(source._store, source._lease);
            return source;
        }
        catch (Exception)
        {
            source.Dispose();
            throw;
        }
    }

    public override Document ReadManifest(Digest? digest) => digest is null || digest == _document!.Digest
        ? _document!
        : throw new ImageError($"read {Name}: it has no manifest {digest}");

    public override Stream OpenBlob(Descriptor blob, long offset) => _store.OpenBlob(blob, offset);

    public override void Dispose()
    {
        _lease.Dispose();
        _store.Dispose();
        base.Dispose();
    }
}
