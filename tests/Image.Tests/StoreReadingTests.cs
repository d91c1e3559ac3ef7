using System.IO;
using System.Linq;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

public sealed class StoreReadingTests
{
    private static OpenImage Open(string path, string? reference, Platform? platform = null) =>
        OpenImage.Of(LayoutSource.Of(OciLayout.Open(path), reference, "oci:x"), platform);

    [Fact]
    public void An_image_is_opened_by_its_name_with_its_layers()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        byte[][] layers = [HandMade.Bytes(10, 1), HandMade.Bytes(20, 2)];
        layout.Name("other", layout.Image(HandMade.Bytes(5, 3)));
        layout.Name("docker.io/library/x:1", layout.Image(layers));
        using var image = Open(folder.Path, "docker.io/library/x:1");
        Assert.Equal(layers.Select(HandMade.Sha256), image.Layers.Select(layer => layer.DiffId.Text));
        using var stream = image.OpenBlob(image.Layers[1].Blob);
        var read = new MemoryStream();
        stream.CopyTo(read);
        Assert.Equal(layers[1], read.ToArray());
    }

    [Fact]
    public void The_platforms_image_is_chosen_from_an_index()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var amd = layout.Image(MediaTypes.Manifest, [HandMade.Bytes(10, 1)], "amd64");
        var arm = layout.Image(MediaTypes.Manifest, [HandMade.Bytes(10, 2)], "arm64");
        var unknown = layout.Blob("an attestation");
        layout.Name("x", layout.Index((unknown, "unknown/unknown"), (amd, "linux/amd64"), (arm, "linux/arm64")), MediaTypes.Index);
        using var image = Open(folder.Path, "x", new Platform("linux", "arm64"));
        Assert.Equal(arm, image.Descriptor.Digest.Text);
        Assert.Contains("linux/s390x", Assert.ThrowsAny<JsonError>(() => Open(folder.Path, "x", new Platform("linux", "s390x"))).Message);
    }
}
