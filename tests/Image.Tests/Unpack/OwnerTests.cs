using System;
using SharpRun.CommandLine;
using SharpRun.Image.Unpack;
using SharpRun.Json;
using SharpRun.LayerTar;
using SharpRun.Oci;
using SharpRun.Tar;
using Xunit;
using static SharpRun.Image.Tests.Unpack.LayerText;

namespace SharpRun.Image.Tests.Unpack;

public sealed class OwnerTests
{
    private static Owners Mapped { get; } = new(IdMap.Parse("uid-map", ["0:100000:10", "1000:5000:1"]), IdMap.Parse("gid-map", ["0:200000:10"]));

    // mutant: TreeCheck.IdIsInItsRange
    [Fact]
    public void Ids_are_those_of_the_maps_also_of_directories_that_no_entry_describes()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Mapped, Layer(File("f").Of(0, 9), File("made/g").Of(1000, 0), Link("l", "x").Of(9, 1), Dir("d").Of(1, 2)));
        Assert.Equal(["d 100001:200002", "f 100000:200009", "l 100009:200001", "made 100000:200000", "made/g 5000:200000"], root.Find("%P %U:%G"));
        Assert.Equal("100000:200000\n", UnpackedRoot.Run("stat", "-c", "%u:%g", root.Path));
    }

    [Fact]
    public void An_id_outside_of_the_map_names_file_id_and_map()
    {
        using var root = new UnpackedRoot();
        var error = Assert.ThrowsAny<JsonError>(() => root.Unpack(Mapped, Layer(File("some/file").Of(999, 0))));
        Assert.Equal("unpack some/file: uid 999 is outside of --uid-map 0:100000:10,1000:5000:1", error.Message);
        error = Assert.ThrowsAny<JsonError>(() => root.Unpack(Mapped, Layer(File("f").Of(0, 10))));
        Assert.Equal("unpack f: gid 10 is outside of --gid-map 0:200000:10", error.Message);
    }

    // mutant: TreeCheck.IdIsOne
    [Fact]
    public void An_id_that_the_kernel_does_not_know_is_no_id()
    {
        using var root = new UnpackedRoot();
        Assert.Equal("unpack f: 4294967295 is no uid", Assert.ThrowsAny<JsonError>(() => root.Unpack(Layer(File("f").Of(4294967295, 0)))).Message);
        Assert.Equal("unpack f: 4294967296 is no gid", Assert.ThrowsAny<JsonError>(() => root.Unpack(Layer(File("f").Of(0, 4294967296)))).Message);
        root.Unpack(Layer(File("f").Of(4294967294, 4294967294)));
        Assert.Equal(["f 4294967294:4294967294"], root.Find("%P %U:%G"));
    }

    [Fact]
    public void Ids_in_access_control_lists_are_mapped_too()
    {
        var acl = B("\x02\0\0\0\x01\0\x06\0\xff\xff\xff\xff\x02\0\x07\0\x05\0\0\0\x08\0\x07\0\x06\0\0\0\x04\0\x05\0\xff\xff\xff\xff");
        var mapped = PosixAcl.Mapped(acl, Mapped, B("f"));
        // 100005 and 200006, little-endian; the others name nobody.
        Assert.Equal("0200000001000600ffffffff02000700a586010008000700460d030004000500ffffffff", Convert.ToHexStringLower(mapped));
        Assert.Same(acl, PosixAcl.Mapped(acl, Owners.OfImage, B("f")));
        acl[16] = 77;
        Assert.Equal("unpack f: uid 77 is outside of --uid-map 0:100000:10,1000:5000:1", Assert.ThrowsAny<JsonError>(() => PosixAcl.Mapped(acl, Mapped, B("f"))).Message);
        // Cut in the middle of a record: the kernel's to refuse.
        Assert.Equal(7, PosixAcl.Mapped(acl[..7], Mapped, B("f")).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0:1")]
    [InlineData("0:1:0")]
    [InlineData("0:1:2:3")]
    [InlineData("-1:1:1")]
    [InlineData("0: 1:1")]
    [InlineData("4294967295:0:1")]
    [InlineData("0:4294967290:10")]
    [InlineData("0:0:4294967296")]
    public void What_is_no_map_is_a_wrong_argument(string text)
    {
        var error = Assert.Throws<UsageError>(() => IdMap.Parse("uid-map", [text]));
        Assert.Equal($"invalid value \"{text}\" for --uid-map: CONTAINER:HOST:COUNT, three numbers, is expected", error.Message);
    }

    // mutant: TreeCheck.IdRangesAreApart
    [Fact]
    public void Ranges_do_not_overlap()
    {
        Assert.Throws<UsageError>(() => IdMap.Parse("uid-map", ["0:100:10", "9:500:1"]));
        Assert.Throws<UsageError>(() => IdMap.Parse("uid-map", ["0:100:10", "20:109:1"]));
        Assert.Equal("0:100:10,10:110:1", IdMap.Parse("uid-map", ["0:100:10", "10:110:1"]).ToString());
        Assert.Equal(4294967294u, IdMap.Parse("uid-map", ["0:0:4294967295"]).ToHost(4294967294));
    }

    [Fact]
    public void Without_root_everything_stays_the_callers_and_is_written_down()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Owners.OfImage with { IsRootless = true }, Layer(
            File("f").Of(1000, 0), File("own"), Dir("d").Of(0, 300), Link("l", "f").Of(5, 5), File("liar").With("user.rootlesscontainers", "\x08\x05"),
            new TarEntry(TarKind.CharDevice, B("c")) { Mode = 0x1B0, Uid = 1, Gid = 128, DeviceMajor = 1, DeviceMinor = 3 }, new TarEntry(TarKind.Fifo, B("p")) { Mode = 0x1A4 }));
        Assert.Equal(["c f 660 0:0", "d d 755 0:0", "f f 644 0:0", "l l 777 0:0", "liar f 644 0:0", "own f 644 0:0", "p p 644 0:0"], root.Find());
        Assert.Equal("08e807", root.Attribute("f", "user.rootlesscontainers"));
        Assert.Equal("10ac02", root.Attribute("d", "user.rootlesscontainers"));
        Assert.Equal("0801108001", root.Attribute("c", "user.rootlesscontainers"));
        Assert.Null(root.Attribute("own", "user.rootlesscontainers"));
        Assert.Null(root.Attribute("liar", "user.rootlesscontainers"));
        Assert.Equal(["devices are empty files, since only root can make them: c"], root.Losses.Sentences());
    }

    [Fact]
    public void The_ids_of_rootless_containers_are_written_as_protocol_buffers()
    {
        Assert.Equal("", Convert.ToHexStringLower(RootlessContainers.Of(0, 0)));
        Assert.Equal("087f108001", Convert.ToHexStringLower(RootlessContainers.Of(127, 128)));
        Assert.Equal("08feffffff0f", Convert.ToHexStringLower(RootlessContainers.Of(4294967294, 0)));
    }
}
