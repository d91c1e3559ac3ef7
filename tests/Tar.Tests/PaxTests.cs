using System.Linq;
using Xunit;
using static SharpRun.Tar.Tests.Archive;

namespace SharpRun.Tar.Tests;

public sealed class PaxTests
{
    [Fact]
    public void Records_replace_what_the_header_says()
    {
        var (entry, content) = One(
            Pax(("path", "long/n\u0080me"), ("size", "3"), ("uid", "3000000"), ("gid", "4000000000"), ("mtime", "1350244992.023960108"), ("comment", "x")),
            Header("short", size: "77777", uid: "1", mtime: "1"), Data("abc"));
        Same(new TarEntry(TarKind.File, Bytes("long/n\u0080me"))
        {
            Mode = 0x1a4,
            Uid = 3_000_000,
            Gid = 4_000_000_000,
            Size = 3,
            ModifiedAt = new TarTime(1_350_244_992, 23_960_108),
        }, entry);
        Assert.Equal("abc", Text(content));
    }

    [Fact]
    public void They_are_for_one_entry()
    {
        var entries = Read(Join(Pax(("path", "a"), ("SCHILY.xattr.user.x", "1")), Header("b"), Header("c")));
        Assert.Equal(["a", "c"], entries.Select(one => Text(one.Entry.Name)));
        Assert.Empty(entries[1].Entry.Attributes);
    }

    [Fact]
    public void Link_names_and_devices_too()
    {
        Assert.Equal("to\n", Text(One(Pax(("linkpath", "to\n")), Header("l", '2', link: "x")).Entry.LinkName));
        var (entry, _) = One(Pax(("SCHILY.devmajor", "4294967295"), ("SCHILY.devminor", "7")), Header("d", '4'));
        Assert.Equal((uint.MaxValue, 7u), (entry.DeviceMajor, entry.DeviceMinor));
    }

    [Theory]
    [InlineData("0", 0, 0)]
    [InlineData("1.5", 1, 500_000_000)]
    [InlineData("1.", 1, 0)]
    [InlineData("1.0000000019", 1, 1)]
    [InlineData("-1", -1, 0)]
    [InlineData("-1.25", -2, 750_000_000)]
    [InlineData("-0.000000001", -1, 999_999_999)]
    [InlineData("9223372036854775807", long.MaxValue, 0)]
    public void Times_have_nanoseconds_and_may_be_before_1970(string text, long seconds, int nanoseconds) =>
        Assert.Equal(new TarTime(seconds, nanoseconds), One(Pax(("mtime", text)), Header("x")).Entry.ModifiedAt);

    // mutant: TarCheck.RecordIsWellFormed
    [Theory]
    [InlineData("mtime", "x")]
    [InlineData("mtime", "1.x")]
    [InlineData("mtime", "--1")]
    [InlineData("mtime", ".5")]
    [InlineData("mtime", "9223372036854775808")]
    [InlineData("size", "-1")]
    [InlineData("size", "+1")]
    [InlineData("size", "0x1")]
    [InlineData("size", "99999999999999999999")]
    [InlineData("uid", "-1")]
    [InlineData("gid", " 1")]
    [InlineData("path", "a\0b")]
    [InlineData("linkpath", "a\0")]
    [InlineData("GNU.sparse.name", "\0")]
    [InlineData("GNU.sparse.major", "x")]
    [InlineData("SCHILY.devmajor", "x")]
    public void A_record_that_is_not_well_formed_is_refused_by_name(string key, string value) =>
        Assert.Equal($"at byte 512: the record {key} of its extended header is not well-formed", Error(Header("before"), Pax((key, value)), Header("x")));

    [Theory]
    [InlineData("x")]
    [InlineData("5")]
    [InlineData("6 a=b\n6 a=b")]
    [InlineData("60 a=b\n")]
    [InlineData("5 a=b\n")]
    [InlineData("-6 a=b\n")]
    [InlineData("2 \n")]
    [InlineData("0 a=b\n")]
    [InlineData("99999999999999999999 a=b\n")]
    [InlineData("6 a=b\0")]
    [InlineData("6 a=b\n\0")]
    public void A_length_that_is_wrong_is_refused(string records) =>
        Assert.Equal("at byte 0: a record of its extended header has not the length that it says", Error(Pax(Bytes(records)), Header("x")));

    // mutant: TarCheck.RecordHasAKey
    [Theory]
    [InlineData("5 =b\n")]
    [InlineData("5 ab\n")]
    public void A_record_has_a_key(string record) =>
        Assert.Equal("at byte 0: a record of its extended header has no key", Error(Pax(Bytes(record)), Header("x")));

    [Fact]
    public void Attributes_are_bytes()
    {
        var (entry, _) = One(Pax(("SCHILY.xattr.user.nl", "a\nb=c\0\n"),
            ("SCHILY.xattr.security.capability", "\u0001\0\0\u0002\u00ff\u0080"), ("SCHILY.xattr.user.empty", "")), Header("x"));
        Assert.Equal(["user.nl", "security.capability", "user.empty"], entry.Attributes.Select(one => Text(one.Name)));
        Assert.Equal(["a\nb=c\0\n", "\u0001\0\0\u0002\u00ff\u0080", ""], entry.Attributes.Select(one => Text(one.Value)));
    }

    [Fact]
    public void Of_two_records_with_a_key_the_last_holds()
    {
        var (entry, _) = One(Pax(("path", "a"), ("path", "b"), ("SCHILY.xattr.user.x", "1"), ("SCHILY.xattr.user.x", "2")), Header("x"));
        Assert.Equal(("b", "2"), (Text(entry.Name), Text(Assert.Single(entry.Attributes).Value)));
    }

    [Fact]
    public void Of_two_extended_headers_the_last_holds()
    {
        var (entry, _) = One(Pax(("path", "a"), ("uid", "5")), Pax(("path", "b")), Header("x"));
        Assert.Equal(("b", 0L), (Text(entry.Name), entry.Uid));
    }

    [Fact]
    public void An_equals_sign_in_the_name_of_an_attribute_is_escaped_as_by_GNU_tar() =>
        Assert.Equal("user.a=b%c%3", Text(Assert.Single(One(Pax(("SCHILY.xattr.user.a%3Db%25c%3", "1")), Header("x")).Entry.Attributes).Name));

    // mutant: TarCheck.AttributeHasAName
    [Theory]
    [InlineData("")]
    [InlineData("user.\0")]
    public void An_attribute_has_a_name(string name) =>
        Assert.Equal("at byte 0: an extended attribute has no name", Error(Pax(($"SCHILY.xattr.{name}", "1")), Header("x")));

    [Fact]
    public void Global_records_hold_for_all_entries_after_them_unless_taken_back()
    {
        var entries = Read(Join(Header("a", uid: "1"), Pax([.. Record("uid", "7"), .. Record("mtime", "1.5"), .. Record("SCHILY.xattr.user.x", "1")], 'g'),
            Header("b"), Pax(("uid", "8"), ("SCHILY.xattr.user.x", "")), Header("c"), Pax(("uid", ""), ("mtime", "")), Header("d", uid: "2", mtime: "3"),
            Pax(Record("uid", ""), 'g'), Header("e", uid: "4")));
        Assert.Equal([1L, 7, 8, 2, 4], entries.Select(one => one.Entry.Uid));
        Assert.Equal([0L, 1, 1, 3, 1], entries.Select(one => one.Entry.ModifiedAt.Seconds));
        Assert.Equal(["-", "1", "", "1", "1"], entries.Select(one => one.Entry.Attributes.Count == 0 ? "-" : Text(one.Entry.Attributes[0].Value)));
    }

    // mutant: TarCheck.GlobalRecordIsOfAllEntries
    [Theory]
    [InlineData("path")]
    [InlineData("linkpath")]
    [InlineData("size")]
    [InlineData("GNU.sparse.map")]
    [InlineData("SCHILY.devmajor")]
    public void A_global_record_that_is_about_one_entry_is_refused(string key) =>
        Assert.Equal($"at byte 0: the record {key} of its extended header is not well-formed", Error(Pax(Record(key, "1"), 'g'), Header("x")));

    [Fact]
    public void Gnu_long_names_are_read_up_to_their_zero()
    {
        var name = string.Concat(Enumerable.Repeat("directory/", 30)) + "n";
        var (entry, _) = One(Long('K', name + "k\0rest"), Long('L', name), Header("short", '2', link: "short"));
        Assert.Equal((name, name + "k"), (Text(entry.Name), Text(entry.LinkName)));
    }

    // mutant: TarCheck.EntryFollowsExtendedHeader
    [Fact]
    public void An_extended_header_without_an_entry_is_an_error()
    {
        Assert.Equal("at byte 2048: the archive ends after an extended header, without the entry that it is for", Error(Pax(("path", "x"))));
        Assert.Empty(Read(Join(Pax(Record("comment", "of git archive"), 'g'))));
    }

    [Theory]
    [InlineData('x')]
    [InlineData('g')]
    [InlineData('L')]
    public void A_cut_extended_header_is_an_error(char type)
    {
        var whole = Pax(Record("comment", new string('x', 2000)), type);
        Assert.Contains("at byte 1000: the archive ends in the middle of a", Assert.Throws<TarError>(() => Read(whole[..1000])).Message);
    }

    // mutant: TarCheck.ExtendedHeaderHasASize
    [Fact]
    public void The_size_of_an_extended_header_is_a_number()
    {
        Assert.Equal("at byte 0: the size of an extended header is no number of bytes", Error(Header("x", 'x', size: "z")));
        Assert.Equal("at byte 0: the size of a long name is no number of bytes", Error(Header("x", 'L', size: new string('\u00ff', 12))));
    }
}
