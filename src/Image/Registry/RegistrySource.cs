using System;
using System.IO;
using SharpRun.Image.Transports;
using SharpRun.Oci;

namespace SharpRun.Image.Registry;

/// <summary>docker://HOST/REPOSITORY[:TAG|@DIGEST], read.</summary>
sealed class RegistrySource(string host, string repository, string? tag, Digest? digest, RegistrySettings settings) : ImageSource
{
    public override string Name => $"docker://{host}/{repository}{(tag is null ? "" : ":" + tag)}{(digest is null ? "" : "@" + digest)}";

    public override Document ReadManifest(Digest? digest) => throw new NotImplementedException(settings.ToString());

    public override Stream OpenBlob(Descriptor blob, long offset) => throw new NotImplementedException();
}
