using System;
using System.IO;
using System.Text;
using SharpRun.Image.Build;
using SharpRun.Image.Pack;
using SharpRun.Image.Registry;
using SharpRun.Image.Store;
using SharpRun.Image.Tests.Unpack;
using SharpRun.Image.Transports;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;
using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>Checks that no other test sees alone: each of these turns red when its check is left out (make mutants).</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
[Collection(nameof(LocksOfFiles))]
public sealed class RefusalTests
{
    private static readonly Descriptor s_blob = new(MediaTypes.Layer, Digest.Of("abc"u8), 3);

    private static RegistryClient Client(ScriptedRegistry registry) => new(new Endpoint(registry.Host, "a/b", true), ScriptedRegistry.Settings);

    private static void WriteTar(string path, params (string Name, string Content)[] files)
    {
        using var stream = File.Create(path);
        var tar = new TarWriter(stream);
        foreach (var (name, content) in files)
        {
            tar.Write(new TarEntry(TarKind.File, Encoding.UTF8.GetBytes(name)) { Mode = 0x1A4, Size = content.Length });
            tar.WriteData(Encoding.UTF8.GetBytes(content));
        }
        tar.Finish();
    }

    // mutant: ImageCheck.ArchivedFileIsSmall
    [Fact]
    public void A_file_of_an_archive_is_not_read_beyond_the_limit()
    {
        using var folder = new TemporaryFolder();
        WriteTar(folder["x.tar"], ("a", "abc"));
        using var archive = ImageArchive.Open(folder["x.tar"]);
        Assert.Equal("abc"u8.ToArray(), archive.TryRead("a", 3));
        Assert.Contains("more than the 2", Assert.Throws<ImageError>(() => archive.TryRead("a", 2)).Message);
    }

    // mutant: ImageCheck.ArchivedBlobHasItsSize
    [Fact]
    public void A_blob_of_an_archive_has_the_size_of_its_descriptor()
    {
        using var folder = new TemporaryFolder();
        WriteTar(folder["x.tar"], ("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""), (Layout.PathOf(s_blob.Digest), "abc"),
            ("index.json", $$"""{"schemaVersion":2,"manifests":[{"mediaType":"{{MediaTypes.Manifest}}","digest":"{{s_blob.Digest}}","size":3}]}"""));
        using var source = ArchivedLayoutSource.Of(ImageArchive.Open(folder["x.tar"]), null, "x");
        source.OpenBlob(s_blob, 0).Dispose();
        Assert.Contains("3 bytes, not 4", Assert.Throws<ImageError>(() => source.OpenBlob(s_blob with { Size = 4 }, 0)).Message);
    }

    // mutant: ImageCheck.DockerLayersAreAll
    [Fact]
    public void A_docker_archive_has_a_layer_for_each_diff_id()
    {
        using var folder = new TemporaryFolder();
        WriteTar(folder["x.tar"], ("manifest.json", """[{"Config":"c","Layers":[]}]"""),
            ("c", $$"""{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":["{{s_blob.Digest}}"]} }"""));
        using var archive = ImageArchive.Open(folder["x.tar"]);
        Assert.Contains("0 layers, but the config 1", Assert.Throws<ImageError>(() => DockerArchiveSource.Of(archive, null, "x")).Message);
    }

    // mutant: ImageCheck.AddressIsOne
    [Theory]
    [InlineData("http://a.io/é")]
    [InlineData("http://a.io/\u001b[2J")]
    public void An_address_is_printable_ascii(string text) => Assert.Throws<ImageError>(() => Address.Parse(text, "x"));

    // mutant: ImageCheck.ListedNameIsPrintable
    [Theory]
    [InlineData("a b")]
    [InlineData("\\u001b[2J")]
    [InlineData("")]
    public void A_tag_that_would_speak_to_the_terminal_is_refused(string name)
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(200, $$"""{"name":"a/b","tags":["{{name}}"]}"""));
        using var client = Client(registry);
        Assert.Contains("is no name", Assert.Throws<ImageError>(() => NamePages.Tags(client)).Message);
    }

    // mutant: ImageCheck.ChallengeIsTheRegistrys
    [Fact]
    public void The_challenge_of_a_host_behind_a_redirect_is_not_answered()
    {
        using var other = new ScriptedRegistry(exchange => exchange.Answer(401, "", "WWW-Authenticate: Basic realm=\"x\""));
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(307, "", $"Location: http://{other.Host}/x"));
        using var file = new SettingsFile($$"""{"auths":{"{{registry.Host}}":{"username":"u","password":"secret"} } }""");
        using var source = new RegistrySource(RegistryReference.Parse(registry.Host + "/a/b:1"), ScriptedRegistry.Settings with { AuthFile = file.Path });
        Assert.Throws<ImageError>(() => source.ReadManifest(null));
        Assert.All(registry.Seen, exchange => Assert.Null(exchange.Authorization));
        Assert.Single(other.Seen);
    }

    // mutant: ImageCheck.MountIsOfTheSameRegistry
    [Fact]
    public void A_blob_of_another_registry_is_not_asked_for_by_a_mount()
    {
        using var from = new ScriptedRegistry(exchange => exchange.Answer(200, "abc"));
        using var to = new ScriptedRegistry(exchange =>
        {
            exchange.ReadBody();
            exchange.Answer(exchange.Method == "POST" ? 202 : 201, "", "Location: /v2/a/b/blobs/uploads/1");
        });
        using var source = new RegistrySource(RegistryReference.Parse(from.Host + "/c/d:1"), ScriptedRegistry.Settings);
        using var client = Client(to);
        new Upload(client, s_blob, source, _ => { }).Put(() => false);
        Assert.Equal(0, to.Count("POST", "mount="));
        Assert.Equal(1, to.Count("POST", "uploads"));
    }

    // mutant: ImageCheck.HelperHasNoPath ImageCheck.HelperMayHaveNothing
    [Fact]
    public void A_helper_is_a_name_and_may_have_nothing()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["docker-credential-in"]);
        var before = Environment.GetEnvironmentVariable("PATH");
        foreach (var name in (string[])["docker-credential-in/side", "docker-credential-empty"])
        {
            File.WriteAllText(folder[name], "#!/bin/sh\necho '{\"Username\":\"\",\"Secret\":\"\"}'\n");
            File.SetUnixFileMode(folder[name], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        try
        {
            Environment.SetEnvironmentVariable("PATH", $"{folder.Path}:{before}");
            Assert.Null(CredentialHelper.Get("empty", "a.io"));
            Assert.Contains("no such program", Assert.Throws<ImageError>(() => CredentialHelper.Get("in/side", "a.io")).Message);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", before);
        }
    }

    // mutant: ImageCheck.OpenedBlobHasItsSize ImageCheck.ManifestIsOfItsType
    [Fact]
    public void What_a_layout_holds_is_what_the_descriptor_says()
    {
        using var folder = new TemporaryFolder();
        using var layout = OciLayout.Make(folder["oci"]);
        var document = new Manifest { Layers = [] }.ToDocument();
        layout.Put(document);
        var manifest = new Descriptor(document.MediaType, document.Digest, document.Bytes.Length);
        layout.OpenBlob(manifest, 0).Dispose();
        Assert.Contains("bytes, not 1", Assert.Throws<ImageError>(() => layout.OpenBlob(manifest with { Size = 1 }, 0)).Message);
        Assert.NotNull(layout.TryReadManifest(manifest));
        Assert.Null(layout.TryReadManifest(manifest with { MediaType = MediaTypes.DockerManifest }));
    }

    // mutant: ImageCheck.CachedLayerIsThere
    [Fact]
    public void A_cached_layer_that_is_gone_is_none()
    {
        using var folder = new TemporaryFolder();
        using var layout = OciLayout.Make(folder["oci"]);
        using var lease = layout.Lease();
        using var cache = BuildCache.Make(folder.Path);
        var key = Digest.Of("key"u8);
        cache.Put(key, new CachedLayer(new ImageLayer(s_blob, s_blob.Digest), "2001-02-03T04:05:06Z"));
        Assert.Null(cache.Find(key, layout, lease));
    }

    // mutant: ImageCheck.ModeIsOctal
    [Theory]
    [InlineData("")]
    [InlineData("8")]
    [InlineData("10000")]
    [InlineData("u+x")]
    public void The_mode_of_a_copy_is_octal(string text) => Assert.Throws<ImageError>(() => Builder.ModeOf(text));

    // mutant: ImageCheck.LossIsOnlyOfPower
    [Fact]
    public void An_attribute_that_no_file_can_have_is_an_error_and_no_loss()
    {
        using var root = new UnpackedRoot();
        var error = Assert.Throws<ErrnoException>(() => root.Unpack(LayerText.Layer(LayerText.File("f").With("user.x", new string('v', 70_000)))));
        Assert.Equal(Errno.E2BIG, error.Error);
    }

    // mutant: ImageCheck.PageStaysAtItsOrigin
    [Fact]
    public void The_next_page_is_asked_of_the_same_host()
    {
        using var other = new ScriptedRegistry(exchange => exchange.Answer(200, """{"tags":[]}"""));
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(200, """{"tags":["1"]}""",
            exchange.Target.Contains("last=", StringComparison.Ordinal) ? "X: y" : $"Link: <http://{other.Host}/v2/a/b/tags/list?last=1>; rel=\"next\""));
        using var client = Client(registry);
        Assert.Equal(["1", "1"], NamePages.Tags(client));
        Assert.Empty(other.Seen);
    }

    // mutant: ImageCheck.PagesGoOn
    [Fact]
    public void Pages_that_lead_in_a_circle_are_refused()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(200, """{"tags":[]}""", "Link: </v2/a/b/tags/list?last=1>; rel=\"next\""));
        using var client = Client(registry);
        Assert.Contains("in a circle", Assert.Throws<ImageError>(() => NamePages.Tags(client)).Message);
    }

    // mutant: ImageCheck.RealmIsNoDowngrade
    [Fact]
    public void A_registry_with_tls_leads_to_no_realm_without()
    {
        var asked = 0;
        Answer Ask(Request request, string act)
        {
            asked++;
            throw new ImageError("asked");
        }
        var authorization = new Authorization(new Endpoint("a.io", "b", false), ScriptedRegistry.Settings, Ask, new Credentials("u", "secret"));
        var challenges = Challenge.ParseAll("Bearer realm=\"http://a.io/token\"");
        var error = Assert.Throws<ImageError>(() => authorization.Renew(new Uri("https://a.io/"), null, challenges));
        Assert.Contains("plain http, and the registry https", error.Message);
        Assert.Equal(0, asked);
    }

    // mutant: ImageCheck.PartialInWorkStays
    [Fact]
    public void What_is_being_written_is_no_garbage()
    {
        using var folder = new TemporaryFolder();
        using var layout = OciLayout.Make(folder["oci"]);
        using var root = Folder.TryOpen(folder["oci"])!;
        using var blobs = root.TryOpenFolder("blobs")!.TryOpenFolder("sha256")!;
        using (layout.NewBlob())
        using (PartialBlob.Claim(root, blobs, s_blob, _ => { }))
        {
            Assert.Equal((0, 0), layout.CollectGarbage());
        }
        File.WriteAllText(folder[$"oci/.partial-sha256-{s_blob.Digest.Hex}"], "a");
        Assert.Equal((1, 1), layout.CollectGarbage());
    }

    // mutant: ImageCheck.OthersWorkIsTaken
    [Fact]
    public void A_blob_that_another_has_finished_meanwhile_is_taken()
    {
        using var folder = new TemporaryFolder();
        using var layout = OciLayout.Make(folder["oci"]);
        using var root = Folder.TryOpen(folder["oci"])!;
        using var blobs = root.TryOpenFolder("blobs")!.TryOpenFolder("sha256")!;
        var first = PartialBlob.Claim(root, blobs, s_blob, _ => { })!;
        var second = PartialBlob.Claim(root, blobs, s_blob, _ =>
        {
            first.Fill("abc"u8);
            first.Publish();
            first.Dispose();
        });
        Assert.Null(second);
    }

    // mutant: ImageCheck.RedirectTakesNoSecret
    [Fact]
    public void A_secret_in_a_body_follows_no_redirect_to_another_host()
    {
        using var other = new ScriptedRegistry(exchange => exchange.Answer(200, """{"token":"t"}"""));
        ScriptedRegistry? own = null;
        using var registry = own = new ScriptedRegistry(exchange =>
        {
            exchange.ReadBody();
            var isToken = exchange.Target.StartsWith("/token", StringComparison.Ordinal);
            exchange.Answer(isToken ? 307 : 401, "", isToken ? $"Location: http://{other.Host}/token" : $"WWW-Authenticate: Bearer realm=\"http://{own!.Host}/token\"");
        });
        using var client = new RegistryClient(new Endpoint(registry.Host, "a/b", true), ScriptedRegistry.Settings,
            credentials: new Credentials("", "") { IdentityToken = "secret" });
        var request = new Request(System.Net.Http.HttpMethod.Get, client.InRepository("tags/list"));
        Assert.Contains("would take a secret along", Assert.Throws<ImageError>(() => client.Ask(request, "x", 100)).Message);
        Assert.Empty(other.Seen);
    }

    // mutant: ImageCheck.UploadHasItsDigest
    [Fact]
    public void A_registry_that_takes_a_blob_as_another_is_not_believed()
    {
        using var source = new MemorySource();
        source.AddImage("amd64", "abc"u8.ToArray());
        using var registry = new ScriptedRegistry(exchange =>
        {
            exchange.ReadBody();
            exchange.Answer(exchange.Method == "POST" ? 202 : 201, "", "Location: /v2/a/b/blobs/uploads/1", $"Docker-Content-Digest: {Digest.Of("other"u8)}");
        });
        using var client = Client(registry);
        Assert.Contains("took it as", Assert.Throws<ImageError>(() => new Upload(client, s_blob, source, _ => { }).Put(() => false)).Message);
    }

    // mutant: TreeCheck.TreePathIsShort
    [Fact]
    public void A_tree_whose_paths_no_unpacker_could_make_is_not_packed()
    {
        using var folder = new TemporaryFolder();
        using var top = Folder.TryOpen(folder.Path)!;
        var at = Folder.TryOpen(folder.Path)!;
        for (var i = 0; i < 17; i++)
        {
            var next = at.MakeFolder(new string('d', 250));
            at.Dispose();
            at = next;
        }
        at.Dispose();
        using (var walk = new TreeWalk(new TreeRoot(Sys.Open(top.Fd, "."u8, Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("open"), "x")))
        {
            var error = Assert.Throws<ImageError>(() =>
            {
                while (walk.Next())
                {
                }
            });
            Assert.Contains("cannot be unpacked again", error.Message);
        }
        LayerStore.TreeRemover.Clear(top.Fd);
    }
}
