using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using CsCheck;
using Xunit;
using static SharpRun.Tar.Tests.Archive;

namespace SharpRun.Tar.Tests;

public sealed class RoundTripTests
{
    // Where the fields of ustar end, and what is a digit too much for them.
    private static readonly Gen<long> s_size = Gen.OneOf(Gen.Long[0, 3000], Gen.Const(0L), Gen.Const(512L), Gen.Const(70_000L));
    private static readonly Gen<long> s_id = Gen.OneOf(Gen.Long[0, 70_000], Any(2_097_151L, 2_097_152, 4_294_967_294, long.MaxValue));

    private static readonly Gen<TarTime> s_time = Gen.Select(
        Gen.OneOf(Gen.Long[-3, 3], Gen.Long, Any((1L << 33) - 1, 1L << 33)).Where(seconds => seconds > long.MinValue + 1),
        Gen.OneOf(Any(0, 1, 999_999_999, 500_000_000), Gen.Int[0, 999_999_999]), (seconds, nanoseconds) => new TarTime(seconds, nanoseconds));

    private static readonly Gen<byte> s_letter = Gen.OneOf(Gen.Const((byte)'/'), Gen.Byte[97, 122], Gen.Byte[1, 255]);

    private static readonly Gen<byte[]> s_path =
        Gen.OneOf(s_letter.Array[1, 12], s_letter.Array[95, 105], s_letter.Array[150, 260], Gen.Byte[97, 98].Array[90, 300]);

    private static readonly Gen<TarAttribute> s_attribute = Gen.Select(Gen.OneOf(Any((byte)'=', (byte)'%', (byte)'3', (byte)'D'), Gen.Byte[1, 255]).Array[1, 8],
        Gen.Byte.Array[0, 120], (name, value) => new TarAttribute(name, value));

    private static readonly Gen<(TarEntry Entry, byte[] Content)> s_entry = Gen.Select(
        Gen.Enum<TarKind>(), s_path, s_path, Gen.Select(s_id, s_id, s_size), s_time, Gen.Select(Gen.UInt, Gen.UInt, Gen.UInt), s_attribute.Array[0, 3], Make);

    private static Gen<T> Any<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static (TarEntry, byte[]) Make(TarKind kind, byte[] name, byte[] link, (long Uid, long Gid, long Size) numbers, TarTime time,
        (uint Mode, uint Major, uint Minor) bits, TarAttribute[] attributes)
    {
        var isDevice = kind is TarKind.CharDevice or TarKind.BlockDevice;
        name = [.. name.AsSpan().TrimEnd((byte)'/'), kind == TarKind.Directory ? (byte)'/' : (byte)'x'];
        var size = kind == TarKind.File ? numbers.Size : 0;
        var content = new byte[size];
        new Random((int)size).NextBytes(content);
        return (new TarEntry(kind, name)
        {
            LinkName = kind is TarKind.HardLink or TarKind.Symlink ? link : [],
            Mode = bits.Mode & 0xfff,
            Uid = numbers.Uid,
            Gid = numbers.Gid,
            Size = size,
            ModifiedAt = time,
            DeviceMajor = isDevice ? bits.Major : 0,
            DeviceMinor = isDevice ? bits.Minor >> 8 : 0,
            Attributes = [.. attributes.DistinctBy(one => Text(one.Name))],
        }, content);
    }

    private static byte[] Written(IEnumerable<(TarEntry Entry, byte[] Content)> entries)
    {
        using var archive = new MemoryStream();
        var writer = new TarWriter(archive);
        foreach (var (entry, content) in entries)
        {
            writer.Write(entry);
            foreach (var piece in content.Chunk(1500))
            {
                writer.WriteData(piece);
            }
        }
        writer.Finish();
        Assert.Equal(writer.Position, archive.Length);
        return archive.ToArray();
    }

    [Fact]
    public void What_is_written_is_read() => s_entry.Array[0, 6].Sample(entries =>
    {
        var archive = Written(entries);
        Assert.Equal(0, archive.Length % 10240);
        Assert.Equal(archive, Written(entries));
        var read = Read(archive);
        Assert.Equal(entries.Length, read.Count);
        foreach (var (expected, actual) in entries.Zip(read))
        {
            Same(expected.Entry, actual.Entry);
            Assert.True(expected.Content.AsSpan().SequenceEqual(actual.Content));
        }
    }, iter: 500);

    // mutant: TarCheck.DataAreWhole
    [Fact]
    public void An_archive_cut_anywhere_gives_fewer_entries_or_an_error_and_never_another_content()
    {
        // Short, for each byte of it is a place to cut at.
        var entries = s_entry.Array[6].Single(_ => true, "5Uf8azVFjaR2").Select(one =>
            (one.Entry with { Size = one.Content.Length % 1500 }, one.Content[..(one.Content.Length % 1500)]));
        byte[][] samples = [Written(entries), Sample()];
        foreach (var sample in samples)
        {
            var whole = Read(sample);
            for (var length = 0; length < sample.Length; length++)
            {
                RequireBeginning(sample[..length], whole);
            }
        }
    }

    private static void RequireBeginning(byte[] cut, List<(TarEntry Entry, byte[] Content)> whole)
    {
        var reader = Reader(cut);
        var count = 0;
        try
        {
            while (reader.Next() is { } entry)
            {
                var content = Content(reader, entry);
                Assert.Equal(Text(whole[count].Entry.Name), Text(entry.Name));
                Assert.True(whole[count].Content.AsSpan().SequenceEqual(content));
                count++;
            }
        }
        catch (TarError error)
        {
            Assert.Matches("^(at byte [0-9]+|entry [^\n]+): [^\n]+$", error.Message);
        }
        Assert.True(count <= whole.Count);
    }

    // One of everything that the writer does not write.
    private static byte[] Sample() => Join(
        Pax(Record("mtime", "1.5"), 'g'), Header("v7/", '\0', magic: ""), Long('K', new string('k', 600)), Long('L', new string('n', 600)),
        Header("l", '2', link: "x"),
        Header("old", 'S', Octal(600), magic: "ustar  \0", change: block =>
        {
            Put(block, 386, "1000");
            Put(block, 398, "1130");
            Put(block, 483, "10000");
        }), Padded(new byte[600]),
        Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s"), ("GNU.sparse.realsize", "2000")), Header("x", size: Octal(522)),
        Data("1\n100\n10\n"), Data("0123456789"), Header("last", size: "5"), Data("hello"));
}
