using System;
using System.IO;
using System.IO.Compression;
using System.Linq;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.Json;
using SharpRun.LayerStore;
using SharpRun.LayerTar;
using SharpRun.Oci;
using SharpRun.Tar;
using Xunit;
using static SharpRun.Image.Tests.Unpack.LayerText;
using File = System.IO.File;

namespace SharpRun.Image.Tests.Unpack;

public sealed class ImageUnpackTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Bundle => _folder["bundle"];

    private static byte[] Gzip(byte[] bytes)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }
        return compressed.ToArray();
    }

    private static byte[] Zstd(byte[] bytes)
    {
        using var compressor = new ZstdSharp.Compressor();
        return compressor.Wrap(bytes).ToArray();
    }

    // A layout with one image "x"; of each layer its blob, its media type and the bytes whose digest is its diff id.
    private HandMade Image(params (byte[] Blob, string Type, byte[] Tar)[] layers)
    {
        var layout = new HandMade(_folder["layout"]);
        var diffIds = string.Join(',', layers.Select(layer => $"\"{HandMade.Sha256(layer.Tar)}\""));
        var config = layout.Blob($$$"""{"os":"linux","architecture":"{{{Platform.Host.Architecture}}}","rootfs":{"type":"layers","diff_ids":[{{{diffIds}}}]}}""");
        var all = string.Join(',', layers.Select(layer => HandMade.Descriptor(layer.Type, layout.Blob(layer.Blob), layer.Blob.Length)));
        var itself = HandMade.Descriptor(MediaTypes.Config, config, layout.SizeOf(config));
        layout.Name("x", layout.Blob($$"""{"schemaVersion":2,"mediaType":"{{MediaTypes.Manifest}}","config":{{itself}},"layers":[{{all}}]}"""));
        return layout;
    }

    private void Unpack(Action<string>? done = null)
    {
        using var image = OpenImage.Of(LayoutSource.Of(OciLayout.Open(_folder["layout"]), "x", "oci:x"), null);
        ImageUnpack.Into(image, Bundle, "rootfs", Owners.OfImage, new Losses(), done);
    }

    private string LayersRefused()
    {
        using var image = OpenImage.Of(LayoutSource.Of(OciLayout.Open(_folder["layout"]), "x", "oci:x"), null);
        var store = new StorePaths(_folder["store"]);
        var error = Assert.ThrowsAny<JsonError>(() => ChainUnpack.Into(store, image, Owners.OfImage, new Losses(), _ => { }));
        Assert.False(Directory.Exists(store.Layers) && Directory.GetFileSystemEntries(store.Layers, "*", SearchOption.AllDirectories).Length > 1);
        return error.Message;
    }

    private string[] Names() => [.. Directory.GetFileSystemEntries(Bundle).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];

    private string Refused()
    {
        var error = Assert.ThrowsAny<JsonError>(() => Unpack());
        Assert.False(Directory.Exists(Bundle), "what was begun is still there");
        return error.Message;
    }

    [Fact]
    public void Layers_of_every_compression_become_one_root()
    {
        byte[] one = Layer(Dir("a"), File("a/f", new string('x', 3_000_000)), File("gone")), two = Layer(Gone("gone"), File("a/g", "1")), three = Layer(File("h"));
        Image((Gzip(one), MediaTypes.LayerGzip, one), (Zstd(two), MediaTypes.LayerZstd, two), (three, MediaTypes.Layer, three));
        Unpack();
        Assert.Equal(["rootfs"], Names());
        Assert.Equal("a a/f a/g h", string.Join(' ', Directory.GetFileSystemEntries(Bundle + "/rootfs", "*", SearchOption.AllDirectories).Select(path => path[(Bundle.Length + 8)..]).Order(StringComparer.Ordinal)));
        Assert.Equal(3_000_000, new FileInfo(Bundle + "/rootfs/a/f").Length);
        Assert.Equal("755\n", UnpackedRoot.Run("stat", "-c", "%a", Bundle + "/rootfs"));
    }

    [Fact]
    public void An_image_without_layers_is_an_empty_root()
    {
        Image();
        Unpack();
        Assert.Empty(Directory.GetFileSystemEntries(Bundle + "/rootfs"));
    }

    [Fact]
    public void A_wrong_digest_leaves_nothing()
    {
        var layer = Layer(Dir("a"), File("a/f", "data"));
        var layout = Image((Gzip(layer), MediaTypes.LayerGzip, layer));
        var path = layout.BlobPath(HandMade.Sha256(Gzip(layer)));
        var bytes = File.ReadAllBytes(path);
        bytes[4] ^= 1; // The time in the header of gzip: the tar is as before.
        File.WriteAllBytes(path, bytes);
        Assert.Contains("its bytes are those of sha256:", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_blob_that_came_wrong_is_the_reason_and_not_what_it_unpacks_to()
    {
        var layer = Layer(File("f", "data"));
        var layout = Image((layer, MediaTypes.Layer, layer));
        var wrong = (byte[])layer.Clone();
        wrong[0] ^= 1;
        System.IO.File.WriteAllBytes(layout.BlobPath(HandMade.Sha256(layer)), wrong);
        Assert.Equal($"read blob {HandMade.Sha256(layer)}: its bytes are those of {HandMade.Sha256(wrong)}", Refused());
        Assert.Equal(Refused(), LayersRefused());
    }

    [Fact]
    public void A_wrong_diff_id_leaves_nothing()
    {
        var layer = Layer(File("f", "data"));
        Image((Gzip(layer), MediaTypes.LayerGzip, Layer(File("f", "Data!"))));
        Assert.Contains("its uncompressed bytes are those of sha256:", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_size_leaves_nothing()
    {
        var layer = Layer(File("f", "data"));
        var layout = Image((layer, MediaTypes.Layer, layer));
        File.AppendAllText(layout.BlobPath(HandMade.Sha256(layer)), "more");
        Assert.Contains($"with its {layer.Length} bytes is not in", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_behind_the_archive_belong_to_the_diff_id()
    {
        byte[] layer = [.. Layer(File("f", "data")), .. new byte[100_000]];
        Image((Gzip(layer), MediaTypes.LayerGzip, layer));
        Unpack();
        Assert.True(File.Exists(Bundle + "/rootfs/f"));
    }

    [Fact]
    public void An_error_in_the_last_layer_takes_the_whole_root_away()
    {
        byte[] good = Layer(Dir("a"), File("a/f", "data")), bad = Layer(Hard("h", "nothing"));
        Image((good, MediaTypes.Layer, good), (bad, MediaTypes.Layer, bad));
        Assert.Throws<Linux.ErrnoException>(() => Unpack());
        Assert.False(Directory.Exists(Bundle));
        byte[] cut = good[..1024];
        Directory.Delete(_folder["layout"], recursive: true);
        Image((good, MediaTypes.Layer, good), (cut, MediaTypes.Layer, cut));
        Assert.StartsWith($"unpack layer {HandMade.Sha256(cut)}: ", Refused(), StringComparison.Ordinal);
    }

    // mutant: ImageCheck.LayerIsNotEncrypted
    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip+encrypted", "is encrypted (application/vnd.oci.image.layer.v1.tar+gzip+encrypted)")]
    [InlineData("application/vnd.in-toto+json", "its media type application/vnd.in-toto+json is unknown")]
    public void Unknown_media_types_are_refused_before_anything_is_done(string type, string reason)
    {
        var layer = Layer(File("f"));
        Image((layer, MediaTypes.Layer, layer), (layer, type, layer));
        Assert.Contains(reason, Refused(), StringComparison.Ordinal);
        Assert.Equal(Refused(), LayersRefused());
    }

    // mutant: ImageCheck.UnpackedIsNew
    [Fact]
    public void A_root_that_is_there_is_refused_and_stays()
    {
        var layer = Layer(File("f"));
        Image((layer, MediaTypes.Layer, layer));
        Directory.CreateDirectory(Bundle + "/rootfs");
        File.WriteAllText(Bundle + "/rootfs/mine", "");
        Assert.Equal($"unpack oci:x: {Bundle}/rootfs is there already", Assert.ThrowsAny<JsonError>(() => Unpack()).Message);
        Assert.True(File.Exists(Bundle + "/rootfs/mine"));
    }

    [Fact]
    public void What_a_killed_call_left_is_removed_by_the_next()
    {
        var layer = Layer(File("f"));
        Image((layer, MediaTypes.Layer, layer));
        Directory.CreateDirectory(Bundle + "/.rootfs.unpacking/rootfs/half/done");
        File.WriteAllText(Bundle + "/.rootfs.unpacking/rootfs/half/done/file", "");
        File.WriteAllText(Bundle + "/other", "");
        Unpack();
        Assert.Equal(["other", "rootfs"], Names());
        Assert.True(File.Exists(Bundle + "/rootfs/f"));
    }

    [Fact]
    public void What_has_to_be_there_first_is_there_before_the_root()
    {
        var layer = Layer(File("f"));
        Image((layer, MediaTypes.Layer, layer));
        Unpack(path =>
        {
            Assert.False(Directory.Exists(Bundle + "/rootfs"));
            Assert.Equal("700\n", UnpackedRoot.Run("stat", "-c", "%a", Bundle + "/.rootfs.unpacking"));
            Assert.True(File.Exists(path + "/f"));
            File.WriteAllText(Bundle + "/config.json", "{}");
        });
        Assert.Equal(["config.json", "rootfs"], Names());
    }

    // mutant: ImageCheck.LayersAreFew
    [Fact]
    public void So_many_layers_are_taken_and_no_more()
    {
        byte[] layer = Layer();
        Image([.. Enumerable.Repeat((layer, MediaTypes.Layer, layer), UnpackLimits.Layers + 1)]);
        Assert.Equal("unpack oci:x: its 501 layers are more than the 500 that are taken", Refused());
    }
}
