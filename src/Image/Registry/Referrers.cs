using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Http;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>A manifest with a `subject` is found by those who ask for its referrers. A registry without that question gets an index under the
/// tag "sha256-HEX" (distribution-spec, "Referrers Tag Schema").</summary>
static class Referrers
{
    public static void AfterPush(RegistryClient client, Document document, Answer answer)
    {
        if (Find(document) is not { } found || answer.Header("OCI-Subject") is not null)
        {
            return;
        }
        var (subject, own) = found;
        var tag = subject.Digest.Text.Replace(':', '-');
        var act = $"add {document.Digest} to the referrers {tag} of {client.Endpoint}";
        var index = Read(client, tag, act);
        List<Descriptor> manifests = [.. index.Manifests];
        if (manifests.Exists(manifest => manifest.Digest == own.Digest))
        {
            return;
        }
        manifests.Add(own);
        var changed = (index with { Manifests = manifests }).ToDocument();
        var request = new Request(HttpMethod.Put, client.InRepository($"manifests/{tag}"))
        {
            Body = () =>
            {
                var content = new ByteArrayContent(changed.Bytes);
                content.Headers.TryAddWithoutValidation("Content-Type", changed.MediaType);
                return content;
            },
        };
        var put = client.Ask(request, act, RegistryLimits.ErrorBody);
        if (!put.IsSuccess)
        {
            throw client.Refused(act, put);
        }
    }

    private static ImageIndex Read(RegistryClient client, string tag, string act)
    {
        var head = client.Ask(new Request(HttpMethod.Head, client.InRepository($"manifests/{tag}")) { Accept = [MediaTypes.Index] }, act, 0);
        return head.Status switch
        {
            HttpStatusCode.NotFound => new ImageIndex { Manifests = [] },
            HttpStatusCode.OK => ImageIndex.Parse(Manifests.Get(client, tag, null, act)),
            _ => throw client.Refused(act, head),
        };
    }

    private static (Descriptor Subject, Descriptor Own)? Find(Document document)
    {
        if (document.Bytes.AsSpan().IndexOf("\"subject\""u8) < 0)
        {
            return null;
        }
        var own = new Descriptor(document.MediaType, document.Digest, document.Bytes.Length);
        if (document.MediaType is MediaTypes.Index or MediaTypes.DockerList)
        {
            var index = ImageIndex.Parse(document);
            return index.Subject is null ? null : (index.Subject, own with { ArtifactType = index.ArtifactType, Annotations = index.Annotations });
        }
        var manifest = Manifest.Parse(document);
        return manifest.Subject is null ? null
            : (manifest.Subject, own with { ArtifactType = manifest.ArtifactType ?? manifest.Config?.MediaType, Annotations = manifest.Annotations });
    }
}
