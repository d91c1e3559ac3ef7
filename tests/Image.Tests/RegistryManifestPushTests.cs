using SharpRun.Image.Registry;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

/// <summary>Manifests on their way to a registry, and its answers.</summary>
public sealed class RegistryManifestPushTests
{
    [Fact]
    public void A_manifest_is_put_by_digest_and_at_last_by_tag()
    {
        using var registry = new ScriptedRegistry(exchange => exchange.Answer(201, "", "Docker-Content-Digest: " + Digest.Of(exchange.ReadBody())));
        using var destination = new RegistryDestination(RegistryReference.Parse(registry.Host + "/to:1"), ScriptedRegistry.Settings);
        var document = new Document("{}"u8.ToArray(), MediaTypes.Manifest);
        destination.PutManifest(document);
        destination.Finish(document);
        var puts = registry.Seen.FindAll(exchange => exchange.Method == "PUT");
        Assert.Equal([$"/v2/to/manifests/{document.Digest}", "/v2/to/manifests/1"], puts.ConvertAll(exchange => exchange.Target));
        Assert.All(puts, exchange => Assert.Equal(MediaTypes.Manifest, exchange.Headers["Content-Type"]));
    }

    // mutant: ImageCheck.ManifestHasItsDigest
    [Fact]
    public void A_registry_that_took_another_manifest_is_told_of()
    {
        using var registry = new ScriptedRegistry(exchange =>
        {
            exchange.ReadBody();
            exchange.Answer(201, "", "Docker-Content-Digest: " + Digest.Of("x"u8));
        });
        using var destination = new RegistryDestination(RegistryReference.Parse(registry.Host + "/to:1"), ScriptedRegistry.Settings);
        var document = new Document("{}"u8.ToArray(), MediaTypes.Manifest);
        Assert.Contains("said by the registry", Assert.ThrowsAny<JsonError>(() => destination.Finish(document)).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_subject_gets_a_referrers_tag_where_the_registry_knows_no_referrers(bool knows)
    {
        var subject = Digest.Of("subject"u8);
        var tag = "/v2/to/manifests/" + subject.Text.Replace(':', '-');
        using var registry = new ScriptedRegistry(exchange =>
        {
            exchange.ReadBody();
            if (exchange.Method == "PUT")
            {
                exchange.Answer(201, "", knows ? "OCI-Subject: " + subject : "X: 1");
                return;
            }
            exchange.Answer(404);
        });
        using var destination = new RegistryDestination(RegistryReference.Parse(registry.Host + "/to:1"), ScriptedRegistry.Settings);
        var empty = $$"""{"mediaType":"application/vnd.oci.empty.v1+json","digest":"{{Digest.Of("{}"u8)}}","size":2}""";
        var to = $$"""{"mediaType":"{{MediaTypes.Manifest}}","digest":"{{subject}}","size":9}""";
        var manifest = $$"""{"schemaVersion":2,"artifactType":"a/b","config":{{empty}},"layers":[{{empty}}],"subject":{{to}} }""";
        var document = new Document(System.Text.Encoding.UTF8.GetBytes(manifest), MediaTypes.Manifest);
        destination.PutManifest(document);
        var put = registry.Seen.Find(exchange => exchange.Method == "PUT" && exchange.Target == tag);
        Assert.Equal(knows, put is null);
        if (put is not null)
        {
            var index = ImageIndex.Parse(new Document(put.Body, MediaTypes.Index));
            Assert.Equal(document.Digest, index.Manifests[0].Digest);
            Assert.Equal("a/b", index.Manifests[0].ArtifactType);
        }
    }
}
