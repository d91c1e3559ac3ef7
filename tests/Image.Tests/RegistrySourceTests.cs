using System;
using System.IO;
using System.Text;
using System.Threading;
using SharpRun.Image.Registry;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>Reading from a registry that misbehaves.</summary>
public sealed class RegistrySourceTests
{
    private static readonly byte[] s_blob = Bytes(300_000);
    private static readonly Descriptor s_layer = new(MediaTypes.LayerGzip, Digest.Of(s_blob), s_blob.Length);

    private const string Manifest =
        """{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:x","size":2},"layers":[]}""";

    private const string OciManifest = "Content-Type: " + MediaTypes.Manifest;

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static RegistrySource Source(ScriptedRegistry registry, string name = "/a:1", RegistrySettings? settings = null) =>
        new(RegistryReference.Parse(registry.Host + name), settings ?? ScriptedRegistry.Settings);

    private static string ErrorOfManifest(Action<Exchange> script, string name = "/a:1")
    {
        using var registry = new ScriptedRegistry(script);
        using var source = Source(registry, name);
        return Assert.ThrowsAny<JsonError>(() => source.ReadManifest(null)).Message;
    }

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

    // mutant: ImageCheck.WaitIsShort
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
        Assert.Contains("said by the registry",
            ErrorOfManifest(exchange => exchange.Answer(200, Manifest, OciManifest, "Docker-Content-Digest: " + Digest.Of("x"u8))));

    [Theory]
    [InlineData("text/html", """<html>sign in to the hotel's wireless</html>""", "\"text/html\" is the media type of neither")]
    [InlineData("application/json", """<html>sign in</html>""", "JSON")]
    [InlineData(MediaTypes.Manifest, """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json"}""", "inside of what is called")]
    [InlineData(MediaTypes.Manifest, """{"schemaVersion":2,"layers":[],"manifests":[]}""", "CVE-2021-41190")]
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

    // mutant: ImageCheck.AnswerIsSmall
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
    public void A_closed_port_is_told_at_once()
    {
        string host;
        using (var registry = new ScriptedRegistry(static _ => { }))
        {
            host = registry.Host;
        }
        using var source = new RegistrySource(RegistryReference.Parse(host + "/a:1"), ScriptedRegistry.Settings with { FirstWait = TimeSpan.FromSeconds(30) });
        Assert.EndsWith(": connection refused (ECONNREFUSED)", Assert.ThrowsAny<JsonError>(() => source.ReadManifest(null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mirror_is_asked_first_and_the_registry_when_it_fails()
    {
        using var broken = new ScriptedRegistry(exchange => exchange.Answer(503));
        using var mirror = new ScriptedRegistry(exchange =>
            exchange.Answer(exchange.Target.Contains("/manifests/", StringComparison.Ordinal) ? 200 : 404, Manifest, OciManifest));
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
