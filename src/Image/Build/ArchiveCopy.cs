using System;
using System.IO;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SharpRun.Image.Blobs;
using SharpRun.Image.Unpack;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;

namespace SharpRun.Image.Build;

/// <summary>ADD of an archive: what is in it goes into the destination, which is "/" for every path in the archive. Its names that begin with .wh. are
/// names here, not whiteouts; packing the layer refuses them.</summary>
static class ArchiveCopy
{
    private const int Header = 512;

    private static readonly Digest s_nothing = Digest.Of([]);

    /// <summary>What ADD unpacks: a tar archive, plain or compressed. A compressed file that is none is copied as it is (docker).</summary>
    public static bool IsArchive(CopySource source)
    {
        if (source.IsDirectory || source is HeredocSource)
        {
            return false;
        }
        var start = new byte[Header];
        using (var content = Open(source))
        {
            var length = content.ReadAtLeast(start, Header, throwOnEndOfStream: false);
            RefuseOthers(source, start.AsSpan(0, length));
        }
        try
        {
            using var archive = Compressions.Open(Open(source), s_nothing);
            return new TarReader(archive, TarLimits.Default).Next() is not null;
        }
        catch (Exception error) when (error is TarError or InvalidDataException or ZstdSharp.ZstdException or EndOfStreamException)
        {
            return false;
        }
    }

    public static void Unpack(CopySource source, SafeFileHandle directory, Owner? owner, CopyDigest? digest)
    {
        if (digest is not null)
        {
            _ = Hash(source, digest);
        }
        var root = (int)directory.DangerousGetHandle();
        using var archive = Compressions.Open(Open(source), s_nothing);
        var reader = new TarReader(archive, TarLimits.Default);
        var writer = new EntryWriter(Owners.OfImage, new Losses());
        using var parent = new OpenParent(root, writer, null);
        var path = new EntryPath();
        while (Next(reader, source) is { } entry)
        {
            var owned = owner is { } to ? entry with { Uid = to.Uid, Gid = to.Gid } : entry;
            path.Set(owned.Name, owned.Name);
            if (path.IsRoot)
            {
                continue;
            }
            parent.Enter(path.Parent, owned, makes: true);
            if (owned.Kind == TarKind.HardLink)
            {
                Link(root, parent, path, owned);
            }
            else if (writer.Make(parent.Current, path.Last, owned, reader))
            {
                parent.Forget();
            }
        }
        parent.Leave();
        writer.Finish(root);
    }

    private static void Link(int root, OpenParent parent, EntryPath path, TarEntry entry)
    {
        var target = new EntryPath();
        target.Set(entry.LinkName, entry.Name);
        var opened = RootPath.Open(root, (byte[])[(byte)'/', .. target.Parent, 0], Native.O_PATH | Native.O_DIRECTORY);
        using var held = new SafeFileHandle(opened.OrThrow($"link {TarText.Of(entry.Name)} to {TarText.Of(entry.LinkName)}"), ownsHandle: true);
        EntryWriter.Link(parent.Current, path.Last, entry, opened.Value, target.Last);
    }

    private static TarEntry? Next(TarReader reader, CopySource source)
    {
        try
        {
            return reader.Next();
        }
        catch (Exception error) when (error is InvalidDataException or ZstdSharp.ZstdException or EndOfStreamException)
        {
            throw new ImageError($"unpack {source.What}: {error.Message}");
        }
    }

    // The bytes of the archive, as the key has them.
    private static long Hash(CopySource source, CopyDigest digest)
    {
        digest.Begin(source);
        long size = 0;
        foreach (var entry in source.Entries())
        {
            digest.Add(entry, keepsOwners: false);
            using var content = source.OpenContent(entry);
            var block = new byte[128 << 10];
            for (var length = content.Read(block); length > 0; length = content.Read(block))
            {
                digest.AddContent(block.AsSpan(0, length));
                size += length;
            }
        }
        return size;
    }

    private static void RefuseOthers(CopySource source, ReadOnlySpan<byte> start)
    {
        var isXz = start.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]);
        if (isXz || start.StartsWith("BZh"u8))
        {
            throw new ImageError($"ADD {source.What}: archives of {(isXz ? "xz" : "bzip2")} cannot be unpacked (COPY copies it as it is)");
        }
    }

    private static Stream Open(CopySource source)
    {
        foreach (var entry in source.Entries())
        {
            return source.OpenContent(entry);
        }
        throw new ImageError($"open {source.What}: it is gone");
    }
}
