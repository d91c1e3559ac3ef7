using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text;
using SharpRun.Image.Store;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;
using Xunit;

namespace SharpRun.Image.Tests;

// A file that is on its way is locked, and a program that another test starts holds the lock for a moment.
[Collection(nameof(LocksOfFiles))]
public sealed class ArchiveTests
{
    private static readonly RegistryReference s_name = RegistryReference.Parse("busybox:1");

    private static Document Copy(ImageSource source, ImageDestination destination, bool all = false)
    {
        using (destination)
        {
            using var progress = new CopyProgress("copy", isQuiet: true);
            return new ImageCopy(source, destination, progress).Run(null, all);
        }
    }

    private static ArchivedLayoutSource Oci(string path, string? reference) => ArchivedLayoutSource.Of(ImageArchive.Open(path), reference, "oci-archive:x");

    private static ImageSource Docker(string path, RegistryReference? reference = null) =>
        DockerArchiveSource.Of(ImageArchive.Open(path), reference, "docker-archive:x");

    private static byte[] Read(OpenImage image, int layer) => OpenImage.ReadWhole(new Through(image), image.Layers[layer].Blob, 100 << 20);

    private sealed class Through(OpenImage image) : ImageSource
    {
        public override string Name => "x";

        public override Document ReadManifest(Digest? digest) => image.Document;

        public override Stream OpenBlob(Descriptor blob, long offset) => image.OpenBlob(blob);
    }

    private static void WriteTar(string path, params (string Name, byte[] Content)[] files)
    {
        using var stream = File.Create(path);
        var tar = new TarWriter(stream);
        foreach (var (name, content) in files)
        {
            if (name.Contains("->", StringComparison.Ordinal))
            {
                var words = name.Split("->");
                tar.Write(new TarEntry(TarKind.Symlink, Encoding.UTF8.GetBytes(words[0])) { LinkName = Encoding.UTF8.GetBytes(words[1]) });
                continue;
            }
            tar.Write(new TarEntry(TarKind.File, Encoding.UTF8.GetBytes(name)) { Mode = 0x1A4, Size = content.Length });
            tar.WriteData(content);
        }
        tar.Finish();
    }

    private static byte[] Gzip(byte[] bytes)
    {
        var into = new MemoryStream();
        using (var gzip = new GZipStream(into, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }
        return into.ToArray();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_image_comes_out_of_an_oci_archive_as_it_went_in(bool isCompressed)
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        byte[][] layers = [HandMade.Bytes(3_000_000, 1), HandMade.Bytes(10, 2), [], HandMade.Bytes(70_001, 4)];
        var top = source.AddImage("amd64", layers);
        Copy(source, ArchiveDestination.OfOci(folder["x.tar"], "1", "oci-archive:x"));
        Assert.Equal([folder["x.tar"]], Directory.GetFiles(folder.Path));
        if (isCompressed)
        {
            File.WriteAllBytes(folder["x.tar"], Gzip(File.ReadAllBytes(folder["x.tar"])));
        }
        using var image = OpenImage.Of(Oci(folder["x.tar"], "1"), null);
        Assert.Equal(top.Bytes, image.Document.Bytes);
        for (var i = 0; i < layers.Length; i++)
        {
            Assert.Equal(layers[i], Read(image, i));
        }
    }

    [Fact]
    public void The_same_image_gives_the_same_archive()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["1", "2"])
        {
            using var source = new MemorySource();
            source.AddImage("amd64", [.. Enumerable.Range(0, 10).Select(i => HandMade.Bytes(1000 * i, i))]);
            Copy(source, ArchiveDestination.OfDocker(folder[name], s_name, "docker-archive:x"));
        }
        Assert.Equal(File.ReadAllBytes(folder["1"]), File.ReadAllBytes(folder["2"]));
    }

    [Fact]
    public void A_blob_is_read_from_an_offset_on()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var layer = HandMade.Bytes(300_000, 1);
        source.AddImage("amd64", layer);
        Copy(source, ArchiveDestination.OfOci(folder["x.tar"], "1", "x"));
        File.WriteAllBytes(folder["x.tar.gz"], Gzip(File.ReadAllBytes(folder["x.tar"])));
        foreach (var name in (string[])["x.tar", "x.tar.gz"])
        {
            using var archive = Oci(folder[name], null);
            using var stream = archive.OpenBlob(new Descriptor(MediaTypes.Layer, Digest.Of(layer), layer.Length), 123_456);
            var read = new MemoryStream();
            stream.CopyTo(read);
            Assert.Equal(layer[123_456..], read.ToArray());
        }
    }

    [Fact]
    public void Every_name_of_dockers_new_form_is_found_and_missing_platforms_do_not_matter()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        var arm = source.AddImage("arm64", HandMade.Bytes(10, 1));
        var amd = source.AddImage("amd64", HandMade.Bytes(10, 2));
        var index = source.AddIndex((arm, "arm64"), (amd, "amd64"));
        Copy(source, ArchiveDestination.OfOci(folder["all.tar"], "1", "x"), all: true);
        const string names = """{"io.containerd.image.name":"docker.io/library/busybox:1","org.opencontainers.image.ref.name":"1"}""";
        var entry = $$"""{"mediaType":"{{MediaTypes.Index}}","digest":"{{index.Digest}}","size":{{index.Bytes.Length}},"annotations":{{names}}}""";
        using var all = ImageArchive.Open(folder["all.tar"]);
        var files = new List<(string, byte[])> { ("manifest.json", "[]"u8.ToArray()), ("oci-layout", Layout.Marker()) };
        files.Add(("index.json", Encoding.UTF8.GetBytes($$"""{"schemaVersion":2,"manifests":[{{entry}}]}""")));
        var manifest = Manifest.Parse(amd);
        foreach (var digest in (Digest[])[index.Digest, amd.Digest, manifest.Config!.Digest, manifest.Layers[0].Digest])
        {
            files.Add((Layout.PathOf(digest), all.TryRead(Layout.PathOf(digest), 1 << 20)!));
        }
        WriteTar(folder["docker.tar"], [.. files]);
        using var image = OpenImage.Of(Docker(folder["docker.tar"], s_name), new Platform("linux", "amd64"));
        Assert.Equal(amd.Digest, image.Descriptor.Digest);
        var error = Assert.ThrowsAny<JsonError>(() => OpenImage.Of(Docker(folder["docker.tar"], s_name), new Platform("linux", "arm64")));
        Assert.Contains("it has no manifest", error.Message);
    }

    [Fact]
    public void Dockers_old_form_is_read_with_its_links_and_compressed_layers()
    {
        using var folder = new TemporaryFolder();
        byte[][] layers = [HandMade.Bytes(2_000_000, 1), HandMade.Bytes(1024, 2)];
        var diffIds = string.Join(',', layers.Concat([layers[0]]).Select(layer => $"\"{HandMade.Sha256(layer)}\""));
        var config = Encoding.UTF8.GetBytes($$"""{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[{{diffIds}}]} }""");
        WriteTar(folder["x.tar"], ("a/layer.tar", layers[0]), ("b/layer.tar", Gzip(layers[1])), ("c/layer.tar->../a/layer.tar", []), ("c.json", config),
            ("manifest.json", """[{"Config":"c.json","RepoTags":["busybox:1"],"Layers":["a/layer.tar","b/layer.tar","c/layer.tar"]}]"""u8.ToArray()));
        using var image = OpenImage.Of(Docker(folder["x.tar"], s_name), new Platform("linux", "amd64"));
        Assert.Equal([layers[0], Gzip(layers[1]), layers[0]], Enumerable.Range(0, 3).Select(i => Read(image, i)));
        Assert.Equal(MediaTypes.LayerGzip, image.Layers[1].Blob.MediaType);
        Assert.Contains("docker.io/library/busybox:1", Assert.ThrowsAny<JsonError>(() => Docker(folder["x.tar"], RegistryReference.Parse("other"))).Message);
    }

    [Theory]
    [InlineData("a->b|b->a")]
    [InlineData("a->../../../../etc/passwd")]
    [InlineData("a->/etc/passwd")]
    public void Links_in_an_archive_lead_nowhere_outside_of_it(string links)
    {
        using var folder = new TemporaryFolder();
        var manifest = """[{"Config":"a","Layers":[]}]"""u8.ToArray();
        WriteTar(folder["x.tar"], [.. links.Split('|').Select(link => (link, Array.Empty<byte>())), ("manifest.json", manifest)]);
        Assert.ThrowsAny<JsonError>(() => Docker(folder["x.tar"]));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""[{"Config":1}]""")]
    [InlineData("""[{"Config":"a","Layers":{}}]""")]
    [InlineData("[")]
    public void A_manifest_json_of_another_shape_is_refused(string json)
    {
        using var folder = new TemporaryFolder();
        WriteTar(folder["x.tar"], ("manifest.json", Encoding.UTF8.GetBytes(json)));
        Assert.Contains("no list of images", Assert.ThrowsAny<JsonError>(() => Docker(folder["x.tar"])).Message);
    }

    [Fact]
    public void An_archive_of_too_many_entries_is_refused()
    {
        using var folder = new TemporaryFolder();
        WriteTar(folder["x.tar"], [.. Enumerable.Range(0, TransportLimits.ArchiveEntries + 1).Select(i => ($"{i}", Array.Empty<byte>()))]);
        Assert.Contains("more than 100000 entries", Assert.ThrowsAny<JsonError>(() => Oci(folder["x.tar"], "1")).Message);
    }

    // mutant: ImageCheck.ArchiveIsRegular
    [Fact]
    public void Something_that_is_no_file_is_not_waited_for()
    {
        using var folder = new TemporaryFolder();
        Linux.Sys.MknodAt(Linux.Native.AT_FDCWD, Encoding.UTF8.GetBytes(folder["x.tar"] + "\0"), Linux.Native.S_IFIFO | 0x1A4, 0, 0);
        Assert.Contains("no regular file", Assert.ThrowsAny<JsonError>(() => Oci(folder["x.tar"], "1")).Message);
        using var source = new MemorySource();
        source.AddImage("amd64", HandMade.Bytes(10, 1));
        Assert.Contains("no regular file", Assert.ThrowsAny<JsonError>(() => ArchiveDestination.OfOci(folder["x.tar"], "1", "x")).Message);
    }

    [Fact]
    public void A_truncated_archive_is_refused()
    {
        using var folder = new TemporaryFolder();
        using var source = new MemorySource();
        source.AddImage("amd64", HandMade.Bytes(3_000_000, 1));
        Copy(source, ArchiveDestination.OfOci(folder["x.tar"], "1", "x"));
        File.WriteAllBytes(folder["x.tar.gz"], Gzip(File.ReadAllBytes(folder["x.tar"])));
        foreach (var name in (string[])["x.tar", "x.tar.gz"])
        {
            using (var file = File.OpenWrite(folder[name]))
            {
                file.SetLength(1_000_000);
            }
            Assert.ThrowsAny<JsonError>(() => Oci(folder[name], "1"));
        }
    }

    [Fact]
    public void A_failed_copy_leaves_the_old_archive_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["x.tar"], "old");
        using var source = new MemorySource();
        var layer = HandMade.Bytes(1000, 1);
        source.AddImage("amd64", layer);
        source.Replace(Digest.Of(layer), HandMade.Bytes(1000, 2));
        Assert.ThrowsAny<JsonError>(() => Copy(source, ArchiveDestination.OfOci(folder["x.tar"], "1", "x")));
        Assert.Equal("old", File.ReadAllText(folder["x.tar"]));
        Assert.Equal([folder["x.tar"]], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void What_lies_where_an_archive_is_made_is_not_written_into()
    {
        using var folder = new TemporaryFolder();
        // Of another user, say, in /tmp, who goes on writing into it.
        using var directory = Folder.TryOpen(folder.Path)!;
        using var left = directory.MakeFile(".x.tar.new");
        Sys.WriteAll((int)left.DangerousGetHandle(), "untouched"u8).OrThrow("write");
        using (var source = new MemorySource())
        using (var destination = ArchiveDestination.OfOci(folder["x.tar"], "x", "oci-archive:x.tar"))
        using (var progress = new CopyProgress("copy", isQuiet: true))
        {
            source.AddImage("amd64", HandMade.Bytes(1000, 1));
            new ImageCopy(source, destination, progress).Run(null, false);
        }
        Sys.Stat((int)left.DangerousGetHandle(), default, Native.AT_EMPTY_PATH, out var status).OrThrow("look at it");
        Assert.Equal(9u, status.Size);
        Assert.True(new FileInfo(folder["x.tar"]).Length > 1000);
        Assert.False(File.Exists(folder[".x.tar.new"]));
    }
}
