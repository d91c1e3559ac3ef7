using System;
using System.Net;
using System.Net.Http;
using SharpRun.Image.Store;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>Manifests and indexes at a registry, by tag or digest (distribution-spec, "Pulling manifests").</summary>
static class Manifests
{
    private static readonly string[] s_types = [MediaTypes.Index, MediaTypes.Manifest, MediaTypes.DockerList, MediaTypes.DockerManifest];

    /// <summary>The bytes are verified: against the digest, if one is asked for, else against what the registry says it is.</summary>
    public static Document Get(RegistryClient client, string wanted, Digest? digest, string act)
    {
        var answer = client.Ask(new Request(HttpMethod.Get, client.InRepository($"manifests/{wanted}")) { Accept = s_types }, act, RegistryLimits.Manifest);
        if (answer.Status != HttpStatusCode.OK)
        {
            throw client.Refused(act, answer);
        }
        if (digest is { } asked)
        {
            Verify(answer.Body, asked, act, "asked for");
        }
        else if (answer.Header("Docker-Content-Digest") is { } said)
        {
            Verify(answer.Body, Digest.Parse(said, $"{act}: Docker-Content-Digest"), act, "said by the registry");
        }
        var document = Document.Of(answer.Body, answer.Header("Content-Type"));
        _ = document.Kind; // the header, the document's own word and its content must agree
        return document;
    }

    public static void Verify(ReadOnlySpan<byte> bytes, Digest digest, string act, string origin)
    {
        var real = ContentHash.Of(bytes, digest.Algorithm);
        if (ImageCheck.ManifestHasItsDigest.Fails(real != digest))
        {
            throw new ImageError($"{act}: its digest is {real}, and not {digest} as {origin}");
        }
    }
}
