using System;
using System.Linq;
using System.Text;
using System.Threading;
using CsCheck;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Fuzz;

/// <summary>Manifests, indexes and image configs, changed in up to eight places: a document that can be written and read again, or one sentence.</summary>
static class ImageDocuments
{
    private const string Sha = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private static readonly byte[][] s_samples = [.. new[]
    {
        $$$"""
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"a/b",
        "config":{"mediaType":"a/c","digest":"{{{Sha}}}","size":1},
        "layers":[{"mediaType":"a/l","digest":"{{{Sha}}}","size":9,"urls":["x"],"data":"e30="}],
        "subject":{"mediaType":"a/s","digest":"{{{Sha}}}","size":2},"annotations":{"a":"b"}}
        """,
        $$$"""
        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":"a/b","digest":"{{{Sha}}}","size":1,
        "platform":{"os":"linux","architecture":"arm","variant":"v7","os.features":["x"]}},{"mediaType":"a/b","digest":"{{{Sha}}}","size":1}],"annotations":{}}
        """,
        $$$"""
        {"created":"2020-01-01T00:00:00Z","author":"a","architecture":"amd64","os":"linux","config":{"User":"a:b","ExposedPorts":{"80/tcp":{}},"Env":["A=b"],
        "Entrypoint":["e"],"Cmd":["c"],"Volumes":{"/v":{}},"WorkingDir":"/w","Labels":{"l":"m"},"StopSignal":"TERM","Healthcheck":{"Test":["x"]},"Shell":["s"],
        "OnBuild":["o"]},"rootfs":{"type":"layers","diff_ids":["{{{Sha}}}"]},"history":[{"created":"x","created_by":"y","empty_layer":true}],
        "more":{"x":[1,null]}}
        """,
    }.Select(Encoding.UTF8.GetBytes)];

    private static long s_documents, s_refusals;

    public static void Sample(int seconds, string? seed)
    {
        var edit = Gen.Select(Gen.Byte, Gen.UInt, Gen.UInt, (kind, place, choice) => new Edit(kind, place, choice));
        var inputs = Gen.Select(Gen.Int[0, s_samples.Length - 1], edit.Array[0, 8], (sample, edits) =>
            edits.Aggregate(s_samples[sample], (json, one) => one.Of(json, s_samples)));
        // The parser's own table, the lists, and all of it written and read once more; for three kinds.
        inputs.Sample(Try, time: seconds, seed: seed, print: input => Watched.Save(input, "json"));
        Console.WriteLine($"# {s_documents} documents of images, {s_refusals} refusals");
    }

    private static void Try(byte[] json) => Watched.Run(json, "json", 4_000_000 + 2000L * json.Length, () => Read(json));

    private static void Read(byte[] json)
    {
        Try(() =>
        {
            var written = Manifest.Parse(new Document(json, MediaTypes.Manifest)).ToDocument();
            Require(Manifest.Parse(written).ToDocument().Bytes, written.Bytes);
        });
        Try(() =>
        {
            var written = ImageIndex.Parse(new Document(json, MediaTypes.Index)).ToDocument();
            Require(ImageIndex.Parse(written).ToDocument().Bytes, written.Bytes);
        });
        Try(() =>
        {
            var written = ImageConfig.Parse(json, Digest.Of(json)).ToBytes();
            Require(ImageConfig.Parse(written, Digest.Of(written)).ToBytes(), written);
        });
        Try(() => _ = Document.Of(json, null).Kind);
    }

    private static void Try(Action act)
    {
        try
        {
            act();
            Interlocked.Increment(ref s_documents);
        }
        catch (JsonError error)
        {
            Interlocked.Increment(ref s_refusals);
            if (error.Message.Length is 0 or > 2000 || error.Message.Any(char.IsControl))
            {
                throw new InvalidOperationException($"not one line: {error.Message}");
            }
        }
    }

    private static void Require(byte[] found, byte[] expected)
    {
        if (!found.AsSpan().SequenceEqual(expected))
        {
            throw new InvalidOperationException($"written again it is another: {Encoding.UTF8.GetString(found)}, not {Encoding.UTF8.GetString(expected)}");
        }
    }
}
