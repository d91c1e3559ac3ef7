using System;
using System.Net;
using System.Net.Http;
using System.Security.Cryptography;
using System.Text.Json;
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
        return new Document(answer.Body, MediaTypeOf(answer, act));
    }

    public static void Verify(ReadOnlySpan<byte> bytes, Digest digest, string act, string origin)
    {
        var real = digest.Algorithm == "sha512" ? Digest.OfSha512(SHA512.HashData(bytes)) : Digest.Of(bytes);
        if (real != digest)
        {
            throw new ImageError($"{act}: its digest is {real}, and not {digest} as {origin}");
        }
    }

    // Header and document must say the same (CVE-2021-41190: one that is both a manifest and an index). Some registries send all JSON as
    // text/plain or application/json; then the document alone decides.
    private static string MediaTypeOf(Answer answer, string act)
    {
        var header = answer.Header("Content-Type")?.Split(';')[0].Trim() ?? "";
        var (inside, hasManifests, hasLayers) = Glance(answer.Body, act);
        if (hasManifests && hasLayers)
        {
            throw new ImageError($"{act}: it is a manifest and an index at once");
        }
        var isKnown = Array.IndexOf(s_types, header) >= 0;
        if (isKnown && inside is not null && inside != header)
        {
            throw new ImageError($"{act}: the registry says {header}, the document \"{OneLine.Of(inside)}\"");
        }
        var type = isKnown ? header : inside ?? (hasManifests ? MediaTypes.Index : hasLayers ? MediaTypes.Manifest : header);
        if (type.StartsWith("application/vnd.docker.distribution.manifest.v1", StringComparison.Ordinal))
        {
            throw new ImageError($"{act}: it is of docker's schema 1, which is not supported");
        }
        return Array.IndexOf(s_types, type) >= 0 ? type : throw new ImageError($"{act}: \"{OneLine.Of(type)}\" is no media type of a manifest or an index");
    }

    private static (string? MediaType, bool HasManifests, bool HasLayers) Glance(ReadOnlySpan<byte> bytes, string act)
    {
        string? type = null;
        bool hasManifests = false, hasLayers = false;
        try
        {
            var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = OciLimits.MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new ImageError($"{act}: the document is no JSON object");
            }
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("mediaType"u8);
                hasManifests |= reader.ValueTextEquals("manifests"u8);
                hasLayers |= reader.ValueTextEquals("layers"u8) || reader.ValueTextEquals("config"u8);
                reader.Read();
                type = isType && reader.TokenType == JsonTokenType.String ? reader.GetString() : type;
                reader.Skip();
            }
            return (type, hasManifests, hasLayers);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ImageError($"{act}: the document is no JSON: {error.Message.ReplaceLineEndings(" ")}");
        }
    }
}
