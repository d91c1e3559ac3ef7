using System;
using System.Net;
using System.Net.Http;
using SharpRun.Image.Transports;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>docker://HOST/REPOSITORY[:TAG|@DIGEST], written. Never to a mirror.</summary>
sealed class RegistryDestination : ImageDestination
{
    private readonly RegistryReference _reference;
    private readonly RegistryClient _client;

    public RegistryDestination(RegistryReference reference, RegistrySettings settings)
    {
        _reference = reference;
        var endpoint = RegistriesFile.Load(settings)
            .Resolve(reference.Host, reference.Repository, reference.Digest is not null, takesMirrors: false, !settings.VerifiesTls)[0];
        _client = new RegistryClient(endpoint, settings with { IdleTime = settings.CommitTime });
        _client.Authorization.AddScope($"repository:{endpoint.Repository}:pull,push");
    }

    public override string Name => $"docker://{_reference}";

    public override bool HasBlob(Descriptor blob)
    {
        var act = $"look for the blob {blob.Digest} in {_client.Endpoint}";
        var answer = _client.Ask(new Request(HttpMethod.Head, _client.InRepository($"blobs/{blob.Digest}")), act, 0);
        return answer.Status switch
        {
            HttpStatusCode.OK => true,
            HttpStatusCode.NotFound => false,
            _ => throw _client.Refused(act, answer),
        };
    }

    public override void PutBlob(Descriptor blob, ImageSource source, Action<long> received)
    {
        new Upload(_client, blob, source, received).Put(() => HasBlob(blob));
    }

    public override void PutManifest(Document document) => Put(document, document.Digest.Text);

    public override void Finish(Document top)
    {
        if (_reference.Digest is { } digest)
        {
            Manifests.Verify(top.Bytes, digest, $"write {Name}", "in its name");
        }
        if (_reference.Tag is { } tag)
        {
            Put(top, tag);
        }
        else
        {
            Put(top, _reference.Digest!.Value.Text);
        }
    }

    private void Put(Document document, string name)
    {
        var act = $"write the manifest {name} of {_client.Endpoint}";
        var request = new Request(HttpMethod.Put, _client.InRepository($"manifests/{name}"))
        {
            Body = () =>
            {
                var content = new ByteArrayContent(document.Bytes);
                content.Headers.TryAddWithoutValidation("Content-Type", document.MediaType);
                return content;
            },
        };
        var answer = _client.Ask(request, act, RegistryLimits.ErrorBody);
        if (!answer.IsSuccess)
        {
            throw _client.Refused(act, answer);
        }
        if (answer.Header("Docker-Content-Digest") is { } said)
        {
            Manifests.Verify(document.Bytes, Digest.Parse(said, $"{act}: Docker-Content-Digest"), act, "said by the registry");
        }
        Referrers.AfterPush(_client, document, answer);
    }

    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }
}
