using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

public sealed class CopyTests
{
    private static Document Copy(ImageSource source, string path, string? name = "x", Platform? platform = null, bool all = false, bool verifies = false)
    {
        using var destination = new LayoutDestination(OciLayout.Make(path), name, "oci:x", verifies);
        using var progress = new CopyProgress("copy", isQuiet: true);
        return new ImageCopy(source, destination, progress).Run(platform, all);
    }

    private static string BlobPath(string path, Digest digest) => $"{path}/blobs/{digest.Algorithm}/{digest.Hex}";

    private static string PartialPath(string path, Digest digest) => $"{path}/.partial-{digest.Algorithm}-{digest.Hex}";

    [Fact]
    public void Every_byte_arrives_and_the_name_leads_to_it()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var layers = Enumerable.Range(1, 9).Select(i => HandMade.Bytes(i * 100_000, i)).ToArray();
        var top = source.AddImage("amd64", layers);
        Assert.Equal(top, Copy(source, folder.Path));
        using var image = OpenImage.Of(LayoutSource.Of(OciLayout.Open(folder.Path), "x", "oci:x"), null);
        Assert.Equal(top.Digest, image.Descriptor.Digest);
        Assert.Equal(layers, image.Layers.Select(layer => File.ReadAllBytes(BlobPath(folder.Path, layer.Blob.Digest))));
        Assert.Equal(11, Directory.GetFiles(folder.Path + "/blobs/sha256").Length);
        Assert.Equal(["index.json", "oci-layout"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void What_is_there_is_not_fetched_again()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        source.AddImage("amd64", HandMade.Bytes(1000, 1), HandMade.Bytes(1000, 2));
        Copy(source, folder.Path);
        source.Opened.Clear();
        Copy(source, folder.Path, "another");
        Assert.Empty(source.Opened);
        Assert.Equal(2, OciLayout.Open(folder.Path).ReadIndex().Entries.Count);
    }

    [Fact]
    public void A_blob_of_the_wrong_size_is_fetched_anew_and_one_of_wrong_content_when_asked()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        byte[][] layers = [HandMade.Bytes(1000, 1), HandMade.Bytes(1000, 2)];
        source.AddImage("amd64", layers);
        Copy(source, folder.Path);
        var (first, second) = (BlobPath(folder.Path, Digest.Of(layers[0])), BlobPath(folder.Path, Digest.Of(layers[1])));
        File.WriteAllBytes(first, layers[0][..999]);
        File.WriteAllBytes(second, HandMade.Bytes(1000, 3));
        Copy(source, folder.Path);
        Assert.Equal(layers[0], File.ReadAllBytes(first));
        Assert.NotEqual(layers[1], File.ReadAllBytes(second));
        Copy(source, folder.Path, verifies: true);
        Assert.Equal(layers[1], File.ReadAllBytes(second));
    }

    [Fact]
    public void A_cut_download_is_continued_where_it_ended()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var layer = HandMade.Bytes(1_000_000, 1);
        source.AddImage("amd64", layer);
        source.Instead = (blob, offset) => blob.Size == layer.Length ? new MemoryStream(layer[..400_000]) : null!;
        Assert.Contains("ended after 400000 of 1000000 bytes", Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path)).Message);
        Assert.False(File.Exists(BlobPath(folder.Path, Digest.Of(layer))));
        source.Instead = null;
        source.Opened.Clear();
        Copy(source, folder.Path);
        Assert.Contains((Digest.Of(layer), 400_000L), source.Opened);
        Assert.Equal(layer, File.ReadAllBytes(BlobPath(folder.Path, Digest.Of(layer))));
        Assert.False(File.Exists(PartialPath(folder.Path, Digest.Of(layer))));
    }

    // mutant: ImageCheck.PartialIsNotLonger
    [Theory]
    [InlineData(300)]
    [InlineData(1000)]
    [InlineData(5000)]
    public void A_beginning_that_is_corrupt_is_thrown_away(int length)
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var layer = HandMade.Bytes(1000, 1);
        source.AddImage("amd64", layer);
        OciLayout.Make(folder.Path).Dispose();
        File.WriteAllBytes(PartialPath(folder.Path, Digest.Of(layer)), HandMade.Bytes(length, 2));
        Copy(source, folder.Path);
        Assert.Equal(layer, File.ReadAllBytes(BlobPath(folder.Path, Digest.Of(layer))));
    }

    [Fact]
    public void A_blob_of_the_wrong_digest_never_gets_its_name()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var layer = HandMade.Bytes(1000, 1);
        source.AddImage("amd64", layer);
        source.Replace(Digest.Of(layer), HandMade.Bytes(1000, 2));
        Assert.Contains("does not have this digest", Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path)).Message);
        Assert.False(File.Exists(BlobPath(folder.Path, Digest.Of(layer))));
        Assert.False(File.Exists(PartialPath(folder.Path, Digest.Of(layer))));
        Assert.Empty(OciLayout.Open(folder.Path).ReadIndex().Entries);
    }

    [Fact]
    public void An_endless_blob_is_cut_behind_its_size()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var layer = HandMade.Bytes(1000, 1);
        source.AddImage("amd64", layer);
        var endless = new EndlessStream();
        source.Instead = (blob, _) => blob.Digest == Digest.Of(layer) ? endless : null!;
        Assert.Contains("longer than its 1000 bytes", Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path)).Message);
        Assert.Equal(1001, endless.Given);
    }

    [Fact]
    public void The_first_error_stops_the_other_blobs_and_is_the_one_that_is_told()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var layers = Enumerable.Range(1, 4).Select(i => HandMade.Bytes(1_000_000_000 / 100, i)).ToArray();
        source.AddImage("amd64", layers);
        source.Instead = (blob, _) => blob.Digest == Digest.Of(layers[2]) ? throw new ImageError("this one")
            : blob.Size < 1_000_000 ? null! : new SlowStream();
        var watch = Stopwatch.StartNew();
        Assert.Equal("this one", Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path)).Message);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20));
    }

    /// <summary>A byte a tenth of a second.</summary>
    private sealed class SlowStream : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            System.Threading.Thread.Sleep(100);
            buffer[0] = 0;
            return 1;
        }
    }

    [Fact]
    public void One_platform_of_an_index_comes_alone_and_all_come_with_the_index()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var amd = source.AddImage("amd64", HandMade.Bytes(10, 1));
        var arm = source.AddImage("arm64", HandMade.Bytes(10, 2));
        var index = source.AddIndex((amd, "amd64"), (arm, "arm64"));
        Assert.Equal(arm.Digest, Copy(source, folder["one"], platform: new Platform("linux", "arm64")).Digest);
        Assert.Equal(3, Directory.GetFiles(folder["one"] + "/blobs/sha256").Length);
        Assert.Equal(index.Digest, Copy(source, folder["all"], all: true).Digest);
        Assert.Equal(7, Directory.GetFiles(folder["all"] + "/blobs/sha256").Length);
        Assert.Equal(index.Bytes, File.ReadAllBytes(BlobPath(folder["all"], index.Digest)));
    }

    [Fact]
    public void Another_platform_than_the_image_has_is_refused_by_its_config()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        source.AddImage("amd64", HandMade.Bytes(10, 1));
        var error = Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path, platform: new Platform("linux", "arm64")));
        Assert.Contains("no image for linux/arm64", error.Message);
    }

    [Fact]
    public void A_manifest_of_another_digest_or_size_than_its_index_says_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var amd = source.AddImage("amd64", HandMade.Bytes(10, 1));
        var other = source.AddImage("amd64", HandMade.Bytes(10, 2));
        source.AddIndex((amd, "amd64"));
        source.Replace(amd.Digest, other.Bytes);
        Assert.Contains("its digest is", Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path)).Message);
        source.Replace(amd.Digest, [.. amd.Bytes, (byte)'\n']);
        Assert.Contains($"not {amd.Bytes.Length}", Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path)).Message);
    }

    [Fact]
    public void A_manifest_of_another_media_type_than_its_index_says_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var amd = source.AddImage("amd64", HandMade.Bytes(10, 1));
        source.Add(amd.Bytes, MediaTypes.DockerManifest);
        source.Top = new ImageIndex { Manifests = [Documents.DescriptorOf(amd) with { Platform = Platform.Host }] }.ToDocument();
        Assert.Contains("it is of type", Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path)).Message);
    }

    // mutant: ImageCheck.IndexesAreShallow
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Indexes_within_indexes_end_somewhere(bool all)
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var inner = source.AddImage("amd64", HandMade.Bytes(10, 1));
        for (var depth = 0; depth <= OciLimits.MaxIndexDepth; depth++)
        {
            inner = source.AddIndex((inner, "amd64"));
        }
        var wanted = all ? null : new Platform("linux", "amd64");
        Assert.Contains("deeper than", Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path, platform: wanted, all: all)).Message);
    }

    // mutant: ImageCheck.ManifestsAreFew
    [Fact]
    public void An_index_of_too_many_manifests_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var entry = Documents.DescriptorOf(source.AddImage("amd64", HandMade.Bytes(10, 1)));
        source.Top = new ImageIndex { Manifests = [.. Enumerable.Repeat(entry, TransportLimits.Manifests + 1)] }.ToDocument();
        Assert.Contains("more than 10000 manifests", Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path, all: true)).Message);
    }

    [Fact]
    public void One_digest_of_two_sizes_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var layer = source.Add(HandMade.Bytes(10, 1));
        var config = source.Add("{}"u8.ToArray(), MediaTypes.Config);
        source.Top = new Manifest { Config = config, Layers = [layer, layer with { Size = 11 }] }.ToDocument();
        Assert.Contains("10 bytes, and 11", Assert.ThrowsAny<JsonError>(() => Copy(source, folder.Path)).Message);
    }

    [Fact]
    public void Several_copies_at_once_into_one_layout_lose_no_name()
    {
        using var folder = new TemporaryFolder();
        var shared = HandMade.Bytes(3_000_000, 99);
        var threads = Enumerable.Range(0, 8).Select(i => new System.Threading.Thread(() =>
        {
            using var source = new MemorySource();
            source.AddImage("amd64", shared, HandMade.Bytes(1000, i));
            Copy(source, folder.Path, $"name{i}");
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        using var layout = OciLayout.Open(folder.Path);
        Assert.Equal(Enumerable.Range(0, 8).Select(i => $"name{i}"), layout.ReadIndex().Entries.Select(entry => entry.Name!).Order());
        Assert.Equal(shared, File.ReadAllBytes(BlobPath(folder.Path, Digest.Of(shared))));
        Assert.DoesNotContain(Directory.GetFiles(folder.Path), file => file.Contains("/."));
    }

    [Fact]
    public void A_blob_that_nobody_sends_does_not_hold_up_the_error_of_another()
    {
        var (silent, wrong) = (new Descriptor(MediaTypes.Layer, Digest.Of("a"u8), 1), new Descriptor(MediaTypes.Layer, Digest.Of("b"u8), 1));
        using var never = new ManualResetEventSlim();
        var start = Stopwatch.GetTimestamp();
        // Whichever thread has the silent one.
        foreach (Descriptor[] blobs in (Descriptor[][])[[silent, wrong], [wrong, silent]])
        {
            var lanes = new BlobLanes(new Queue<Descriptor>(blobs), 4, TimeSpan.FromMilliseconds(50));
            Assert.Equal("this one", Assert.ThrowsAny<JsonError>(() => lanes.Run((blob, _) =>
            {
                if (blob == wrong)
                {
                    throw new ImageError("this one");
                }
                never.Wait(20_000);
            })).Message);
        }
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(15));
        never.Set();
    }
}
