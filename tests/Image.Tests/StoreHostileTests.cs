using System;
using System.IO;
using System.Text;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>A layout may come from anybody.</summary>
public sealed class StoreHostileTests
{
    private static OpenImage Open(string path) => OpenImage.Of(LayoutSource.Of(OciLayout.Open(path), "x", "oci:x"), null);

    private static string Refusal(string path) => Assert.ThrowsAny<Exception>(() => Open(path).Dispose()) switch
    {
        ImageError error => error.Message,
        ErrnoException error => error.Message,
        var other => throw new InvalidOperationException("a bug", other),
    };

    private static void Replace(string path, Action<string> make)
    {
        File.Delete(path);
        make(path);
    }

    private static void MakeFifo(string path) =>
        Sys.MknodAt(Native.AT_FDCWD, Encoding.UTF8.GetBytes(path + "\0"), Native.S_IFIFO | 0x1A4, 0, 0).OrThrow("make a fifo");

    // mutant: ImageCheck.FileIsRegular
    [Theory]
    [InlineData("oci-layout")]
    [InlineData("index.json")]
    public void A_fifo_or_a_link_in_place_of_a_file_is_refused_and_not_waited_for(string name)
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        layout.Name("x", layout.Image(HandMade.Bytes(10, 1)));
        var content = File.ReadAllText(folder[name]);
        Replace(folder[name], MakeFifo);
        Assert.Contains("no regular file", Refusal(folder.Path));
        Replace(folder[name], path => File.CreateSymbolicLink(path, "elsewhere"));
        File.WriteAllText(folder["elsewhere"], content);
        Assert.Contains("symbolic link", Refusal(folder.Path));
    }

    // mutant: ImageCheck.FileIsSmall
    [Fact]
    public void An_index_without_end_is_refused()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        layout.Name("x", layout.Image(HandMade.Bytes(10, 1)));
        using (var file = File.OpenWrite(folder["index.json"]))
        {
            file.SetLength(1L << 40);
        }
        Assert.Contains("more than the", Refusal(folder.Path));
    }

    // mutant: ImageCheck.StoredBlobIsSmall
    [Fact]
    public void A_manifest_without_end_is_refused()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var manifest = layout.Image(HandMade.Bytes(10, 1));
        using (var file = File.OpenWrite(layout.BlobPath(manifest)))
        {
            file.SetLength(1L << 40);
        }
        layout.Name("x", manifest);
        Assert.Contains("more than the", Refusal(folder.Path));
    }

    [Fact]
    public void A_blob_that_is_a_link_is_refused()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var manifest = layout.Image(HandMade.Bytes(10, 1));
        layout.Name("x", manifest);
        File.Move(layout.BlobPath(manifest), folder["moved"]);
        File.CreateSymbolicLink(layout.BlobPath(manifest), folder["moved"]);
        Assert.Contains("symbolic link", Refusal(folder.Path));
    }

    [Theory]
    [InlineData("blobs")]
    [InlineData("blobs/sha256")]
    public void A_folder_of_blobs_that_is_a_link_is_refused(string name)
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        layout.Name("x", layout.Image(HandMade.Bytes(10, 1)));
        Directory.Move(folder[name], folder["elsewhere"]);
        File.CreateSymbolicLink(folder[name], folder["elsewhere"]);
        Refusal(folder.Path);
        using var source = new MemorySource();
        source.AddImage("amd64", HandMade.Bytes(10, 2));
        using var destination = new LayoutDestination(OciLayout.Open(folder.Path), "y", "oci:y", verifies: false);
        using var progress = new CopyProgress("copy", isQuiet: true);
        Assert.Throws<ErrnoException>(() => new ImageCopy(source, destination, progress).Run(null, false));
    }

    // mutant: ImageCheck.StoredBlobHasItsDigest
    [Fact]
    public void A_manifest_with_another_content_than_its_digest_is_refused_before_it_is_read()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var manifest = layout.Image(HandMade.Bytes(10, 1));
        layout.Name("x", manifest);
        File.WriteAllText(layout.BlobPath(manifest), new string('{', (int)layout.SizeOf(manifest)));
        Assert.Contains("its digest is", Refusal(folder.Path));
    }

    [Fact]
    public void A_config_with_another_content_is_refused()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var manifest = layout.Image(HandMade.Bytes(10, 1));
        layout.Name("x", manifest);
        using var image = Open(folder.Path);
        var config = layout.BlobPath(image.Manifest.Config!.Digest.Text);
        var bytes = File.ReadAllBytes(config);
        bytes[^1] = (byte)' ';
        File.WriteAllBytes(config, bytes);
        Assert.Contains("its digest is", Refusal(folder.Path));
    }

    // mutant: ImageCheck.StoredBlobHasItsSize
    [Fact]
    public void A_manifest_of_another_size_or_type_than_the_index_says_is_refused()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var manifest = layout.Image(HandMade.Bytes(10, 1));
        const string name = ""","annotations":{"org.opencontainers.image.ref.name":"x"}""";
        layout.Entry(HandMade.Descriptor(MediaTypes.Manifest, manifest, layout.SizeOf(manifest) + 1, name));
        Assert.Contains("bytes, not", Refusal(folder.Path));
        layout = new HandMade(folder["typed"]);
        layout.Name("x", layout.Image(HandMade.Bytes(10, 1)), MediaTypes.Index);
        Assert.NotEmpty(Refusal(folder["typed"]));
    }

    [Fact]
    public void A_layer_that_is_missing_or_of_another_size_is_said_when_the_image_is_opened_from_the_store()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var layer = HandMade.Bytes(10, 1);
        layout.Name("x", layout.Image(layer));
        File.WriteAllBytes(layout.BlobPath(HandMade.Sha256(layer)), new byte[11]);
        var source = LayoutSource.OfStore(OciLayout.Open(folder.Path), "x", null, "x");
        Assert.Contains("10 bytes is not in", Assert.ThrowsAny<JsonError>(() => OpenImage.Of(source, null)).Message);
    }

    [Fact]
    public void Another_number_of_layers_than_of_diff_ids_is_refused()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var config = layout.Blob("""{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}""");
        var layer = HandMade.Descriptor(MediaTypes.Layer, layout.Blob(HandMade.Bytes(10, 1)), 10);
        var itself = HandMade.Descriptor(MediaTypes.Config, config, layout.SizeOf(config));
        layout.Name("x", layout.Blob($$"""{"schemaVersion":2,"config":{{itself}},"layers":[{{layer}}]}"""));
        Assert.Contains("1 layers, but its config 0 diff_ids", Refusal(folder.Path));
    }

    // mutant: ImageCheck.LayoutDirectoryIsEmpty
    [Fact]
    public void A_directory_with_other_things_does_not_become_a_layout()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["passwd"], "");
        Assert.Contains("not empty", Assert.ThrowsAny<JsonError>(() => OciLayout.Make(folder.Path)).Message);
    }
}
