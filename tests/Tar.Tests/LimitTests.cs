using System.Linq;
using Xunit;
using static SharpRun.Tar.Tests.Archive;

namespace SharpRun.Tar.Tests;

public sealed class LimitTests
{
    private static string Refused(TarLimits? limits, params byte[][] parts) => Assert.Throws<TarError>(() => Read(Join(parts), limits)).Message;

    [Fact]
    public void An_extended_header_of_the_limit_is_read_and_one_byte_more_is_not()
    {
        byte[] Of(int bytes) => Pax(Record("comment", new string('x', bytes - "1048576 comment=\n".Length)));
        Assert.Single(Read(Join(Of(TarLimits.MaxPaxBytes), Header("x"))));
        Assert.Equal("at byte 0: an extended header of 1048577 bytes, more than the 1048576 that are read",
            Refused(null, Of(TarLimits.MaxPaxBytes + 1), Header("x")));
    }

    // mutant: TarCheck.ExtendedHeaderIsSmall
    [Fact]
    public void The_size_of_an_extended_header_is_refused_before_it_is_read() =>
        Assert.Contains("more than the 1048576 that are read", Refused(null, Header("x", 'x', size: "77777777777")));

    // mutant: TarCheck.GlobalHeadersAreSmall
    [Fact]
    public void Global_headers_are_limited_together()
    {
        var one = Pax(Record("comment", new string('x', 50)), 'g');
        var limits = new TarLimits { PaxBytes = 150 };
        Assert.Single(Read(Join(one, one, Header("x")), limits));
        Assert.Equal("at byte 2048: global extended headers of 186 bytes, more than the 150 that are read", Refused(limits, one, one, one, Header("x")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Names_are_limited_in_every_form(int more)
    {
        var name = new string('n', TarLimits.MaxPathBytes + more);
        byte[][][] archives =
        [
            [Pax(("path", name)), Header("x")], [Pax(("linkpath", name)), Header("x", '2')], [Pax(("linkpath", name)), Header("x", '1')],
            [Pax(("GNU.sparse.map", "0,0"), ("GNU.sparse.size", "0"), ("GNU.sparse.name", name)), Header("x")],
            [Long('L', name), Header("x")], [Long('K', name), Header("x", '2')],
        ];
        foreach (var archive in archives)
        {
            if (more == 0)
            {
                Assert.Single(Read(Join(archive)));
            }
            else
            {
                Assert.Matches("name of (4097|4098) bytes, more than ", Refused(null, archive));
            }
        }
    }

    // mutant: TarCheck.PathIsShort
    [Fact]
    public void The_name_in_an_error_is_short()
    {
        var error = Refused(null, Pax(("path", new string('n', TarLimits.MaxPathBytes + 1))), Header("x"));
        Assert.True(error.Length < 400, error);
    }

    // mutant: TarCheck.SparsePiecesAreFew
    [Fact]
    public void Pieces_of_a_sparse_file_are_limited()
    {
        var limits = new TarLimits { SparsePieces = 3 };
        string Map(int pieces) => string.Join(',', Enumerable.Range(0, pieces).Select(i => $"{i},1"));
        byte[][] InRecords(int pieces) =>
            [Pax(("GNU.sparse.map", Map(pieces)), ("GNU.sparse.size", "9")), Header("x", size: $"{pieces}"), Data("1234"[..pieces])];
        byte[][] BeforeData(int pieces) =>
        [
            Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "9")), Header("x", size: Octal(512 + pieces)),
            Data($"{pieces}\n{Map(pieces).Replace(',', '\n')}\n"), Data("1234"[..pieces]),
        ];
        byte[][] Old(int pieces) =>
        [
            Header("x", 'S', size: $"{pieces}", magic: "ustar  \0", change: block =>
            {
                for (var i = 0; i < pieces; i++)
                {
                    Put(block, 386 + 24 * i, $"{i}");
                    Put(block, 386 + 24 * i + 12, "1");
                }
                Put(block, 483, "11");
            }), Data("1234"[..pieces]),
        ];
        foreach (var form in new System.Func<int, byte[][]>[] { InRecords, BeforeData, Old })
        {
            Assert.Equal("1234"[..3], Text(Assert.Single(Read(Join(form(3)), limits)).Content[..3]));
            Assert.Equal("entry x: a sparse file of more than 3 pieces", Refused(limits, form(4)));
        }
    }

    // mutant: TarCheck.AttributesAreFew
    [Fact]
    public void Attributes_are_limited()
    {
        byte[] Of(int count) => Pax([.. Enumerable.Range(0, count).SelectMany(i => Record($"SCHILY.xattr.user.{i}", ""))]);
        Assert.Equal(TarLimits.MaxAttributes, Assert.Single(Read(Join(Of(TarLimits.MaxAttributes), Header("x")))).Entry.Attributes.Count);
        Assert.Equal("at byte 0: it has more than 1024 extended attributes", Refused(null, Of(TarLimits.MaxAttributes + 1), Header("x")));
    }
}
