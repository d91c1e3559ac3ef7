using System.IO;
using System.Linq;
using Xunit;
using static SharpRun.Tar.Tests.Archive;

namespace SharpRun.Tar.Tests;

public sealed class WriterTests
{
    private static byte[] Written(TarEntry entry)
    {
        using var archive = new MemoryStream();
        var writer = new TarWriter(archive);
        writer.Write(entry);
        writer.Finish();
        return archive.ToArray();
    }

    private static TarEntry File(string name) => new(TarKind.File, Bytes(name));

    private static bool IsPlain(TarEntry entry) => Written(entry)[156] != 'x';

    [Fact]
    public void An_entry_that_fits_is_a_single_ustar_header_without_names_of_users() =>
        Assert.Equal(Header("a", mode: "0000755\0", uid: "0001750\0", gid: "0000144\0", size: "00000000000\0", mtime: "00000000005\0", change: block =>
        {
            Put(block, 329, "0000000\0");
            Put(block, 337, "0000000\0");
        }), Written(File("a") with { Mode = 0x1ed, Uid = 1000, Gid = 100, ModifiedAt = new TarTime(5, 0) })[..512]);

    [Fact]
    public void Only_what_does_not_fit_into_ustar_needs_more()
    {
        Assert.True(IsPlain(File(new string('n', 100))));
        Assert.False(IsPlain(File(new string('n', 101))));
        Assert.True(IsPlain(File(new string('p', 155) + "/" + new string('n', 100))));
        Assert.False(IsPlain(File(new string('p', 156) + "/" + new string('n', 99))));
        Assert.False(IsPlain(File("/" + new string('n', 101))));
        Assert.False(IsPlain(File("\u00e9")));
        Assert.True(IsPlain(File("x") with { Uid = 2_097_151 }));
        Assert.False(IsPlain(File("x") with { Uid = 2_097_152 }));
        Assert.False(IsPlain(File("x") with { ModifiedAt = new TarTime(0, 1) }));
        Assert.False(IsPlain(File("x") with { ModifiedAt = new TarTime(-1, 0) }));
        Assert.False(IsPlain(File("x") with { ModifiedAt = new TarTime(1L << 33, 0) }));
    }

    [Fact]
    public void Records_are_in_the_order_of_their_keys_whatever_the_order_of_the_attributes()
    {
        var a = new TarAttribute(Bytes("user.a"), Bytes("1"));
        var b = new TarAttribute(Bytes("user.b"), Bytes("2"));
        var one = Written(File("\u00e9") with { Uid = 1L << 40, Attributes = [b, a] });
        Assert.Equal(one, Written(File("\u00e9") with { Uid = 1L << 40, Attributes = [a, b] }));
        Assert.Equal("25 SCHILY.xattr.user.a=1\n25 SCHILY.xattr.user.b=2\n9 path=\u00e9\n21 uid=1099511627776\n", Text(one[512..1024]).TrimEnd('\0'));
    }

    [Fact]
    public void A_directory_gets_its_slash_and_a_long_one_keeps_it()
    {
        Assert.Equal("d/", Text(Read(Written(new TarEntry(TarKind.Directory, Bytes("d"))))[0].Entry.Name));
        var name = new string('p', 60) + "/" + new string('n', 99);
        var archive = Written(new TarEntry(TarKind.Directory, Bytes(name)));
        Assert.Equal((byte)'5', archive[156]);
        Assert.Equal(name + "/", Text(Read(archive)[0].Entry.Name));
    }

    // mutant: TarCheck.WrittenDataAreWhole TarCheck.WrittenDataFit
    [Fact]
    public void Data_are_as_many_as_the_size_says()
    {
        var writer = new TarWriter(Stream.Null);
        writer.Write(File("x") with { Size = 3 });
        writer.WriteData("ab"u8);
        Assert.Equal("entry x: it has more data than its size says", Assert.Throws<TarError>(() => writer.WriteData("cd"u8)).Message);
        Assert.Equal("entry x: 1 bytes of its data are missing", Assert.Throws<TarError>(() => writer.Write(File("y"))).Message);
        Assert.Equal("entry x: 1 bytes of its data are missing", Assert.Throws<TarError>(writer.Finish).Message);
    }

    [Fact]
    public void What_no_reader_would_read_is_not_written()
    {
        TarEntry[] bad =
        [
            File(""), File("a\0b"), File("a/"), File("a") with { Uid = -1 }, File("a") with { Gid = -1 }, File("a") with { Size = -1 },
            new TarEntry(TarKind.Symlink, Bytes("l")) { LinkName = Bytes("\0") }, new TarEntry(TarKind.HardLink, Bytes("l")),
            new TarEntry(TarKind.Symlink, Bytes("l")),
        ];
        Assert.Empty(bad.Where(entry => Xunit.Record.Exception(() => Written(entry)) is not TarError));
    }
}
