using SharpRun.Image.Cli;
using SharpRun.LayerStore;
using SharpRun.Oci;

namespace SharpRun.Image.Store;

/// <summary>The store of images: one layout below --root, where a reference is the full name.</summary>
static class ImageStore
{
    /// <summary>Only root looks into it: setuid programs of images lie unpacked beside the layout.</summary>
    private const uint RootMode = 0x1C0;

    /// <summary>Null: there is none yet.</summary>
    public static OciLayout? TryOpen(Options options) => OciLayout.TryOpen(new StorePaths(options.Root).Oci);

    public static OciLayout Make(Options options)
    {
        Folder.Make(options.Root, RootMode).Dispose();
        return OciLayout.Make(new StorePaths(options.Root).Oci);
    }

    /// <summary>An image of the store: a bare name or a digest.</summary>
    public static LayoutSource OpenSource(string? reference, Digest? digest, string name, Options options)
    {
        var store = TryOpen(options) ?? throw new ImageError($"find {name}: there is no store {new StorePaths(options.Root).Oci} yet (pull makes it)");
        try
        {
            return LayoutSource.OfStore(store, reference, digest, name);
        }
        catch (System.Exception)
        {
            store.Dispose();
            throw;
        }
    }

    public static bool Has(RegistryReference reference, Options options)
    {
        using var store = TryOpen(options);
        return store is not null && (store.ReadIndex().Find(reference.ToString()) is not null || (reference.Digest is { } digest && store.IsThere(digest)));
    }
}
