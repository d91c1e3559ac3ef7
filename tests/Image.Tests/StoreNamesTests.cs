using System;
using System.IO;
using System.Linq;
using System.Threading;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

[Collection(nameof(LocksOfFiles))]
public sealed class StoreNamesTests
{
    private static readonly Descriptor s_image = new(MediaTypes.Manifest, Digest.Of("x"u8), 1);

    [Fact]
    public void What_we_do_not_know_of_an_index_passes_through_unchanged()
    {
        const string entry = """{ "mediaType": "application/x", "digest": "blake3:00", "size": 3.5e0, "future": [1, {"a": null}] }""";
        const string json = $$"""{"schemaVersion":2,"manifests":[{{entry}}],"annotations":{"a":"b"},"future":1.50}""";
        var index = LayoutIndex.Parse(System.Text.Encoding.UTF8.GetBytes(json), "x");
        index.Set("x", s_image);
        var text = System.Text.Encoding.UTF8.GetString(index.ToBytes());
        Assert.Contains(entry, text);
        Assert.Contains("\"annotations\":{\"a\":\"b\"},\"future\":1.50", text);
    }

    [Fact]
    public void A_name_means_one_image_and_others_keep_theirs()
    {
        var index = LayoutIndex.Empty();
        index.Set("a", s_image);
        index.Set("b", s_image);
        Assert.True(index.Set("a", s_image with { Size = 2 }));
        Assert.False(index.Set("a", s_image with { Size = 2 }));
        Assert.Equal([("a", 2L), ("b", 1L)], index.Entries.Select(entry => (entry.Name!, entry.Descriptor!.Size)));
        Assert.True(index.Remove("a"));
        Assert.False(index.Remove("a"));
    }

    [Fact]
    public void An_index_with_a_name_twice_is_refused() =>
        Assert.ThrowsAny<JsonError>(() => LayoutIndex.Parse("""{"manifests":[],"manifests":[]}"""u8.ToArray(), "x"));

    [Fact]
    public void Without_a_name_the_only_image_is_meant_and_of_several_none()
    {
        var index = LayoutIndex.Empty();
        Assert.Contains("no image", Assert.ThrowsAny<JsonError>(() => index.Choose(null, "oci:x")).Message);
        index.Set("a", s_image);
        Assert.Equal(s_image.Digest, index.Choose(null, "oci:x").Digest);
        index.Set("b", s_image);
        Assert.Contains("a, b", Assert.ThrowsAny<JsonError>(() => index.Choose(null, "oci:x")).Message);
        Assert.Contains("a, b", Assert.ThrowsAny<JsonError>(() => index.Choose("c", "oci:x")).Message);
    }

    // mutant: ImageCheck.NeededBlobStays
    [Fact]
    public void Garbage_is_what_no_name_reaches()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var kept = layout.Image(HandMade.Bytes(1000, 1));
        layout.Name("kept", layout.Index((kept, "linux/amd64")), MediaTypes.Index);
        var before = Directory.GetFiles(folder["blobs/sha256"]).Order().ToList();
        layout.Blob(HandMade.Bytes(777, 2));
        File.WriteAllBytes(folder[".partial-sha256-" + new string('a', 64)], new byte[23]);
        File.WriteAllText(folder["blobs/sha256/README"], "of somebody else");
        File.WriteAllText(folder[".lease-dead"], "");
        File.WriteAllText(folder[".index.json.new"], "{");
        using var opened = OciLayout.Open(folder.Path);
        Assert.Equal((800, 2), opened.CollectGarbage());
        Assert.Equal(((string[])[.. before, folder["blobs/sha256/README"]]).Order(), Directory.GetFiles(folder["blobs/sha256"]).Order());
        Assert.Equal(["index.json", "oci-layout"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        Assert.Equal((0, 0), opened.CollectGarbage());
    }

    [Fact]
    public void A_store_whose_maker_was_killed_at_once_is_none_yet_and_the_next_call_makes_it()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["oci"]);
        File.WriteAllText(folder["oci/.oci-layout.new"], "{");
        var options = new Cli.Options { Root = folder.Path };
        Assert.Null(ImageStore.TryOpen(options));
        ImageStore.Make(options).Dispose();
        using var store = ImageStore.TryOpen(options);
        Assert.Empty(store!.ReadIndex().Entries);
    }

    [Fact]
    public void What_a_running_call_needs_is_no_garbage_until_it_ends()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var needed = Digest.Parse(layout.Blob(HandMade.Bytes(777, 2)), "x");
        using var opened = OciLayout.Open(folder.Path);
        using (var lease = opened.Lease())
        {
            lease.Add(needed);
            Assert.Equal((0, 0), opened.CollectGarbage());
        }
        Assert.Equal((777, 1), opened.CollectGarbage());
    }

    [Fact]
    public void A_manifest_that_a_running_call_has_seen_keeps_its_blobs()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        var manifest = layout.Image(HandMade.Bytes(1000, 1));
        using var opened = OciLayout.Open(folder.Path);
        using (var lease = opened.Lease())
        {
            lease.Add(Digest.Parse(manifest, "x"));
            Assert.Equal((0, 0), opened.CollectGarbage());
            // The same below a name, which must not be taken for marked since the lease has its digest.
            layout.Name("x", layout.Index((manifest, "linux/amd64")), MediaTypes.Index);
            Assert.Equal((0, 0), opened.CollectGarbage());
        }
        Assert.Equal((0, 0), opened.CollectGarbage());
    }

    [Fact]
    public void The_leases_of_the_dead_are_removed_by_whoever_writes_next_and_those_of_the_living_stay()
    {
        using var folder = new TemporaryFolder();
        OciLayout.Make(folder.Path).Dispose();
        File.WriteAllText(folder[".lease-dead"], "");
        using (var living = OciLayout.Make(folder.Path))
        using (living.Lease())
        {
            OciLayout.Make(folder.Path).Dispose();
            Assert.Single(Directory.GetFiles(folder.Path, ".lease-*"));
        }
        Assert.Empty(Directory.GetFiles(folder.Path, ".lease-*"));
    }

    [Fact]
    public void An_index_that_cannot_be_read_leaves_no_lease()
    {
        using var folder = new TemporaryFolder();
        _ = new HandMade(folder.Path);
        File.WriteAllText(folder["index.json"], "{");
        using var store = OciLayout.Open(folder.Path);
        Assert.ThrowsAny<JsonError>(() => LayoutSource.OfStore(store, "x", null, "x"));
        Assert.Empty(Directory.GetFiles(folder.Path, ".lease-*"));
    }

    [Theory]
    [InlineData("""{"manifests":[{"digest":"\ud800","size":1}]}""")]
    [InlineData("""{"manifests":[],"\ud800":1}""")]
    public void An_index_with_half_of_a_surrogate_pair_is_refused_by_its_name(string json) =>
        Assert.StartsWith("read x: it is no valid JSON", Assert.ThrowsAny<JsonError>(() => LayoutIndex.Parse(System.Text.Encoding.UTF8.GetBytes(json), "x")).Message);

    [Fact]
    public void A_manifest_that_cannot_be_read_stops_the_collection()
    {
        using var folder = new TemporaryFolder();
        var layout = new HandMade(folder.Path);
        layout.Name("x", layout.Blob("no JSON"));
        layout.Blob(HandMade.Bytes(777, 2));
        using var opened = OciLayout.Open(folder.Path);
        Assert.Contains("what it needs is not known", Assert.ThrowsAny<JsonError>(() => opened.CollectGarbage()).Message);
        Assert.Equal(2, Directory.GetFiles(folder["blobs/sha256"]).Length);
    }

    [Fact]
    public void Copies_and_collections_at_once_lose_nothing()
    {
        using var folder = new TemporaryFolder();
        OciLayout.Make(folder.Path).Dispose();
        var isDone = false;
        var collecting = new Thread(() =>
        {
            while (!Volatile.Read(ref isDone))
            {
                using var layout = OciLayout.Open(folder.Path);
                layout.CollectGarbage();
            }
        });
        collecting.Start();
        var copies = Enumerable.Range(0, 3).Select(i => new Thread(() =>
        {
            for (var round = 0; round < 10; round++)
            {
                using var source = new MemorySource();
                // The same blobs under names that come and go: they are there, are garbage, and are wanted again.
                source.AddImage("amd64", HandMade.Bytes(20_000, round % 3), HandMade.Bytes(100, i));
                using (var destination = new LayoutDestination(OciLayout.Open(folder.Path), $"name{i}", "x", verifies: false))
                using (var progress = new CopyProgress("copy", isQuiet: true))
                {
                    new ImageCopy(source, destination, progress).Run(null, false);
                }
                using var image = OpenImage.Of(LayoutSource.OfStore(OciLayout.Open(folder.Path), $"name{i}", null, "x"), null);
                foreach (var layer in image.Layers)
                {
                    using var stream = image.OpenBlob(layer.Blob);
                    var bytes = new byte[layer.Blob.Size];
                    stream.ReadExactly(bytes);
                    Assert.Equal(layer.Blob.Digest, Digest.Of(bytes));
                }
            }
        })).ToList();
        copies.ForEach(copy => copy.Start());
        copies.ForEach(copy => copy.Join());
        Volatile.Write(ref isDone, true);
        collecting.Join();
        using var end = OciLayout.Open(folder.Path);
        Assert.Equal(3, end.ReadIndex().Entries.Count);
        Assert.All(end.ReadIndex().Entries, entry => OpenImage.Of(LayoutSource.Of(OciLayout.Open(folder.Path), entry.Name, "x"), null).Dispose());
    }
}
