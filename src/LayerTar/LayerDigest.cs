using System;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.LayerTar;

/// <summary>The name of what an archive would be, without writing it (image-spec, config.md, "Layer DiffID").</summary>
public static class LayerDigest
{
    /// <summary>Null: nothing has been changed.</summary>
    /// <param name="upper">A tree in overlay's form.</param>
    public static Digest? Of(TreeRoot upper, LayerRules rules, SourceDate date)
    {
        using var stream = new HashedStream();
        var archive = new LayerArchive(stream, date);
        TreeLayer.Write(upper, rules, archive);
        archive.Finish();
        return archive.Count == 0 ? null : stream.Finish();
    }

    private sealed class HashedStream : ForwardStream
    {
        private readonly Sha256 _hash = new();

        public override bool CanWrite => true;

        public override void Write(ReadOnlySpan<byte> buffer) => _hash.Append(buffer);

        public Digest Finish()
        {
            Span<byte> hash = stackalloc byte[32];
            _hash.Finish(hash);
            return Digest.OfSha256(hash);
        }
    }
}
