using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Net.Http;
using SharpRun.Image.Transports;
using SharpRun.Json;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>docker://HOST/REPOSITORY[:TAG|@DIGEST], read: from its mirrors, in their order, and then from the registry itself.</summary>
sealed class RegistrySource : ImageSource
{
    /// <summary>At a mirror: there is another server to ask.</summary>
    private const int AttemptsAtMirror = 2;

    private readonly RegistryReference _reference;
    private readonly List<RegistryClient> _clients = [];
    // The one that had the manifest; blobs are asked for there first.
    private volatile int _best;

    public RegistrySource(RegistryReference reference, RegistrySettings settings)
    {
        _reference = reference;
        var endpoints = RegistriesFile.Load(settings)
            .Resolve(reference.Host, reference.Repository, reference.Digest is not null, takesMirrors: true, !settings.VerifiesTls);
        for (var i = 0; i < endpoints.Count; i++)
        {
            var client = new RegistryClient(endpoints[i], settings, i < endpoints.Count - 1 ? AttemptsAtMirror : RegistryLimits.Attempts);
            client.Authorization.AddScope($"repository:{endpoints[i].Repository}:pull");
            _clients.Add(client);
        }
    }

    public override string Name => $"docker://{_reference}";

    /// <summary>Where a blob can be mounted from: the server that is asked first.</summary>
    public Endpoint Endpoint => _clients[_best].Endpoint;

    public override Document ReadManifest(Digest? digest)
    {
        var wanted = digest?.Text ?? _reference.Wanted;
        var verified = digest ?? _reference.Digest;
        return FromFirst(client => Manifests.Get(client, wanted, verified, $"read the manifest {wanted} of {client.Endpoint}"));
    }

    public override Stream OpenBlob(Descriptor blob, long offset) => FromFirst(client =>
    {
        var act = $"read the blob {blob.Digest} of {client.Endpoint}";
        var uri = client.InRepository($"blobs/{blob.Digest}");
        var stream = new BlobStream(blob, offset, act, client, from => client.Open(new Request(HttpMethod.Get, uri) { From = from > 0 ? from : null }, act));
        stream.Start();
        return stream;
    });

    // The best one first, then the others; when all fail, all reasons are told.
    private T FromFirst<T>(Func<RegistryClient, T> act)
    {
        List<string> reasons = [];
        var best = _best;
        for (var i = 0; i < _clients.Count; i++)
        {
            var at = i == 0 ? best : i <= best ? i - 1 : i;
            try
            {
                var result = act(_clients[at]);
                _best = at;
                return result;
            }
            catch (JsonError error)
            {
                reasons.Add(error.Message);
            }
        }
        throw new ImageError(string.Join("; ", reasons));
    }

    public override void Dispose()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }
        base.Dispose();
    }
}
