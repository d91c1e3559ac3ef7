using System.IO;
using System.Linq;
using Xunit;
using static SharpRun.Tar.Tests.Archive;

namespace SharpRun.Tar.Tests;

public sealed class HeaderTests
{
    [Fact]
    public void The_fields_of_a_ustar_header_are_read()
    {
        var (entry, content) = One(Header("a/b", size: "5", mode: "0104755 ", uid: "1750\0", gid: " 144\0", mtime: "14720372174"), Data("hello"));
        Same(new TarEntry(TarKind.File, Bytes("a/b"))
        {
            Mode = 0x9ed,
            Uid = 1000,
            Gid = 100,
            Size = 5,
            ModifiedAt = new TarTime(1_732_375_676, 0),
        }, entry);
        Assert.Equal("hello", Text(content));
    }

    [Theory]
    [InlineData('0', TarKind.File)]
    [InlineData('\0', TarKind.File)]
    [InlineData('7', TarKind.File)]
    [InlineData('1', TarKind.HardLink)]
    [InlineData('2', TarKind.Symlink)]
    [InlineData('3', TarKind.CharDevice)]
    [InlineData('4', TarKind.BlockDevice)]
    [InlineData('5', TarKind.Directory)]
    [InlineData('6', TarKind.Fifo)]
    public void Each_type_is_its_kind(char type, TarKind kind)
    {
        var isDevice = kind is TarKind.CharDevice or TarKind.BlockDevice;
        var (entry, _) = One(Header("x", type, link: "target", change: block =>
        {
            Put(block, 329, "10\0");
            Put(block, 337, "377\0");
        }));
        Assert.Equal(kind, entry.Kind);
        Assert.Equal(kind is TarKind.HardLink or TarKind.Symlink ? "target" : "", Text(entry.LinkName));
        Assert.Equal(isDevice ? (8u, 255u) : (0u, 0u), (entry.DeviceMajor, entry.DeviceMinor));
    }

    [Theory]
    [InlineData('V')]
    [InlineData('M')]
    [InlineData('D')]
    [InlineData('A')]
    [InlineData('8')]
    [InlineData('\u0001')]
    public void A_type_that_is_no_file_system_entry_is_refused_by_name(char type) =>
        Assert.Equal($"entry etc/x: its type '{TarText.Of([(byte)type])}' is none of a file system's entries", Error(Header("etc/x", type)));

    [Fact]
    public void A_name_that_fills_its_field_and_a_prefix_are_joined()
    {
        var name = new string('n', 100);
        var prefix = new string('p', 155);
        Assert.Equal($"{prefix}/{name}", Text(One(Header(name, prefix: prefix)).Entry.Name));
    }

    [Theory]
    [InlineData("ustar  \0")]
    [InlineData("")]
    public void Gnu_and_V7_headers_have_no_prefix(string magic) => Assert.Equal("n", Text(One(Header("n", magic: magic, prefix: "123")).Entry.Name));

    [Fact]
    public void The_prefix_of_star_is_shorter()
    {
        var (entry, _) = One(Header("n", prefix: new string('p', 131) + "00000000000\0", change: block => Put(block, 508, "tar\0")));
        Assert.Equal(new string('p', 131) + "/n", Text(entry.Name));
    }

    [Fact]
    public void V7_headers_have_no_devices() =>
        Assert.Equal(0u, One(Header("n", '3', magic: "", change: block => Put(block, 329, "junk"))).Entry.DeviceMajor);

    [Theory]
    [InlineData('\0')]
    [InlineData('0')]
    public void A_name_with_a_final_slash_is_a_directory(char type)
    {
        Assert.Equal(TarKind.Directory, One(Header("dir/", type, magic: "")).Entry.Kind);
        Assert.Equal("entry dir/: its name is that of a directory, but it has data", Error(Header("dir/", type, size: "1"), Data("x")));
    }

    [Theory]
    [InlineData('1')]
    [InlineData('2')]
    [InlineData('5')]
    [InlineData('6')]
    public void Only_files_have_data_whatever_size_the_others_say(char type)
    {
        // As GNU tar and Go: the next block is the next header.
        var entries = Read(Join(Header("x", type, size: "1000", link: "y"), Header("z")));
        Assert.Equal(["x", "z"], entries.Select(one => Text(one.Entry.Name)));
        Assert.Equal(0, entries[0].Entry.Size);
    }

    [Fact]
    public void Names_are_bytes() => Assert.Equal("a\u0080\u00ff\n", Text(One(Header("a\u0080\u00ff\n")).Entry.Name));

    [Fact]
    public void The_checksum_may_be_of_signed_bytes()
    {
        var block = Header("\u00e9t\u00e9");
        Assert.Equal("\u00e9t\u00e9", Text(One(Sum(block, block.Sum(value => (sbyte)value))).Entry.Name));
    }

    [Fact]
    public void A_wrong_checksum_is_an_error_that_tells_the_place()
    {
        var block = Header("b");
        block[0]++;
        Assert.Equal("at byte 512: this is no tar header, its checksum is wrong", Error(Header("a"), block));
        Assert.Equal("at byte 0: this is no tar header, its checksum is wrong", Error(Header("a", change: null).Select((value, i) => i is >= 148 and < 156 ? (byte)'z' : value).ToArray()));
    }

    [Fact]
    public void Numbers_of_base_256_may_be_large_or_negative()
    {
        var (entry, _) = One(Header("x", magic: "ustar  \0", change: block =>
        {
            Put(block, 108, "\u0080\0\0\0\u00ff\u00ff\u00ff\u00fe");
            Put(block, 136, "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00fe");
        }));
        Assert.Equal(4_294_967_294, entry.Uid);
        Assert.Equal(new TarTime(-2, 0), entry.ModifiedAt);
    }

    [Theory]
    [InlineData("\u0080\0\0\0\u0080\0\0\0\0\0\0\0", "its size is no number")]
    [InlineData("\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "a size of -1 bytes")]
    [InlineData("\u0080\0\0\0\u007f\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", "a size of 9223372036854775807 bytes")]
    [InlineData("12x", "its size is no number")]
    [InlineData("-1", "its size is no number")]
    [InlineData("9", "its size is no number")]
    public void A_size_that_is_none_is_refused(string size, string problem) => Assert.Equal($"entry x: {problem}", Error(Header("x", size: size)));

    [Fact]
    public void Ids_that_are_negative_or_none_are_refused()
    {
        var minusOne = "\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff";
        Assert.Equal("entry x: a uid of -1", Error(Header("x", uid: minusOne)));
        Assert.Equal("entry x: a gid of -1", Error(Header("x", gid: minusOne)));
        Assert.Equal("entry x: its uid is no number", Error(Header("x", uid: "root")));
        Assert.Equal("entry x: its mode is no number", Error(Header("x", mode: "rwx")));
        Assert.Equal("entry x: its modification time is no number", Error(Header("x", mtime: "now")));
        Assert.Equal("entry x: a device number of -1", Error(Header("x", '3', change: block => Put(block, 329, minusOne))));
    }

    [Fact]
    public void Names_are_not_empty()
    {
        Assert.Equal("at byte 0: an entry without a name", Error(Header("")));
        Assert.Equal("entry x: a link that leads nowhere", Error(Header("x", '1')));
        Assert.Equal("entry x: a link that leads nowhere", Error(Header("x", '2')));
    }

    [Fact]
    public void An_archive_may_end_with_two_blocks_of_zeros_one_or_none()
    {
        Assert.Empty(Read([]));
        Assert.Empty(Read(new byte[512]));
        Assert.Empty(Read(new byte[1024]));
        Assert.Single(Read(Header("x")));
        Assert.Single(Read([.. Header("x"), .. new byte[512]]));
        // And the last file's data need not be filled up.
        Assert.Equal("hello", Text(Assert.Single(Read([.. Header("x", size: "5"), .. Bytes("hello")])).Content));
    }

    [Fact]
    public void What_comes_after_two_blocks_of_zeros_is_not_read()
    {
        var stream = new MemoryStream([.. Header("x"), .. End, .. Header("y"), .. Bytes("garbage")]);
        Assert.Equal("x", Text(Assert.Single(Read(stream)).Entry.Name));
        var reader = Reader(Join(Header("x")));
        Assert.NotNull(reader.Next());
        Assert.Null(reader.Next());
        Assert.Null(reader.Next());
        Assert.Equal(1536, reader.Position);
    }

    [Fact]
    public void A_single_block_of_zeros_between_entries_is_an_error() =>
        Assert.Equal("at byte 512: a single block of zeros, and the archive goes on after it", Error(Header("x"), new byte[512], Header("y")));

    [Fact]
    public void What_was_not_read_is_skipped()
    {
        var reader = Reader(Join(Header("a", size: Octal(100_000)), Padded(new byte[100_000]), Header("b", size: "4"), Data("abcd"), Header("c")));
        var buffer = new byte[3];
        Assert.Equal("a", Text(reader.Next()!.Name));
        Assert.Equal(3, reader.ReadData(buffer, out var offset));
        Assert.Equal(0, offset);
        Assert.Equal(3, reader.ReadData(buffer, out offset));
        Assert.Equal(3, offset);
        Assert.Equal("b", Text(reader.Next()!.Name));
        Assert.Equal("c", Text(reader.Next()!.Name));
        Assert.Equal(0, reader.ReadData(buffer, out _));
        Assert.Null(reader.Next());
        Assert.Equal(0, reader.ReadData(buffer, out _));
    }

    [Fact]
    public void A_cut_archive_is_an_error_that_names_entry_and_byte()
    {
        byte[] archive = [.. Header("etc/passwd", size: Octal(1000)), .. new byte[700]];
        Assert.Equal("entry etc/passwd: the archive ends at byte 1212, in the middle of its data", Assert.Throws<TarError>(() => Read(archive)).Message);
        var reader = Reader(archive);
        reader.Next();
        Assert.Equal("entry etc/passwd: the archive ends at byte 1212, in the middle of its data", Assert.Throws<TarError>(() => reader.Next()).Message);
        Assert.Equal("at byte 100: the archive ends in the middle of a header", Assert.Throws<TarError>(() => Read(Header("x")[..100])).Message);
    }

    [Fact]
    public void Large_files_come_in_large_pieces_from_streams_that_give_little()
    {
        var content = new byte[1_000_000];
        new System.Random(1).NextBytes(content);
        var reader = new TarReader(new Trickle(Join(Header("x", size: Octal(content.Length)), Padded(content), Header("y")), 1000), TarLimits.Default);
        reader.Next();
        var buffer = new byte[300_000];
        Assert.Equal(buffer.Length, reader.ReadData(buffer, out _));
        Assert.Equal(content[..300_000], buffer);
        Assert.Equal(buffer.Length, reader.ReadData(buffer, out var offset));
        Assert.Equal(300_000, offset);
        Assert.Equal(content[300_000..600_000], buffer);
        Assert.Equal("y", Text(reader.Next()!.Name));
    }
}
