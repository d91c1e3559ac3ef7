using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using SharpRun.Image.Blobs;
using SharpRun.Oci;
using Xunit;
using static SharpRun.Image.Tests.BlobSamples;

namespace SharpRun.Image.Tests;

public sealed class BlobCompressorTests
{
    private static (CompressedLayer Layer, byte[] Blob) Compress(byte[] content, Compression compression, int piece)
    {
        using var blob = new MemoryStream();
        using var compressor = new LayerCompressor(blob, compression);
        for (var at = 0; at < content.Length; at += piece)
        {
            compressor.Write(content, at, Math.Min(piece, content.Length - at));
        }
        return (compressor.Finish(), blob.ToArray());
    }

    public static TheoryData<string, int> Lengths()
    {
        var data = new TheoryData<string, int>();
        foreach (var compression in Enum.GetNames<Compression>())
        {
            foreach (var length in new[] { 0, 1, 1 << 20, (1 << 20) + 1, 7_654_321 })
            {
                data.Add(compression, length);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void What_is_compressed_is_read_again_and_both_digests_are_known(string name, int length)
    {
        var content = Content(length);
        var (layer, blob) = Compress(content, Enum.Parse<Compression>(name), 100_000);
        Assert.Equal((Digest.Of(blob), blob.Length, Digest.Of(content)), (layer.Digest, layer.Size, layer.DiffId));
        using var reader = new BlobReader(new MemoryStream(blob), layer.Descriptor, layer.DiffId);
        Assert.True(Read(reader).AsSpan().SequenceEqual(content));
        reader.Finish();
    }

    [Theory]
    [InlineData("Gzip")]
    [InlineData("Zstd")]
    public void The_same_bytes_give_the_same_blob_however_they_come(string name)
    {
        var content = Content(5_000_000);
        var blobs = new[] { 1_000, 4096, 2_500_000, 5_000_000 }.Select(piece => Compress(content, Enum.Parse<Compression>(name), piece).Layer.Digest);
        Assert.Single(blobs.Distinct());
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        var content = Content(9_000_000);
        var blobs = Enumerable.Range(1, ParallelGzip.MostThreads).Select(threads =>
        {
            using var blob = new MemoryStream();
            using (var gzip = new ParallelGzip(blob, threads))
            {
                gzip.Write(content);
            }
            return Digest.Of(blob.ToArray());
        });
        Assert.Single(blobs.Distinct());
    }

    [Fact]
    public void The_header_of_gzip_has_no_time_and_no_system() =>
        Assert.Equal([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], Compress([1], Compression.Gzip, 1).Blob[..10]);

    [Theory]
    [InlineData("Gzip", "gzip")]
    [InlineData("Zstd", "zstd")]
    public void Other_tools_read_it(string name, string tool)
    {
        if (tool == "zstd" && !File.Exists("/usr/bin/zstd"))
        {
            // Not of every machine; the reader's own library is tried above.
            return;
        }
        var content = Content(4_000_000);
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Compress(content, Enum.Parse<Compression>(name), 65_536).Blob);
            var start = new ProcessStartInfo("sh", ["-c", $"{tool} -dc < {path}"]) { RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            using var output = new MemoryStream();
            process.StandardOutput.BaseStream.CopyTo(output);
            process.WaitForExit();
            Assert.Equal(0, process.ExitCode);
            Assert.True(output.ToArray().AsSpan().SequenceEqual(content));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("Gzip")]
    [InlineData("Zstd")]
    [InlineData("None")]
    public void An_error_of_the_destination_comes_to_the_writer_and_nothing_hangs(string name)
    {
        var content = Content(8_000_000);
        using var compressor = new LayerCompressor(new FullStream(), Enum.Parse<Compression>(name));
        Assert.Throws<IOException>(() =>
        {
            compressor.Write(content);
            compressor.Finish();
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(6_000_000)]
    public void A_compressor_may_be_given_up_at_any_moment(int length)
    {
        foreach (var compression in Enum.GetValues<Compression>())
        {
            using var compressor = new LayerCompressor(Stream.Null, compression);
            compressor.Write(Content(length));
        }
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer) => Write([], 0, buffer.Length);

        public override void Write(byte[] buffer, int offset, int count)
        {
            Position += count;
            if (Position > 100_000)
            {
                throw new IOException("no space left on device");
            }
        }
    }
}
