using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Image.Blobs;
using SharpRun.Image.Pack;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;

namespace SharpRun.Image.Build;

/// <summary>
/// What a copy depends on: names, kinds, modes, contents, links, attributes of its sources, and owners where they are kept; not times, as docker.
/// Every part has its length in front, so that two different trees are never the same bytes.
/// </summary>
sealed class CopyDigest : IDisposable
{
    private readonly Hasher _hash = new();
    private readonly byte[] _block = new byte[128 << 10];

    public static Digest Of(IReadOnlyList<CopySource> sources, bool keepsOwners)
    {
        using var digest = new CopyDigest();
        foreach (var source in sources)
        {
            digest.Begin(source);
            foreach (var entry in source.Entries())
            {
                digest.Add(entry, keepsOwners);
                if (entry.Status.IsRegular)
                {
                    digest.AddContent(source, entry);
                }
            }
        }
        return digest.Finish();
    }

    public void Begin(CopySource source) => AddPart(source.Name);

    public void Add(TreeEntry entry, bool keepsOwners)
    {
        var status = entry.Status;
        AddNumber(status.Mode);
        AddPart(entry.Path);
        AddPart(entry.LinkTarget);
        AddNumber(keepsOwners ? status.Uid : 0);
        AddNumber(keepsOwners ? status.Gid : 0);
        AddNumber(status.IsCharDevice || status.IsBlockDevice ? (ulong)status.RdevMajor << 32 | status.RdevMinor : 0);
        AddNumber(status.IsRegular ? status.Size : 0);
        var attributes = entry.Attributes.Where(attribute => TreeCopy.IsCopied(attribute.Name)).ToList();
        AddNumber((ulong)attributes.Count);
        foreach (var attribute in attributes)
        {
            AddPart(attribute.Name);
            AddPart(attribute.Value);
        }
    }

    /// <summary>A piece of the content of the entry that was added last.</summary>
    public void AddContent(ReadOnlySpan<byte> bytes) => _hash.Append(bytes);

    public Digest Finish() => _hash.Finish();

    public void Dispose() => _hash.Dispose();

    private void AddContent(CopySource source, TreeEntry entry)
    {
        using var content = source.OpenContent(entry);
        for (var length = content.Read(_block); length > 0; length = content.Read(_block))
        {
            AddContent(_block.AsSpan(0, length));
        }
    }

    private void AddPart(ReadOnlySpan<byte> bytes)
    {
        AddNumber((ulong)bytes.Length);
        _hash.Append(bytes);
    }

    private void AddNumber(ulong number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        _hash.Append(bytes);
    }
}
