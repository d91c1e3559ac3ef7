using System;
using System.Globalization;
using System.IO;
using System.Threading;
using SharpRun.Image.Registry;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>Blobs of a registry that misbehaves: cuts, ranges, redirects.</summary>
public sealed class RegistryBlobTests
{
    private static readonly byte[] s_blob = Bytes(300_000);
    private static readonly Descriptor s_layer = new(MediaTypes.LayerGzip, Digest.Of(s_blob), s_blob.Length);

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static RegistrySource Source(ScriptedRegistry registry, RegistrySettings? settings = null) =>
        new(RegistryReference.Parse(registry.Host + "/a:1"), settings ?? ScriptedRegistry.Settings);

    private static byte[] ReadBlob(ScriptedRegistry registry, long offset = 0)
    {
        using var source = Source(registry);
        using var stream = source.OpenBlob(s_layer, offset);
        var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private static string ErrorOfBlob(Action<Exchange> script)
    {
        using var registry = new ScriptedRegistry(script);
        return Assert.ThrowsAny<JsonError>(() => ReadBlob(registry)).Message;
    }

    private static int From(Exchange exchange) =>
        exchange.Headers.TryGetValue("Range", out var range) ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : 0;

    private static string Range(int from) => $"Content-Range: bytes {from}-{s_blob.Length - 1}/{s_blob.Length}";

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

    // mutant: ImageCheck.OnlyWhatPassesIsRepeated ImageCheck.RangeIsTheOneAskedFor
    [Theory]
    [InlineData("Content-Range: bytes 5-299999/300000")]
    [InlineData("Content-Range: bytes 1000-299999/400000")]
    [InlineData("Content-Range: pages 1000-299999/300000")]
    [InlineData("X: none")]
    public void Another_range_than_asked_for_is_refused(string header)
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(206, s_blob[1000..], header));
        Assert.Contains("Content-Range is ", Assert.ThrowsAny<JsonError>(() => ReadBlob(registry, 1000)).Message);
    }

    [Fact]
    public void A_416_is_told()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(416));
        Assert.Contains("416", Assert.ThrowsAny<JsonError>(() => ReadBlob(registry, 1000)).Message);
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

    // mutant: ImageCheck.RedirectsAreFew
    [Fact]
    public void Redirects_in_a_circle_end()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(302, "", "Location: ?again"));
        Assert.Contains("more than 10 redirects", Assert.ThrowsAny<JsonError>(() => ReadBlob(registry)).Message);
        Assert.Equal(RegistryLimits.Redirects + 1, registry.Count("GET", "/blobs/"));
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://u:p@127.0.0.1/")]
    [InlineData("http:///x")]
    public void A_redirect_to_what_is_no_address_is_refused(string location) =>
        Assert.Contains("redirect", ErrorOfBlob(exchange => exchange.Answer(302, "", "Location: " + location)));
}
