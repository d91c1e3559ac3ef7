using System;
using SharpRun.Image.Transports;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>docker://HOST/REPOSITORY[:TAG|@DIGEST], written.</summary>
sealed class RegistryDestination(string host, string repository, string? tag, Digest? digest, RegistrySettings settings) : ImageDestination
{
    public override string Name => $"docker://{host}/{repository}{(tag is null ? "" : ":" + tag)}{(digest is null ? "" : "@" + digest)}";

    public override bool HasBlob(Descriptor blob) => throw new NotImplementedException(settings.ToString());

    public override void PutBlob(Descriptor blob, ImageSource source, Action<long> received) => throw new NotImplementedException();

    public override void PutManifest(Document document) => throw new NotImplementedException();

    public override void Finish(Document top) => throw new NotImplementedException();
}
