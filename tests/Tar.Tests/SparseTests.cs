using System;
using System.Collections.Generic;
using System.Linq;
using Xunit;
using static SharpRun.Tar.Tests.Archive;

namespace SharpRun.Tar.Tests;

public sealed class SparseTests
{
    private const string Data10 = "0123456789";

    // 3 bytes at 100, 7 at 1000, and an empty piece at the end, 2000.
    private static readonly (long Offset, long Length)[] s_map = [(100, 3), (1000, 7), (2000, 0)];

    private static byte[] Old(string realSize, (long Offset, long Length)[] map, string magic = "ustar  \0", long stored = 10)
    {
        var header = Header("s", 'S', Octal(stored), magic: magic, change: block =>
        {
            Put(block, 483, realSize);
            PutPieces(block, 386, map.Take(4));
            block[482] = (byte)(map.Length > 4 ? 1 : 0);
        });
        var blocks = new List<byte>(header);
        for (var at = 4; at < map.Length; at += 21)
        {
            var block = new byte[512];
            PutPieces(block, 0, map.Skip(at).Take(21));
            block[504] = (byte)(map.Length > at + 21 ? 1 : 0);
            blocks.AddRange(block);
        }
        return [.. blocks];
    }

    private static void PutPieces(byte[] block, int at, IEnumerable<(long Offset, long Length)> pieces)
    {
        foreach (var (offset, length) in pieces)
        {
            Put(block, at, Octal(offset).PadLeft(11, '0'));
            Put(block, at + 12, Octal(length).PadLeft(11, '0'));
            at += 24;
        }
    }

    private static byte[] Pax00(long size, params (long Offset, long Length)[] map) => Pax(
    [
        .. Record("GNU.sparse.size", $"{size}"), .. Record("GNU.sparse.numblocks", $"{map.Length}"),
        .. map.SelectMany(piece => (byte[])[.. Record("GNU.sparse.offset", $"{piece.Offset}"), .. Record("GNU.sparse.numbytes", $"{piece.Length}")]),
    ]);

    private static byte[] Pax01(string map, string size = "2000") =>
        Pax(("GNU.sparse.map", map), ("GNU.sparse.name", "dir/s"), ("GNU.sparse.numblocks", "1"), ("GNU.sparse.size", size));

    private static byte[] Pax10(string size = "2000", string major = "1", string minor = "0") =>
        Pax(("GNU.sparse.major", major), ("GNU.sparse.minor", minor), ("GNU.sparse.name", "dir/s"), ("GNU.sparse.realsize", size));

    private static void IsTheFile((TarEntry Entry, byte[] Content) read, string name)
    {
        var expected = new byte[2000];
        Bytes(Data10)[..3].CopyTo(expected, 100);
        Bytes(Data10)[3..].CopyTo(expected, 1000);
        Assert.Equal((name, 2000L, true, TarKind.File), (Text(read.Entry.Name), read.Entry.Size, read.Entry.IsSparse, read.Entry.Kind));
        Assert.Equal(expected, read.Content);
    }

    [Fact]
    public void All_four_forms_are_read()
    {
        IsTheFile(One(Old(Octal(2000), s_map), Data(Data10)), "s");
        IsTheFile(One(Pax00(2000, s_map), Header("s", size: Octal(10)), Data(Data10)), "s");
        IsTheFile(One(Pax01("100,3,1000,7,2000,0"), Header("GNUSparseFile.1/s", size: Octal(10)), Data(Data10)), "dir/s");
        IsTheFile(One(Pax10(), Header("GNUSparseFile.1/s", size: Octal(522)), Data("3\n100\n3\n1000\n7\n2000\n0\n"), Data(Data10)), "dir/s");
    }

    [Fact]
    public void Holes_are_not_given()
    {
        var reader = Reader(Join(Old(Octal(2000), s_map), Data(Data10), Header("next")));
        reader.Next();
        var buffer = new byte[2];
        var pieces = new List<(long, int)>();
        while (reader.ReadData(buffer, out var offset) is var count and > 0)
        {
            pieces.Add((offset, count));
        }
        Assert.Equal([(100, 2), (102, 1), (1000, 2), (1002, 2), (1004, 2), (1006, 1)], pieces);
        Assert.Equal("next", Text(reader.Next()!.Name));
    }

    [Fact]
    public void A_file_of_one_hole_has_no_pieces()
    {
        var (entry, content) = One(Old(Octal(2000), [(2000, 0)], stored: 0), Header("next")[..0]);
        Assert.Equal(2000, entry.Size);
        Assert.Equal(new byte[2000], content);
        Assert.True(One(Pax10(), Header("x", size: Octal(512)), Data("0\n")).Entry.IsSparse);
    }

    [Fact]
    public void A_map_may_go_over_many_blocks()
    {
        (long Offset, long Length)[] map = [.. Enumerable.Range(0, 100).Select(i => (i * 1000L, 1L))];
        var stored = new string('x', 100);
        var text = "100\n" + string.Concat(map.Select(piece => $"{piece.Offset}\n{piece.Length}\n"));
        var old = One(Old(Octal(100_000), map, stored: 100), Data(stored));
        var textual = One(Pax10("100000"), Header("x", size: Octal(Data(text).Length + 100)), Data(text), Data(stored));
        Assert.Equal(100, old.Content.Count(value => value == 'x'));
        Assert.Equal(old.Content, textual.Content);
        Assert.Equal((byte)'x', old.Content[99_000]);
    }

    [Fact]
    public void What_was_not_read_of_a_sparse_file_is_skipped()
    {
        var reader = Reader(Join(Pax10(), Header("x", size: Octal(522)), Data("2\n100\n3\n1000\n7\n"), Data(Data10), Header("next")));
        reader.Next();
        reader.ReadData(new byte[1], out _);
        Assert.Equal("next", Text(reader.Next()!.Name));
    }

    // mutant: TarCheck.SparsePieceFits
    [Theory]
    [InlineData("100,3,99,7")]
    [InlineData("100,3,102,7")]
    [InlineData("100,3,1994,7")]
    [InlineData("9223372036854775807,3,1,7")]
    [InlineData("0,9223372036854775807")]
    public void Pieces_that_overlap_or_go_backwards_or_beyond_the_end_are_refused(string map) =>
        Assert.Contains("does not fit into its map of holes", Error(Pax01(map), Header("x", size: Octal(10)), Data(Data10)));

    // mutant: TarCheck.SparseDataAreWhole
    [Theory]
    [InlineData("100,3", 3)]
    [InlineData("100,3,1000,8", 11)]
    [InlineData("", 0)]
    public void Data_that_the_map_does_not_know_or_that_are_missing_are_refused(string map, int told) =>
        Assert.Equal(map.Length == 0 ? "entry dir/s: a sparse file without its map"
            : $"entry dir/s: its map of holes tells of {told} bytes of data, the archive has 10",
            Error(Pax01(map), Header("x", size: Octal(10)), Data(Data10)));

    [Theory]
    [InlineData("1,2,3")]
    [InlineData("1,x")]
    [InlineData("1,2,")]
    [InlineData("-1,2")]
    public void A_map_that_is_no_list_of_numbers_is_refused(string map) =>
        Assert.Equal("at byte 0: the record GNU.sparse.map of its extended header is not well-formed", Error(Pax01(map), Header("x")));

    [Fact]
    public void Records_of_a_map_come_in_pairs()
    {
        Assert.Contains("GNU.sparse.numbytes", Error(Pax(("GNU.sparse.numbytes", "1")), Header("x")));
        Assert.Contains("GNU.sparse.offset", Error(Pax(("GNU.sparse.offset", "1"), ("GNU.sparse.offset", "1")), Header("x")));
        Assert.Equal("entry x: its map of holes ends in the middle of a piece", Error(Pax(("GNU.sparse.size", "9"), ("GNU.sparse.offset", "1")), Header("x")));
    }

    [Theory]
    [InlineData("2\n1\nx\n")]
    [InlineData("1\n\n\n")]
    [InlineData("1\n-1\n1\n")]
    [InlineData("1\n00000000000000000001\n1\n")]
    public void A_map_before_the_data_is_a_list_of_numbers(string map) =>
        Assert.Equal("entry dir/s: its map of holes is no list of numbers", Error(Pax10(), Header("x", size: Octal(512)), Data(map)));

    [Fact]
    public void A_map_before_the_data_ends_before_them()
    {
        Assert.Equal("entry dir/s: its data end in the middle of the map of its holes", Error(Pax10(), Header("x", size: Octal(10)), Data("1\n")));
        Assert.Equal("entry dir/s: its data end in the middle of the map of its holes",
            Error(Pax10(), Header("x", size: Octal(512)), Padded(Bytes("300\n" + string.Concat(Enumerable.Repeat("1\n", 254))))));
    }

    // mutant: TarCheck.OnlyFilesAreSparse
    [Fact]
    public void Unknown_or_incomplete_forms_are_refused()
    {
        Assert.Equal("entry dir/s: a sparse file of the unknown form 2.0", Error(Pax10(major: "2"), Header("x")));
        Assert.Equal("entry s: a sparse file without its size", Error(Pax(("GNU.sparse.map", "0,0")), Header("s")));
        Assert.Equal("entry s: a sparse file of GNU's form in an archive of another", Error(Old("0", [], magic: "ustar\0"), Data(Data10)));
        Assert.Equal("entry s: its size with holes is no number", Error(Old("x", []), Data(Data10)));
        Assert.Equal("entry dir/s: it has the records of a sparse file, but is none", Error(Pax10(), Header("x", '5')));
    }

    [Fact]
    public void A_cut_map_is_an_error()
    {
        (long Offset, long Length)[] map = [.. Enumerable.Range(0, 30).Select(i => (i * 1000L, 1L))];
        Assert.Equal("entry s: the archive ends at byte 600, in the middle of the map of its holes",
            Assert.Throws<TarError>(() => Read(Old(Octal(100_000), map)[..600])).Message);
    }
}
