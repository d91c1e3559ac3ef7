using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using SharpRun.Image.Transports;
using SharpRun.Oci;

namespace SharpRun.Image.Tests;

/// <summary>An image in memory that can be read wrongly in every way.</summary>
sealed class MemorySource : ImageSource
{
    private readonly Dictionary<Digest, byte[]> _contents = [];
    private readonly Dictionary<Digest, string> _types = [];

    public override string Name => "memory";

    public Document? Top { get; set; }

    /// <summary>Which blobs were opened, and from where on.</summary>
    public List<(Digest Digest, long Offset)> Opened { get; } = [];

    /// <summary>Replaces what is read of a blob.</summary>
    public Func<Descriptor, long, Stream>? Instead { get; set; }

    public Descriptor Add(byte[] bytes, string mediaType = MediaTypes.Layer)
    {
        var digest = Digest.Of(bytes);
        _contents[digest] = bytes;
        _types[digest] = mediaType;
        return new Descriptor(mediaType, digest, bytes.Length);
    }

    public Descriptor Add(Document document) => Add(document.Bytes, document.MediaType);

    /// <summary>An image of these layers, which becomes the top.</summary>
    public Document AddImage(string architecture, params byte[][] layers)
    {
        var diffIds = string.Join(',', layers.Select(layer => $"\"{Digest.Of(layer)}\""));
        var config = Add(Encoding.UTF8.GetBytes(
            $$"""{"os":"linux","architecture":"{{architecture}}","rootfs":{"type":"layers","diff_ids":[{{diffIds}}]} }"""), MediaTypes.Config);
        Top = new Manifest { Config = config, Layers = [.. layers.Select(layer => Add(layer))] }.ToDocument();
        Add(Top);
        return Top;
    }

    /// <summary>An index of these, which becomes the top.</summary>
    public Document AddIndex(params (Document Manifest, string Architecture)[] manifests)
    {
        var entries = manifests.Select(one => Documents.DescriptorOf(one.Manifest) with { Platform = new Platform("linux", one.Architecture) });
        Top = new ImageIndex { Manifests = [.. entries] }.ToDocument();
        Add(Top);
        return Top;
    }

    public void Replace(Digest digest, byte[] bytes) => _contents[digest] = bytes;

    public void Forget(Digest digest) => _contents.Remove(digest);

    public override Document ReadManifest(Digest? digest)
    {
        if (digest is not { } wanted)
        {
            return Top!;
        }
        return _contents.TryGetValue(wanted, out var bytes)
            ? Document.Of(bytes, _types[wanted]) with { Digest = wanted }
            : throw new ImageError($"memory has no manifest {wanted}");
    }

    public override Stream OpenBlob(Descriptor blob, long offset)
    {
        lock (Opened)
        {
            Opened.Add((blob.Digest, offset));
        }
        return Instead?.Invoke(blob, offset) ?? new MemoryStream(_contents[blob.Digest]) { Position = offset };
    }
}

/// <summary>Bytes that never end.</summary>
sealed class EndlessStream : Stream
{
    public long Given { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        Given += count;
        return count;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
