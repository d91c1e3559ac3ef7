using System;
using System.Linq;
using System.Text;
using System.Text.Json;
using SharpRun.Json;
using Xunit;

namespace SharpRun.Oci.Tests;

public class ManifestTests
{
    [Fact]
    public void A_manifest_is_read()
    {
        var manifest = Manifest.Parse(Samples.ManifestDocument());
        Assert.Equal((MediaTypes.Config, Samples.Sha, 10), (manifest.Config!.MediaType, manifest.Config.Digest.Text, manifest.Config.Size));
        var layer = Assert.Single(manifest.Layers);
        Assert.Equal((MediaTypes.LayerGzip, 20, "b"), (layer.MediaType, layer.Size, layer.Annotation("a")));
        Assert.Equal(["z", "a"], manifest.Annotations!.Keys);
        Assert.Equal(["x-top"], manifest.Unknown.Names);
    }

    [Fact]
    public void A_docker_manifest_is_read()
    {
        var json = Samples.Manifest.Replace(MediaTypes.Manifest, MediaTypes.DockerManifest, StringComparison.Ordinal)
            .Replace(MediaTypes.Config, MediaTypes.DockerConfig, StringComparison.Ordinal);
        var document = Samples.ManifestDocument(json, MediaTypes.DockerManifest);
        Assert.Equal(DocumentKind.Manifest, document.Kind);
        Assert.Equal(MediaTypes.DockerConfig, Manifest.Parse(document).ImageConfigOf("x").MediaType);
    }

    [Fact]
    public void What_is_written_again_is_the_same_for_a_reader()
    {
        RequireSame(Samples.Manifest, Manifest.Parse(Samples.ManifestDocument()).ToDocument().Bytes);
        RequireSame(Samples.Index, ImageIndex.Parse(Samples.IndexDocument()).ToDocument().Bytes);
        RequireSame(Samples.Config, Samples.ParseConfig().ToBytes());
    }

    private static void RequireSame(string expected, byte[] written)
    {
        using var left = JsonDocument.Parse(expected);
        using var right = JsonDocument.Parse(written);
        Assert.True(JsonElement.DeepEquals(left.RootElement, right.RootElement), Encoding.UTF8.GetString(written));
    }

    [Fact]
    public void An_artifact_has_a_subject_and_a_type_and_passes_through()
    {
        var json = $$$"""
            {"schemaVersion":2,"mediaType":"{{{MediaTypes.Manifest}}}","artifactType":"application/x","config":{"mediaType":"{{{MediaTypes.Empty}}}",
            "digest":"{{{Samples.Sha}}}","size":2,"data":"e30="},"layers":[],
            "subject":{"mediaType":"{{{MediaTypes.Manifest}}}","digest":"{{{Samples.Other}}}","size":3}}
            """;
        var manifest = Manifest.Parse(Samples.ManifestDocument(json));
        Assert.Equal(("application/x", Samples.Other), (manifest.ArtifactType, manifest.Subject!.Digest.Text));
        RequireSame(json, manifest.ToDocument().Bytes);
        Assert.Equal($"a/b is no image: its config is of type {MediaTypes.Empty}", Assert.ThrowsAny<JsonError>(() => manifest.ImageConfigOf("a/b")).Message);
    }

    [Fact]
    public void An_artifact_may_have_no_config_but_is_no_image()
    {
        var manifest = Manifest.Parse(Samples.ManifestDocument("""{"schemaVersion":2,"artifactType":"a/b","layers":[]}"""));
        Assert.Null(manifest.Config);
        Assert.Equal("x has no config: it is an artifact, no image", Assert.ThrowsAny<JsonError>(() => manifest.ImageConfigOf("x")).Message);
    }

    [Fact]
    public void Layers_that_are_null_are_none() =>
        Assert.Empty(Manifest.Parse(Samples.ManifestDocument(Samples.Manifest[..Samples.Manifest.IndexOf("\"layers\"",
            StringComparison.Ordinal)] + "\"layers\":null}")).Layers);

    [Theory]
    [InlineData("\"size\":20", "\"size\":-1", "layers[0].size: -1 is negative")]
    [InlineData("\"size\":20", "\"size\":1125899906842625", "layers[0].size: 1125899906842625 bytes are more than the 1125899906842624 that a blob may have")]
    [InlineData("\"size\":20", "\"size\":1.5", "layers[0].size: 1.5 is no whole number of 64 bits")]
    [InlineData("\"size\":20", "\"size\":99999999999999999999", "layers[0].size: 99999999999999999999 is no whole number of 64 bits")]
    [InlineData("\"size\":20", "\"size\":\"20\"", "layers[0].size: a number is expected, found a string")]
    [InlineData("\"size\":20", "\"size\":null", "layers[0].size: the member is missing")]
    [InlineData("\"size\":10}", "\"x\":1}", "config.size: the member is missing")]
    [InlineData(Samples.Other, "sha256:BB", "layers[0].digest: \"sha256:BB\" is no sha256 or sha512 digest")]
    [InlineData("\"x-layer\"", "\"size\"", "layers[0]: \"size\" is given twice")]
    [InlineData("\"x-layer\"", "\"Size\"", "layers[0]: \"Size\" is not \"size\": letter case matters")]
    [InlineData("\"x-top\"", "\"Layers\"", "\"Layers\" is not \"layers\": letter case matters")]
    [InlineData("\"x-top\"", "\"layers\"", "\"layers\" is given twice")]
    [InlineData("{\"deep\":[null]}", "{\"a\":1,\"a\":2}", "x-top: \"a\" is given twice")]
    [InlineData("{\"deep\":[null]}", "{\"a\":[{\"b\":0,\"\\u0062\":0}]}", "x-top.a[0]: \"b\" is given twice")]
    [InlineData("\"z\":\"1\"", "\"z\":\"\\u0000\"", "annotations.z: the text has a NUL character")]
    [InlineData("\"z\":\"1\"", "\"z\":\"\\ud800\"", "annotations.z: the text has half of a surrogate pair")]
    [InlineData("\"z\":\"1\"", "\"\\ud800\":\"\"", "annotations: a name has half of a surrogate pair")]
    [InlineData("\"z\":\"1\"", "\"z\":1", "annotations.z: a string is expected, found a number")]
    [InlineData("\"x-top\"", "\"manifests\"", "a manifest has \"manifests\", which makes it an index for another reader (CVE-2021-41190)")]
    [InlineData("\"x-top\"", "\"fsLayers\"",
        "docker's schema 1 is not supported: its layers have no digests of their own; push the image again with a newer tool")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":1",
        "docker's schema 1 is not supported: its layers have no digests of their own; push the image again with a newer tool")]
    [InlineData("\"schemaVersion\":2", "\"schemaVersion\":3", "schemaVersion: 2 is expected, found 3")]
    [InlineData("\"schemaVersion\":2", "\"x\":2", "schemaVersion: 2 is expected, found nothing")]
    [InlineData("manifest.v1+json\",\n\"config\"", "index.v1+json\",\n\"config\"",
        "mediaType: \"application/vnd.oci.image.index.v1+json\" inside of what is called application/vnd.oci.image.manifest.v1+json")]
    // mutant: OciCheck.BlobSizeIsOne OciCheck.DocumentIsNotSchema1 OciCheck.ManifestIsNoIndex OciCheck.MediaTypeIsOne OciCheck.MediaTypesAgree OciCheck.SchemaIsTwo
    [InlineData("\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\"", "\"mediaType\":\"\"", "layers[0].mediaType: \"\" is no media type")]
    [InlineData("\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",", "", "layers[0].mediaType: the member is missing")]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip", "gzip", "layers[0].mediaType: \"gzip\" is no media type")]
    [InlineData("\"config\":{", "\"config\":[{", "line 3, byte 1: the document is no JSON")]
    [InlineData("{\"schemaVersion\"", "[{\"schemaVersion\"", "line 6, byte 1: the document is no JSON")]
    public void A_wrong_manifest_is_refused_by_the_place(string from, string to, string problem)
    {
        Assert.Contains(from, Samples.Manifest, StringComparison.Ordinal);
        var document = Samples.ManifestDocument(Samples.Manifest.Replace(from, to, StringComparison.Ordinal));
        var message = Assert.ThrowsAny<JsonError>(() => Manifest.Parse(document)).Message;
        Assert.StartsWith($"manifest {document.Digest}: ", message, StringComparison.Ordinal);
        if (!problem.StartsWith("line", StringComparison.Ordinal))
        {
            Assert.Equal(problem, message[$"manifest {document.Digest}: ".Length..]);
        }
        else
        {
            Assert.EndsWith("the document is no JSON", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("config")]
    [InlineData("layers")]
    public void An_index_that_is_also_a_manifest_is_refused(string member)
    {
        var document = Samples.IndexDocument(Samples.Index.Replace("\"manifests\"", $"\"{member}\":{{}},\"manifests\"", StringComparison.Ordinal));
        var expected = $"an index has \"{member}\", which makes it a manifest for another reader (CVE-2021-41190)";
        Assert.Contains(expected, Assert.ThrowsAny<JsonError>(() => ImageIndex.Parse(document)).Message, StringComparison.Ordinal);
        Assert.Contains(expected, Assert.ThrowsAny<JsonError>(() => document.Kind).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kind_needs_the_media_type_and_the_content()
    {
        Assert.Equal(DocumentKind.Manifest, Samples.ManifestDocument().Kind);
        Assert.Equal(DocumentKind.Index, Samples.IndexDocument().Kind);
        Assert.ThrowsAny<JsonError>(() => Samples.ManifestDocument(Samples.Manifest, MediaTypes.Index).Kind);
        Assert.ThrowsAny<JsonError>(() => Samples.ManifestDocument(Samples.Manifest, MediaTypes.DockerManifest).Kind);
        Assert.Contains("is the media type of neither a manifest nor an index",
            Assert.ThrowsAny<JsonError>(() => Samples.ManifestDocument(Samples.Manifest, "text/html").Kind).Message, StringComparison.Ordinal);
        Assert.Contains("schema 1", Assert.ThrowsAny<JsonError>(() =>
            Samples.ManifestDocument("{}", "application/vnd.docker.distribution.manifest.v1+prettyjws").Kind).Message, StringComparison.Ordinal);
        Assert.Contains("it is an index", Assert.ThrowsAny<JsonError>(() => Manifest.Parse(Samples.IndexDocument())).Message, StringComparison.Ordinal);
        Assert.Contains("it is a manifest", Assert.ThrowsAny<JsonError>(() => ImageIndex.Parse(Samples.ManifestDocument())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, MediaTypes.Manifest)]
    [InlineData("", MediaTypes.Manifest)]
    [InlineData("application/json; charset=utf-8", MediaTypes.Manifest)]
    [InlineData("text/plain", MediaTypes.Manifest)]
    [InlineData(MediaTypes.Index, MediaTypes.Index)]
    [InlineData(MediaTypes.Manifest + ";x=y", MediaTypes.Manifest)]
    public void The_content_says_its_type_when_the_header_does_not(string? declared, string expected) =>
        Assert.Equal(expected, Document.Of(Encoding.UTF8.GetBytes(Samples.Manifest), declared).MediaType);

    [Theory]
    [InlineData("""{"schemaVersion":2,"manifests":[]}""", MediaTypes.Index)]
    [InlineData("""{"schemaVersion":2,"config":{}}""", MediaTypes.Manifest)]
    public void Without_any_word_the_shape_says_the_type(string json, string expected) => Assert.Equal(expected,
        Document.Of(Encoding.UTF8.GetBytes(json), null).MediaType);

    [Theory]
    [InlineData("{}", "neither a manifest nor an index")]
    [InlineData("""{"schemaVersion":1,"fsLayers":[]}""", "schema 1")]
    [InlineData("<html>", "no JSON")]
    [InlineData("[]", "an object is expected, found an array")]
    [InlineData("", "empty")]
    [InlineData("\uFEFF{}", "byte order mark")]
    public void What_is_no_document_is_refused(string json, string problem) =>
        Assert.Contains(problem, Assert.ThrowsAny<JsonError>(() => Document.Of(Encoding.UTF8.GetBytes(json), null)).Message, StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused() =>
        Assert.Contains("UTF-8", Assert.ThrowsAny<JsonError>(() => Document.Of([(byte)'"', 0xff, (byte)'"'], null)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_document_of_the_greatest_length_is_read_and_one_more_byte_is_refused()
    {
        var greatest = Samples.Manifest.PadRight(OciLimits.MaxManifestLength);
        Manifest.Parse(Samples.ManifestDocument(greatest));
        Assert.Contains("larger than 4194304 bytes (4194305)", Assert.ThrowsAny<JsonError>(() =>
            Manifest.Parse(Samples.ManifestDocument(greatest + " "))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_config_of_the_greatest_length_is_read_and_one_more_byte_is_refused()
    {
        var greatest = Samples.Config.PadRight(OciLimits.MaxConfigLength);
        Samples.ParseConfig(greatest);
        Assert.Contains("larger than 8388608 bytes", Assert.ThrowsAny<JsonError>(() => Samples.ParseConfig(greatest + " ")).Message, StringComparison.Ordinal);
    }

    // mutant: JsonCheck.DocumentIsSmall
    [Fact]
    public void An_index_file_may_be_larger_than_a_document_but_not_by_any_amount()
    {
        var large = Encoding.UTF8.GetBytes(Samples.Index.PadRight(OciLimits.MaxManifestLength + 1));
        Assert.Equal(2, ImageIndex.ParseFile(large, "index.json").Manifests.Count);
        Assert.Contains("larger than", Assert.ThrowsAny<JsonError>(() => ImageIndex.ParseFile(new byte[OciLimits.MaxIndexFileLength + 1],
            "index.json")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_greatest_depth_is_read_and_one_more_level_is_refused()
    {
        static Document Nested(int levels) => Samples.ManifestDocument(Samples.Manifest.Replace("{\"deep\":[null]}",
            new string('[', levels) + new string(']', levels), StringComparison.Ordinal));
        Manifest.Parse(Nested(JsonPart.MaxDepth - 1)).ToDocument();
        Assert.Contains("nested deeper than 64 levels", Assert.ThrowsAny<JsonError>(() => Manifest.Parse(Nested(JsonPart.MaxDepth))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_greatest_number_of_layers_is_read_and_one_more_is_refused()
    {
        static Document Layers(int number) => Samples.ManifestDocument($$"""
            {"schemaVersion":2,"config":{"mediaType":"{{MediaTypes.Config}}","digest":"{{Samples.Sha}}","size":1},"layers":[
            {{string.Join(',', Enumerable.Repeat($$"""{"mediaType":"{{MediaTypes.Layer}}","digest":"{{Samples.Sha}}","size":1}""", number))}}]}
            """);
        Assert.Equal(OciLimits.MaxLayers, Manifest.Parse(Layers(OciLimits.MaxLayers)).Layers.Count);
        Assert.Contains("layers: 4097 elements are more than the 4096 that are read",
            Assert.ThrowsAny<JsonError>(() => Manifest.Parse(Layers(OciLimits.MaxLayers + 1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_media_type_has_a_greatest_length()
    {
        static Document Typed(int length) => Samples.ManifestDocument(
            Samples.Manifest.Replace(MediaTypes.LayerGzip, "a/" + new string('b', length - 2), StringComparison.Ordinal));
        Manifest.Parse(Typed(OciLimits.MaxMediaTypeLength));
        Assert.ThrowsAny<JsonError>(() => Manifest.Parse(Typed(OciLimits.MaxMediaTypeLength + 1)));
    }

    [Fact]
    public void An_index_is_read_with_nested_ones_and_with_entries_without_platform()
    {
        var index = ImageIndex.Parse(Samples.IndexDocument());
        Assert.Equal(("linux/amd64", MediaTypes.Index, null), (index.Manifests[0].Platform!.ToString(), index.Manifests[1].MediaType,
            index.Manifests[1].Platform));
        Assert.Equal(["os.version", "os.features"], index.Manifests[0].Platform!.Unknown.Names);
        var docker = Samples.Index.Replace(MediaTypes.Index, MediaTypes.DockerList, StringComparison.Ordinal);
        Assert.Equal(2, ImageIndex.Parse(Samples.IndexDocument(docker, MediaTypes.DockerList)).Manifests.Count);
    }

    [Fact]
    public void An_error_is_one_line_whatever_the_document_says()
    {
        var document = Samples.ManifestDocument(Samples.Manifest.Replace(Samples.Other, "\\u001b[31m\\nfake\\u202e", StringComparison.Ordinal));
        var message = Assert.ThrowsAny<JsonError>(() => Manifest.Parse(document)).Message;
        Assert.Contains("\"\\u001b[31m\\u000afake\\u202e\" is no sha256", message, StringComparison.Ordinal);
        Assert.True(new ImageError(new string('x', 100000)).Message.Length < 2000);
    }

    [Fact]
    public void Equal_descriptors_are_equal_with_their_unknown_members()
    {
        static Descriptor First() => ImageIndex.Parse(Samples.IndexDocument()).Manifests[0];
        Assert.Equal(First(), First());
        Assert.NotEqual(First(), First() with { Unknown = Manifest.Parse(Samples.ManifestDocument()).Unknown });
    }

    // mutant: OciCheck.LayoutVersionIsKnown
    [Fact]
    public void A_layout_has_its_marker()
    {
        Assert.Equal("""{"imageLayoutVersion":"1.0.0"}""", Encoding.UTF8.GetString(Layout.Marker()));
        Layout.CheckMarker(Layout.Marker(), "x");
        Assert.Equal("x/oci-layout: imageLayoutVersion: \"2\" is not supported, only 1.0.0",
            Assert.ThrowsAny<JsonError>(() => Layout.CheckMarker("""{"imageLayoutVersion":"2"}"""u8, "x/oci-layout")).Message);
        Assert.ThrowsAny<JsonError>(() => Layout.CheckMarker("{}"u8, "x"));
        Assert.Equal("blobs/sha256/" + Samples.Sha[7..], Layout.PathOf(Digest.Parse(Samples.Sha, "x")));
    }
}
