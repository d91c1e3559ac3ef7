using System;
using System.IO;
using System.Text;
using System.Threading;
using SharpRun.Image.Registry;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>Reading from a registry that misbehaves.</summary>
public sealed class RegistrySourceTests
{
    private static readonly byte[] s_blob = Bytes(300_000);
    private static readonly Descriptor s_layer = new(MediaTypes.LayerGzip, Digest.Of(s_blob), s_blob.Length);

    private const string Manifest =
        """{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":2},"layers":[]}""";

    private const string OciManifest = "Content-Type: " + MediaTypes.Manifest;

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static RegistrySource Source(ScriptedRegistry registry, string name = "/a:1", RegistrySettings? settings = null) =>
        new(RegistryReference.Parse(registry.Host + name), settings ?? ScriptedRegistry.Settings);

    private static byte[] ReadBlob(ScriptedRegistry registry, long offset = 0)
    {
        using var source = Source(registry);
        using var stream = source.OpenBlob(s_layer, offset);
        var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private static string ErrorOfManifest(Action<Exchange> script, string name = "/a:1")
    {
        using var registry = new ScriptedRegistry(script);
        using var source = Source(registry, name);
        return Assert.Throws<ImageError>(() => source.ReadManifest(null)).Message;
    }

    private static string ErrorOfBlob(Action<Exchange> script)
    {
        using var registry = new ScriptedRegistry(script);
        return Assert.Throws<ImageError>(() => ReadBlob(registry)).Message;
    }

    private static int From(Exchange exchange) =>
        exchange.Headers.TryGetValue("Range", out var range) ? int.Parse(range["bytes=".Length..^1], System.Globalization.CultureInfo.InvariantCulture) : 0;

    private static string Range(int from) => $"Content-Range: bytes {from}-{s_blob.Length - 1}/{s_blob.Length}";

    [Fact]
    public void A_manifest_comes_with_its_bytes_and_type_and_every_type_is_accepted()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(200, Manifest, OciManifest));
        using var source = Source(registry);
        var document = source.ReadManifest(null);
        Assert.Equal(Manifest, Encoding.UTF8.GetString(document.Bytes));
        Assert.Equal(MediaTypes.Manifest, document.MediaType);
        var accept = registry.Seen[^1].Headers["Accept"];
        Assert.All([MediaTypes.Manifest, MediaTypes.Index, MediaTypes.DockerManifest, MediaTypes.DockerList], type => Assert.Contains(type, accept));
        Assert.Equal("/v2/a/manifests/1", registry.Seen[^1].Target);
    }

    [Fact]
    public void A_503_is_asked_again()
    {
        var count = 0;
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(Interlocked.Increment(ref count) < 4 ? 503 : 200, Manifest, OciManifest));
        using var source = Source(registry);
        source.ReadManifest(null);
        Assert.Equal(4, count);
    }

    [Fact]
    public void Not_for_ever_and_the_last_error_is_told()
    {
        var count = 0;
        var error = ErrorOfManifest(exchange =>
        {
            Interlocked.Increment(ref count);
            exchange.Answer(503, """{"errors":[{"code":"UNAVAILABLE","message":"out to lunch"}]}""");
        });
        Assert.Equal(RegistryLimits.Attempts, count);
        Assert.Contains("out to lunch (UNAVAILABLE)", error);
    }

    [Fact]
    public void A_404_is_asked_once()
    {
        var count = 0;
        var error = ErrorOfManifest(exchange =>
        {
            Interlocked.Increment(ref count);
            exchange.Answer(404, """{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}""");
        });
        Assert.Equal(1, count);
        Assert.Contains("manifest unknown", error);
    }

    [Theory]
    [InlineData("1", 900)]
    [InlineData("3600", 1400)]
    public void Retry_After_is_obeyed_up_to_a_limit(string seconds, int leastMs)
    {
        var count = 0;
        using var registry = new ScriptedRegistry(exchange =>
        {
            if (Interlocked.Increment(ref count) == 1)
            {
                exchange.Answer(429, "", "Retry-After: " + seconds);
                return;
            }
            exchange.Answer(200, Manifest, OciManifest);
        });
        using var source = Source(registry);
        var start = Environment.TickCount64;
        source.ReadManifest(null);
        Assert.InRange(Environment.TickCount64 - start, leastMs, 20_000);
    }

    [Fact]
    public void A_Retry_After_may_be_a_date()
    {
        var count = 0;
        using var registry = new ScriptedRegistry(exchange =>
        {
            if (Interlocked.Increment(ref count) == 1)
            {
                exchange.Answer(503, "", "Retry-After: " + DateTimeOffset.UtcNow.AddSeconds(3000).ToString("r"));
                return;
            }
            exchange.Answer(200, Manifest, OciManifest);
        });
        using var source = Source(registry);
        var start = Environment.TickCount64;
        source.ReadManifest(null);
        Assert.InRange(Environment.TickCount64 - start, 1400, 20_000);
    }

    [Fact]
    public void A_cut_manifest_is_asked_again()
    {
        var count = 0;
        using var registry = new ScriptedRegistry(exchange =>
        {
            if (Interlocked.Increment(ref count) == 1)
            {
                exchange.Send($"HTTP/1.1 200 OK\r\nContent-Length: {Manifest.Length}\r\n{OciManifest}\r\n\r\n{Manifest[..20]}");
                exchange.Cut();
                return;
            }
            exchange.Answer(200, Manifest, OciManifest);
        });
        using var source = Source(registry);
        Assert.Equal(Manifest.Length, source.ReadManifest(null).Bytes.Length);
    }

    [Fact]
    public void A_silent_registry_is_given_up()
    {
        var error = ErrorOfManifest(exchange =>
        {
            Thread.Sleep(1500);
            exchange.Cut();
        });
        Assert.Contains("too long", error);
    }

    [Fact]
    public void A_manifest_that_drips_is_given_up()
    {
        var error = ErrorOfManifest(exchange =>
        {
            exchange.Send($"HTTP/1.1 200 OK\r\nContent-Length: {Manifest.Length}\r\n{OciManifest}\r\n\r\n");
            for (var i = 0; i < 12; i++)
            {
                exchange.Send(Manifest[i..(i + 1)]);
                Thread.Sleep(100);
            }
            exchange.Cut();
        });
        Assert.Contains("fewer than 1024 bytes came", error);
    }

    [Fact]
    public void The_digest_that_was_asked_for_is_verified() =>
        Assert.Contains("its digest is " + Digest.Of(Encoding.UTF8.GetBytes(Manifest)),
            ErrorOfManifest(exchange => exchange.Answer(200, Manifest, OciManifest), "/a@" + Digest.Of("x"u8)));

    [Fact]
    public void The_digest_that_the_registry_says_of_a_tag_is_verified() =>
        Assert.Contains("said by the registry", ErrorOfManifest(exchange => exchange.Answer(200, Manifest, OciManifest, "Docker-Content-Digest: " + Digest.Of("x"u8))));

    [Theory]
    [InlineData("text/html", """<html>sign in to the hotel's wireless</html>""", "no JSON")]
    [InlineData("text/html", """{"a":1}""", "\"text/html\" is no media type of a manifest")]
    [InlineData(MediaTypes.Manifest, """{"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""", "the registry says")]
    [InlineData(MediaTypes.Manifest, """{"layers":[],"manifests":[]}""", "a manifest and an index at once")]
    [InlineData("application/vnd.docker.distribution.manifest.v1+prettyjws", """{"schemaVersion":1}""", "schema 1")]
    public void A_document_that_is_no_manifest_or_two_is_refused(string type, string document, string reason) =>
        Assert.Contains(reason, ErrorOfManifest(exchange => exchange.Answer(200, document, "Content-Type: " + type)));

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-8")]
    public void A_registry_without_media_types_is_understood_by_the_document(string type)
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(200, """{"schemaVersion":2,"manifests":[]}""", "Content-Type: " + type));
        using var source = Source(registry);
        Assert.Equal(MediaTypes.Index, source.ReadManifest(null).MediaType);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_manifest_of_more_than_4_MiB_is_refused(bool saysLength)
    {
        var error = ErrorOfManifest(exchange =>
        {
            exchange.Send($"HTTP/1.1 200 OK\r\n{OciManifest}\r\n{(saysLength ? "Content-Length: 99999999\r\n" : "Connection: close\r\n")}\r\n");
            exchange.Send(new byte[(4 << 20) + 1]);
            exchange.End();
        });
        Assert.Contains($"more than {4 << 20}", error);
    }

    [Fact]
    public void Of_a_huge_error_only_the_beginning_is_read()
    {
        var sent = 0L;
        var error = ErrorOfManifest(exchange =>
        {
            exchange.Send("HTTP/1.1 404 Not Found\r\nContent-Length: 999999999\r\n\r\n");
            for (; sent < 999_999_999; sent += 10_000)
            {
                exchange.Send(new byte[10_000]);
            }
        });
        Assert.Contains("404", error);
        Assert.InRange(sent, 0, 64 << 20);
    }

    [Fact]
    public void An_error_does_not_write_on_the_terminal() =>
        Assert.DoesNotContain('\u001b', ErrorOfManifest(exchange => exchange.Answer(404, """{"errors":[{"code":"X","message":"\u001b[2J"}]}""")));

    [Fact]
    public void A_cut_blob_is_continued_from_the_byte_that_was_reached()
    {
        using var registry = new ScriptedRegistry(exchange =>
        {
            var from = From(exchange);
            exchange.Send($"HTTP/1.1 {(from > 0 ? 206 : 200)} X\r\nContent-Length: {s_blob.Length - from}\r\n{(from > 0 ? Range(from) + "\r\n" : "")}\r\n");
            exchange.Send(s_blob[from..Math.Min(from + 100_000, s_blob.Length)]);
            Thread.Sleep(50);
            exchange.Cut();
        });
        Assert.Equal(s_blob, ReadBlob(registry));
        Assert.InRange(registry.Count("GET", "/blobs/"), 3, 5);
    }

    [Fact]
    public void A_blob_is_continued_from_an_earlier_calls_offset()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(206, s_blob[1000..], Range(1000)));
        Assert.Equal(s_blob[1000..], ReadBlob(registry, 1000));
        Assert.Equal("bytes=1000-", registry.Seen[^1].Headers["Range"]);
    }

    [Fact]
    public void A_server_without_Range_sends_all_again_and_the_beginning_is_passed_over()
    {
        var count = 0;
        using var registry = new ScriptedRegistry(exchange =>
        {
            if (Interlocked.Increment(ref count) == 1)
            {
                exchange.Send($"HTTP/1.1 200 X\r\nContent-Length: {s_blob.Length}\r\n\r\n");
                exchange.Send(s_blob[..150_000]);
                Thread.Sleep(50);
                exchange.Cut();
                return;
            }
            exchange.Answer(200, s_blob);
        });
        Assert.Equal(s_blob, ReadBlob(registry));
        Assert.Equal(2, count);
    }

    [Theory]
    [InlineData("Content-Range: bytes 5-299999/300000")]
    [InlineData("Content-Range: bytes 1000-299999/400000")]
    [InlineData("Content-Range: pages 1000-299999/300000")]
    [InlineData("X: none")]
    public void Another_range_than_asked_for_is_refused(string header)
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(206, s_blob[1000..], header));
        Assert.Contains("Content-Range is ", Assert.Throws<ImageError>(() => ReadBlob(registry, 1000)).Message);
    }

    [Fact]
    public void A_416_is_told()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(416));
        Assert.Contains("416", Assert.Throws<ImageError>(() => ReadBlob(registry, 1000)).Message);
    }

    [Fact]
    public void A_blob_of_another_length_is_refused_before_it_is_read() =>
        Assert.Contains("the registry has 7 bytes of it, the manifest says 300000", ErrorOfBlob(exchange => exchange.Answer(200, "1234567")));

    [Fact]
    public void A_blob_that_is_always_cut_at_once_is_given_up_with_what_has_come()
    {
        var error = ErrorOfBlob(exchange =>
        {
            exchange.Send($"HTTP/1.1 200 X\r\nContent-Length: {s_blob.Length}\r\n\r\n");
            exchange.Cut();
        });
        Assert.Contains("0 of 300000 bytes came (tried 6 times)", error);
    }

    [Fact]
    public void A_blob_that_drips_is_given_up()
    {
        var error = ErrorOfBlob(exchange =>
        {
            exchange.Send($"HTTP/1.1 200 X\r\nContent-Length: {s_blob.Length}\r\n\r\n");
            for (var i = 0; i < 12; i++)
            {
                exchange.Send(s_blob[i..(i + 1)]);
                Thread.Sleep(100);
            }
            exchange.Cut();
        });
        Assert.Contains("fewer than 1024 bytes came", error);
    }

    [Fact]
    public void An_endless_blob_is_given_as_it_comes()
    {
        using var registry = new ScriptedRegistry(exchange =>
        {
            exchange.Send("HTTP/1.1 200 X\r\nConnection: close\r\n\r\n");
            while (true)
            {
                exchange.Send(new byte[100_000]);
            }
        });
        using var source = Source(registry);
        using var stream = source.OpenBlob(s_layer, 0);
        stream.ReadExactly(new byte[s_blob.Length + 1]); // one byte too many is what the reader notices
    }

    [Fact]
    public void A_redirect_to_another_host_takes_no_Authorization_along()
    {
        using var other = new ScriptedRegistry(exchange => exchange.Answer(200, s_blob));
        using var registry = new ScriptedRegistry(exchange =>
        {
            if (exchange.Authorization is null)
            {
                exchange.Answer(401, "", "WWW-Authenticate: Basic realm=\"x\"");
                return;
            }
            exchange.Answer(307, "", $"Location: http://{other.Host}/data%2Fx?sig=%41%2f");
        });
        using var directory = new SettingsFile($$"""{"auths":{"{{registry.Host}}":{"username":"u","password":"p"} } }""");
        using var source = Source(registry, settings: ScriptedRegistry.Settings with { AuthFile = directory.Path });
        using var stream = source.OpenBlob(s_layer, 0);
        stream.ReadExactly(new byte[s_blob.Length]);
        Assert.Equal("Basic dTpw", registry.Seen[^1].Authorization);
        Assert.Null(other.Seen[^1].Authorization);
        Assert.Equal("/data%2Fx?sig=%41%2f", other.Seen[^1].Target); // signed: not one byte may change
    }

    [Fact]
    public void Redirects_in_a_circle_end()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(302, "", "Location: ?again"));
        Assert.Contains("more than 10 redirects", Assert.Throws<ImageError>(() => ReadBlob(registry)).Message);
        Assert.Equal(RegistryLimits.Redirects + 1, registry.Count("GET", "/blobs/"));
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://u:p@127.0.0.1/")]
    [InlineData("http:///x")]
    public void A_redirect_to_what_is_no_address_is_refused(string location) =>
        Assert.Contains("redirect", ErrorOfBlob(exchange => exchange.Answer(302, "", "Location: " + location)));

    [Fact]
    public void A_closed_port_is_told_at_once()
    {
        string host;
        using (var registry = new ScriptedRegistry(static _ => { }))
        {
            host = registry.Host;
        }
        using var source = new RegistrySource(RegistryReference.Parse(host + "/a:1"), ScriptedRegistry.Settings with { FirstWait = TimeSpan.FromSeconds(30) });
        Assert.Contains("refused", Assert.Throws<ImageError>(() => source.ReadManifest(null)).Message);
    }

    [Fact]
    public void A_mirror_is_asked_first_and_the_registry_when_it_fails()
    {
        using var broken = new ScriptedRegistry(exchange => exchange.Answer(503));
        using var mirror = new ScriptedRegistry(exchange => exchange.Answer(exchange.Target.Contains("/manifests/", StringComparison.Ordinal) ? 200 : 404, Manifest, OciManifest));
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(200, s_blob));
        using var directory = new SettingsFile($"""
            [[registry]]
            location = "{registry.Host}"
            [[registry.mirror]]
            location = "{broken.Host}"
            [[registry.mirror]]
            location = "{mirror.Host}/cache"
            """);
        using var source = Source(registry, settings: ScriptedRegistry.Settings with { RegistriesFile = directory.Path });
        source.ReadManifest(null);
        Assert.Equal("/v2/cache/a/manifests/1", mirror.Seen[^1].Target);
        Assert.Empty(registry.Seen);
        using var stream = source.OpenBlob(s_layer, 0);
        stream.ReadExactly(new byte[s_blob.Length]);
        Assert.Equal($"/v2/a/blobs/{s_layer.Digest}", registry.Seen[^1].Target);
    }
}
