using System.Collections.Generic;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Oci;

namespace SharpRun.Image.Pack;

/// <summary>An image that is made from another one, or from nothing: layers are put on top and the config is changed; what we do not know of
/// the manifest and the config passes through. Nothing is written before <see cref="Write"/>.</summary>
sealed class ImageEdit
{
    private readonly List<Descriptor> _layers;
    private readonly List<Digest> _diffIds;
    private readonly List<History> _history;
    private readonly Manifest _manifest;

    /// <summary>The name is for errors.</summary>
    public ImageEdit(Manifest manifest, ImageConfig config, string name)
    {
        if (config.DiffIds.Count != manifest.Layers.Count)
        {
            throw new ImageError($"edit {name}: its manifest has {manifest.Layers.Count} layers, but its config {config.DiffIds.Count} diff_ids");
        }
        (_manifest, Config) = (manifest, config);
        _layers = [.. manifest.Layers];
        _diffIds = [.. config.DiffIds];
        _history = [.. config.History];
    }

    public static ImageEdit FromScratch(Platform platform)
    {
        var manifest = new Manifest { Config = new Descriptor(MediaTypes.Config, default, 0), Layers = [] };
        return new ImageEdit(manifest, new ImageConfig { Platform = platform, DiffIds = [] }, "a new image");
    }

    /// <summary>The same, to be changed on its own.</summary>
    public ImageEdit Copy() => new(_manifest with { Layers = _layers }, Config with { DiffIds = _diffIds, History = _history }, "a copy");

    /// <summary>Layers and history are changed by Append only, also with those of the config that is set here.</summary>
    public ImageConfig Config { get; set; }

    public IReadOnlyList<Descriptor> Layers => _layers;

    public IReadOnlyList<Digest> DiffIds => _diffIds;

    public IReadOnlyList<History> History => _history;

    /// <summary>The entry says how the layer was made.</summary>
    public void Append(ImageLayer layer, History entry)
    {
        FillHistory();
        _layers.Add(layer.Blob with { MediaType = InTheManifestsWords(layer.Blob.MediaType) });
        _diffIds.Add(layer.DiffId);
        _history.Add(entry with { EmptyLayer = false });
    }

    /// <summary>A change of the config alone.</summary>
    public void Append(History entry)
    {
        FillHistory();
        _history.Add(entry with { EmptyLayer = true });
    }

    /// <summary>Config and manifest as they are now, put into the layout, and on the lease, so that a gc meanwhile leaves them. No name leads to
    /// them yet.</summary>
    public Document Write(OciLayout layout, Lease lease)
    {
        var config = (Config with { DiffIds = _diffIds, History = _history }).ToBytes();
        var blob = new Descriptor(_manifest.Config?.MediaType ?? MediaTypes.Config, Digest.Of(config), config.Length);
        lease.Add(blob.Digest);
        layout.Put(new Document(config, blob.MediaType));
        var document = (_manifest with { Config = blob, Layers = _layers }).ToDocument();
        lease.Add(document.Digest);
        layout.Put(document);
        return document;
    }

    // Readers count the entries that are not empty against the layers, once there is one.
    private void FillHistory()
    {
        for (var known = _history.FindAll(entry => !entry.EmptyLayer).Count; known < _layers.Count; known++)
        {
            _history.Add(new History { Comment = "not known" });
        }
    }

    private string InTheManifestsWords(string mediaType) => _manifest.MediaType != MediaTypes.DockerManifest ? mediaType : mediaType switch
    {
        MediaTypes.Layer => MediaTypes.DockerLayer,
        MediaTypes.LayerGzip => MediaTypes.DockerLayerGzip,
        MediaTypes.LayerZstd => MediaTypes.DockerLayerZstd,
        _ => mediaType,
    };
}
