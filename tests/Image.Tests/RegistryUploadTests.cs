using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using SharpRun.Image.Registry;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>Writing to a registry that misbehaves.</summary>
public sealed class RegistryUploadTests
{
    private static readonly byte[] s_blob = Bytes(40 << 20 >> 5);
    private static readonly Descriptor s_layer = new(MediaTypes.LayerGzip, Digest.Of(s_blob), s_blob.Length);

    private static byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        new Random(2).NextBytes(bytes);
        return bytes;
    }

    private sealed class MemorySource(byte[] content) : ImageSource
    {
        public override string Name => "memory";

        public override Document ReadManifest(Digest? digest) => throw new NotSupportedException();

        public override Stream OpenBlob(Descriptor blob, long offset) => new MemoryStream(content[(int)offset..]);
    }

    /// <summary>Takes uploads as the specification says; what is special about the registry is done before, and then it is not asked.</summary>
    private sealed class UploadRegistry : IDisposable
    {
        private readonly ScriptedRegistry _registry;
        private readonly MemoryStream _received = new();

        public UploadRegistry(Func<Exchange, UploadRegistry, bool>? special = null, string[]? postHeaders = null)
        {
            _registry = new ScriptedRegistry(exchange =>
            {
                if (special?.Invoke(exchange, this) is not true)
                {
                    Serve(exchange, postHeaders ?? []);
                }
            });
        }

        public ScriptedRegistry Script => _registry;

        public Dictionary<string, byte[]> Blobs { get; } = [];

        public long Received => _received.Length;

        public void Take(byte[] bytes) => _received.Write(bytes);

        private void Serve(Exchange exchange, string[] postHeaders)
        {
            exchange.ReadBody();
            switch (exchange.Method)
            {
                case "HEAD":
                    exchange.Answer(Blobs.ContainsKey(exchange.Target[(exchange.Target.LastIndexOf('/') + 1)..]) ? 200 : 404);
                    break;
                case "POST":
                    _received.SetLength(0);
                    exchange.Answer(202, "", ["Location: /upload/1?state=%2Fa%41", .. postHeaders]);
                    break;
                case "GET":
                    exchange.Answer(204, "", "Location: /upload/1?state=%2Fa%41", $"Range: 0-{Math.Max(Received - 1, 0)}");
                    break;
                case "PATCH" when exchange.Headers["Content-Range"].StartsWith($"{Received}-", StringComparison.Ordinal):
                    Take(exchange.Body);
                    exchange.Answer(202, "", "Location: /upload/1?state=%2Fa%41", $"Range: 0-{Received - 1}");
                    break;
                case "PATCH":
                    exchange.Answer(416);
                    break;
                default:
                    Take(exchange.Body);
                    var digest = Digest.Of(_received.ToArray());
                    var isRight = exchange.Target == "/upload/1?state=%2Fa%41&digest=" + Uri.EscapeDataString(digest.Text);
                    Blobs[digest.Text] = _received.ToArray();
                    exchange.Answer(isRight ? 201 : 400, "", "Docker-Content-Digest: " + digest);
                    break;
            }
        }

        public void Put(byte[]? content = null, List<long>? received = null)
        {
            using var destination = new RegistryDestination(RegistryReference.Parse(_registry.Host + "/to:1"), ScriptedRegistry.Settings);
            destination.PutBlob(s_layer, new MemorySource(content ?? s_blob), count => received?.Add(count));
        }

        public void Dispose() => _registry.Dispose();
    }

    private static long Sum(List<long> numbers)
    {
        var sum = 0L;
        numbers.ForEach(number => sum += number);
        return sum;
    }

    [Fact]
    public void A_blob_goes_in_one_piece_and_the_Locations_query_is_kept()
    {
        using var registry = new UploadRegistry();
        List<long> received = [];
        registry.Put(received: received);
        Assert.Equal(s_blob, registry.Blobs[s_layer.Digest.Text]);
        Assert.Equal(["POST", "PUT"], registry.Script.Seen.ConvertAll(exchange => exchange.Method));
        Assert.Equal(s_blob.Length, Sum(received));
    }

    [Fact]
    public void A_blob_that_is_there_is_found()
    {
        using var registry = new UploadRegistry();
        using var destination = new RegistryDestination(RegistryReference.Parse(registry.Script.Host + "/to:1"), ScriptedRegistry.Settings);
        Assert.False(destination.HasBlob(s_layer));
        registry.Blobs[s_layer.Digest.Text] = s_blob;
        Assert.True(destination.HasBlob(s_layer));
    }

    [Fact]
    public void A_blob_whose_last_answer_was_lost_is_there()
    {
        using var registry = new UploadRegistry((exchange, own) =>
        {
            if (exchange.Method == "PUT")
            {
                own.Blobs[s_layer.Digest.Text] = exchange.ReadBody();
                exchange.Cut();
            }
            else if (exchange.Method == "GET")
            {
                exchange.Answer(404);
            }
            return exchange.Method is "PUT" or "GET";
        });
        List<long> received = [];
        registry.Put(received: received);
        Assert.Equal(1, registry.Script.Count("PUT", ""));
        Assert.Equal(s_blob.Length, Sum(received));
    }

    [Fact]
    public void A_cut_upload_goes_on_in_chunks_where_it_was_cut()
    {
        using var registry = new UploadRegistry((exchange, own) =>
        {
            if (exchange.Method != "PUT" || own.Received > 0)
            {
                return false;
            }
            own.Take(exchange.ReadBody(500_000));
            exchange.Cut();
            return true;
        });
        List<long> received = [];
        registry.Put(received: received);
        Assert.Equal(s_blob, registry.Blobs[s_layer.Digest.Text]);
        Assert.Equal("500000-" + (s_blob.Length - 1), registry.Script.Seen.Find(exchange => exchange.Method == "PATCH")!.Headers["Content-Range"]);
        Assert.Equal(s_blob.Length, Sum(received));
    }

    [Fact]
    public void A_503_in_the_middle_is_gone_on_from()
    {
        var count = 0;
        using var registry = new UploadRegistry((exchange, own) =>
        {
            if (exchange.Method != "PUT" || ++count > 1)
            {
                return false;
            }
            exchange.ReadBody();
            exchange.Answer(503);
            return true;
        });
        registry.Put();
        Assert.Equal(s_blob, registry.Blobs[s_layer.Digest.Text]);
    }

    [Fact]
    public void A_server_that_takes_no_long_bodies_gets_chunks()
    {
        using var registry = new UploadRegistry((exchange, _) =>
        {
            if (exchange.Method != "PUT" || exchange.Headers["Content-Length"] == "0")
            {
                return false;
            }
            exchange.Answer(413); // before the body: it must not be sent then
            exchange.Cut();
            return true;
        });
        registry.Put();
        Assert.Equal(s_blob, registry.Blobs[s_layer.Digest.Text]);
    }

    [Fact]
    public void A_416_is_answered_by_the_offset_that_the_registry_says()
    {
        var count = 0;
        using var registry = new UploadRegistry((exchange, own) =>
        {
            if (exchange.Method == "PUT" && exchange.Headers["Content-Length"] != "0")
            {
                exchange.Answer(413);
                exchange.Cut();
                return true;
            }
            if (exchange.Method != "PATCH" || ++count > 1)
            {
                return false;
            }
            own.Take(exchange.ReadBody()[..1000]); // somebody else's cut: a part is there
            exchange.Answer(416);
            return true;
        });
        registry.Put();
        Assert.Equal(s_blob, registry.Blobs[s_layer.Digest.Text]);
        Assert.StartsWith("1000-", registry.Script.Seen.FindLast(exchange => exchange.Method == "PATCH")!.Headers["Content-Range"]);
    }

    [Fact]
    public void An_upload_that_the_registry_has_forgotten_begins_anew()
    {
        var count = 0;
        using var registry = new UploadRegistry((exchange, own) =>
        {
            if (exchange.Method == "GET")
            {
                exchange.Answer(404);
                return true;
            }
            if (exchange.Method != "PUT" || ++count > 1)
            {
                return false;
            }
            own.Take(exchange.ReadBody(500_000));
            exchange.Cut();
            return true;
        });
        registry.Put();
        Assert.Equal(s_blob, registry.Blobs[s_layer.Digest.Text]);
        Assert.Equal(2, registry.Script.Count("POST", ""));
    }

    [Fact]
    public void A_registry_that_is_always_cut_is_given_up()
    {
        using var registry = new UploadRegistry((exchange, _) =>
        {
            if (exchange.Method is not ("PUT" or "PATCH"))
            {
                return false;
            }
            exchange.Cut();
            return true;
        });
        Assert.Contains("tried 6 times", Assert.ThrowsAny<JsonError>(() => registry.Put()).Message);
    }

    [Fact]
    public void A_registry_that_says_it_has_more_than_there_is_is_refused()
    {
        using var registry = new UploadRegistry((exchange, _) =>
        {
            if (exchange.Method == "GET")
            {
                exchange.Answer(204, "", "Range: 0-99999999");
                return true;
            }
            if (exchange.Method != "PUT")
            {
                return false;
            }
            exchange.Cut();
            return true;
        });
        Assert.Contains("it has 100000000 of", Assert.ThrowsAny<JsonError>(() => registry.Put()).Message);
    }

    // mutant: ImageCheck.SentBlobHasItsDigest
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_source_with_other_bytes_is_never_sent_to_its_end(int more)
    {
        var wrong = more < 0 ? s_blob[..^1] : more > 0 ? [.. s_blob, 0] : (byte[])s_blob.Clone();
        wrong[7] ^= (byte)(more == 0 ? 1 : 0);
        using var registry = new UploadRegistry();
        Assert.Contains("of memory: it", Assert.ThrowsAny<JsonError>(() => registry.Put(wrong)).Message);
        Assert.Empty(registry.Blobs);
    }

    [Fact]
    public void A_refusal_is_told_and_not_repeated()
    {
        using var registry = new UploadRegistry((exchange, _) =>
        {
            if (exchange.Method == "POST")
            {
                exchange.Answer(403, """{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}""");
            }
            return exchange.Method == "POST";
        });
        Assert.Contains("requested access to the resource is denied (DENIED)", Assert.ThrowsAny<JsonError>(() => registry.Put()).Message);
        Assert.Equal(1, registry.Script.Count("POST", ""));
    }

    [Theory]
    [InlineData(201, 0)]
    [InlineData(202, 1)]
    [InlineData(405, 1)]
    public void A_blob_of_another_repository_of_the_registry_is_mounted_or_else_sent(int status, int puts)
    {
        ScriptedRegistry? script = null;
        using var registry = new UploadRegistry((exchange, _) =>
        {
            if (exchange.Method == "GET" && exchange.Target.Contains("/from/blobs/", StringComparison.Ordinal))
            {
                exchange.Answer(200, s_blob);
                return true;
            }
            if (exchange.Method == "POST" && exchange.Target.Contains("mount", StringComparison.Ordinal))
            {
                exchange.Answer(status, "", "Location: /upload/1?state=%2Fa%41");
                return true;
            }
            return false;
        });
        script = registry.Script;
        using var source = new RegistrySource(RegistryReference.Parse(script.Host + "/from:1"), ScriptedRegistry.Settings);
        using var destination = new RegistryDestination(RegistryReference.Parse(script.Host + "/to:1"), ScriptedRegistry.Settings);
        destination.PutBlob(s_layer, source, static _ => { });
        Assert.Contains(script.Seen, exchange => exchange.Target == $"/v2/to/blobs/uploads/?mount={Uri.EscapeDataString(s_layer.Digest.Text)}&from=from");
        Assert.Equal(puts, script.Count("PUT", ""));
    }

    // mutant: ImageCheck.UploadElsewhereIsNotSigned
    [Fact]
    public void An_uploads_Location_at_another_host_gets_no_Authorization()
    {
        var isThere = false;
        using var other = new ScriptedRegistry(exchange =>
        {
            exchange.ReadBody();
            isThere = true;
            exchange.Answer(201);
        });
        using var registry = new ScriptedRegistry(exchange =>
        {
            exchange.ReadBody();
            if (exchange.Authorization is null)
            {
                exchange.Answer(401, "", "WWW-Authenticate: Basic realm=\"x\"");
                return;
            }
            exchange.Answer(exchange.Method == "POST" ? 202 : 404, "", $"Location: http://{other.Host}/elsewhere");
        });
        using var file = new SettingsFile($$"""{"auths":{"{{registry.Host}}":{"username":"u","password":"p"} } }""");
        var settings = ScriptedRegistry.Settings with { AuthFile = file.Path };
        using var destination = new RegistryDestination(RegistryReference.Parse(registry.Host + "/to:1"), settings);
        destination.PutBlob(s_layer, new MemorySource(s_blob), static _ => { });
        Assert.True(isThere);
        Assert.Null(other.Seen[^1].Authorization);
    }
}
