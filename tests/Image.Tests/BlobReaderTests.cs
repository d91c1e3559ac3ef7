using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using SharpRun.Image.Blobs;
using SharpRun.Json;
using SharpRun.Oci;
using Xunit;
using static SharpRun.Image.Tests.BlobSamples;

namespace SharpRun.Image.Tests;

public sealed class BlobReaderTests
{
    private static readonly byte[] s_content = Content(3_000_000);

    // RFC 8878, 3.1.2: magic, length, and bytes that are not for us; stargz and zstd:chunked keep their tables there.
    private static readonly byte[] s_skippable = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];

    public static IEnumerable<TheoryDataRow<string, byte[]>> Blobs()
    {
        var (first, second) = (s_content[..1_000_001], s_content[1_000_001..]);
        yield return new("plain", s_content);
        yield return new("gzip", Gzip(s_content));
        yield return new("gzip of two members", [.. Gzip(first), .. Gzip(second)]);
        yield return new("gzip with an empty member", [.. Gzip(first), .. Gzip([]), .. Gzip(second)]);
        yield return new("gzip with zeros after it", [.. Gzip(s_content), .. new byte[1000]]);
        yield return new("zstd", Zstd(s_content));
        yield return new("zstd of two frames", [.. Zstd(first), .. Zstd(second)]);
        yield return new("zstd with frames to skip", [.. s_skippable, .. Zstd(first), .. s_skippable, .. Zstd(second), .. s_skippable]);
    }

    [Theory]
    [MemberData(nameof(Blobs))]
    public void A_layer_is_read_however_it_is_compressed(string how, byte[] blob)
    {
        using var reader = Reader(blob, Digest.Of(s_content));
        Assert.True(Read(reader).AsSpan().SequenceEqual(s_content), how);
        Assert.Equal(s_content.Length, reader.Count);
        Assert.Equal(Digest.Of(s_content), reader.Finish());
    }

    [Theory]
    [MemberData(nameof(Blobs))]
    public void What_the_reader_left_is_verified_too(string how, byte[] blob)
    {
        using var reader = Reader(blob);
        reader.ReadExactly(new byte[10]);
        Assert.True(Digest.Of(s_content) == reader.Finish(), how);
    }

    [Theory]
    [MemberData(nameof(Blobs))]
    public void A_cut_layer_is_an_error_although_its_digest_is_right(string how, byte[] blob)
    {
        // But that zeros, or what may be skipped, are missing is none.
        foreach (var length in new[] { blob.Length - 1100, blob.Length / 2, 100, 20 }.Where(_ => how is "gzip" or "zstd"))
        {
            Assert.Contains("decompress it: ", Error(blob[..length]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    [InlineData(1000)]
    public void A_second_member_that_is_cut_is_an_error_too(int length) =>
        Assert.Contains("decompress it: ", Error([.. Gzip(s_content), .. Gzip(s_content)[..length]]));

    [Fact]
    public void An_empty_blob_is_an_empty_layer()
    {
        using var reader = Reader([]);
        Assert.Empty(Read(reader));
        Assert.Equal(Digest.Of([]), reader.Finish());
    }

    [Theory]
    [InlineData("BZh91AY", "bzip2")]
    [InlineData("\u00fd7zXZ\0\0", "xz")]
    public void Other_compressions_are_refused_by_name(string start, string name) =>
        Assert.EndsWith($"it is compressed by {name}, and only gzip and zstd are read", Error(Encoding.Latin1.GetBytes(start)));

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip+encrypted")]
    [InlineData(MediaTypes.Config)]
    public void Other_media_types_are_refused_by_name(string mediaType) =>
        Assert.EndsWith($"its media type {mediaType} is unknown", Error(() => new BlobReader(Stream.Null, Describe([], mediaType))));

    [Theory]
    [InlineData(MediaTypes.Layer)]
    [InlineData(MediaTypes.LayerZstd)]
    [InlineData(MediaTypes.DockerLayer)]
    [InlineData(MediaTypes.DockerLayerGzip)]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")]
    [InlineData("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")]
    public void The_first_bytes_tell_the_compression_not_the_media_type(string mediaType)
    {
        var blob = Gzip("x"u8.ToArray());
        using var reader = new BlobReader(new MemoryStream(blob), Describe(blob, mediaType));
        Assert.Equal("x"u8.ToArray(), Read(reader));
    }

    // mutant: ImageCheck.BlobHasItsDigest ImageCheck.BlobIsNotShorter
    [Fact]
    public void Other_bytes_than_those_of_the_digest_are_an_error_that_says_so()
    {
        foreach (var blob in new[] { Gzip(s_content), Zstd(s_content), s_content })
        {
            var changed = blob.ToArray();
            changed[blob.Length / 2] ^= 0x10;
            Assert.Equal($"read blob {Digest.Of(blob)}: its bytes are those of {Digest.Of(changed)}",
                Error(() => new BlobReader(new MemoryStream(changed), Describe(blob))));
            Assert.Equal($"read blob {Digest.Of(blob)}: it ends after 1000 of its {blob.Length} bytes",
                Error(() => new BlobReader(new MemoryStream(blob[..1000]), Describe(blob))));
        }
    }

    // mutant: ImageCheck.BlobIsNotLonger
    [Fact]
    public void Of_a_blob_that_is_too_long_one_byte_more_is_read()
    {
        var blob = Gzip(s_content);
        var endless = new MemoryStream([.. blob, .. new byte[1_000_000]]);
        Assert.Equal($"read blob {Digest.Of(blob)}: it has more than its {blob.Length} bytes",
            Error(() => new BlobReader(new KeptStream(endless), Describe(blob))));
        Assert.Equal(blob.Length + 1, endless.Position);
    }

    // mutant: ImageCheck.LayerHasItsDiffId
    [Fact]
    public void Another_diff_id_is_an_error()
    {
        var blob = Gzip(s_content);
        using var reader = Reader(blob, Digest.Of([]));
        Assert.Equal($"read layer {Digest.Of(blob)}: its uncompressed bytes are those of {Digest.Of(s_content)}, not of {Digest.Of([])}",
            Assert.ThrowsAny<JsonError>(() => reader.Finish()).Message);
    }

    [Fact]
    public void A_zstd_window_above_the_limit_is_refused_before_it_takes_memory()
    {
        // RFC 8878, 3.1.1.1.2: a frame of a window of 2^(10 + exponent), with an empty last block.
        byte[] Frame(int exponent) => [0x28, 0xb5, 0x2f, 0xfd, 0, (byte)(exponent << 3), 1, 0, 0];
        using var reader = Reader(Frame(BlobLimits.MaxWindowLog - 10));
        Assert.Empty(Read(reader));
        Assert.Contains("decompress it: ", Error(Frame(BlobLimits.MaxWindowLog - 10 + 1)));
    }

    // mutant: ImageCheck.LayerIsNoBomb
    [Fact]
    public void A_bomb_is_refused()
    {
        // A block of 128 KiB from four bytes (RFC 8878, 3.1.1.2.2), 16,384 of them, is 2 GiB.
        byte[] frame = [0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3, .. Enumerable.Repeat<byte[]>([2, 0, 0x10, 0], 16_384).SelectMany(block => block), 1, 0, 0];
        Assert.EndsWith($"it grows to more than {BlobLimits.MaxRatio} times its size", Error(frame));
    }

    [Fact]
    public void Errors_of_the_source_come_to_the_reader_after_the_bytes_before_them()
    {
        var error = new IOException("connection reset");
        using var reader = new BlobReader(new BrokenStream(s_content[..600_000], error), Describe(s_content));
        reader.ReadExactly(new byte[500_000]);
        Assert.Same(error, Assert.Throws<IOException>(() => reader.Finish()));
        Assert.Same(error, Assert.Throws<IOException>(() => reader.ReadByte()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2_000_000)]
    [InlineData(3_000_000)]
    public void A_reader_may_be_closed_at_any_moment(int read)
    {
        var source = new MemoryStream(s_content);
        var reader = new BlobReader(source, Describe(s_content));
        reader.ReadExactly(new byte[read]);
        reader.Dispose();
        reader.Dispose();
        Assert.False(source.CanRead);
        Assert.Throws<ObjectDisposedException>(() => reader.ReadByte());
    }

    // mutant: ImageCheck.LayerIsOfAKnownType
    [Fact]
    public void A_blob_that_is_refused_is_closed_too()
    {
        var source = new MemoryStream(s_content);
        Assert.ThrowsAny<JsonError>(() =>
        {
            using var reader = new BlobReader(source, Describe(s_content, "text/plain"));
            reader.Finish();
        });
        Assert.False(source.CanRead);
    }

    [Fact]
    public void Closing_does_not_wait_for_a_source_that_gives_nothing()
    {
        var watch = Stopwatch.StartNew();
        using var source = new StuckStream();
        new BlobReader(source, Describe(s_content)).Dispose();
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 4);
    }

    // mutant: ImageCheck.SmallBlobIsSmall
    [Fact]
    public void A_small_blob_is_read_whole_and_verified()
    {
        byte[] Of(byte[] source, byte[] blob, int limit = 100) => VerifiedStream.ReadAll(new MemoryStream(source), Describe(blob), limit);
        byte[] blob = [1, 2, 3], other = [1, 2, 4];
        Assert.Equal(blob, Of(blob, blob, 3));
        Assert.Empty(Of([], []));
        Assert.EndsWith("it has 3 bytes, more than the 2 that are read", Assert.ThrowsAny<JsonError>(() => Of(blob, blob, 2)).Message);
        Assert.EndsWith($"its bytes are those of {Digest.Of(other)}", Assert.ThrowsAny<JsonError>(() => Of(other, blob)).Message);
        Assert.EndsWith("it ends after 2 of its 3 bytes", Assert.ThrowsAny<JsonError>(() => Of(blob[..2], blob)).Message);
        Assert.EndsWith("it has more than its 3 bytes", Assert.ThrowsAny<JsonError>(() => Of([.. blob, 4], blob)).Message);
    }

    // Stays open, so that one can see how far it was read.
    private sealed class KeptStream(MemoryStream inner) : MemoryStream
    {
        public override int Read(Span<byte> buffer) => inner.Read(buffer);

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);
    }

    private sealed class BrokenStream(byte[] start, Exception error) : MemoryStream(start)
    {
        // What is made from MemoryStream reads spans by this as well.
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, count) is var got and > 0 ? got : throw error;
    }

    // As a socket: a read waits until the stream is closed.
    private sealed class StuckStream : MemoryStream
    {
        private readonly ManualResetEventSlim _closed = new();

        public override int Read(Span<byte> buffer)
        {
            _closed.Wait();
            throw new ObjectDisposedException(nameof(StuckStream));
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        protected override void Dispose(bool disposing)
        {
            _closed.Set();
            base.Dispose(disposing);
        }
    }
}
