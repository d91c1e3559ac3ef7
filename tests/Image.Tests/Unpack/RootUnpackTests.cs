using System;
using System.IO;
using System.Linq;
using SharpRun.Image.Unpack;
using SharpRun.Json;
using SharpRun.LayerTar;
using SharpRun.Oci;
using SharpRun.Tar;
using Xunit;
using static SharpRun.Image.Tests.Unpack.LayerText;
using File = System.IO.File;

namespace SharpRun.Image.Tests.Unpack;

public sealed class RootUnpackTests
{
    // The value of security.capability for cap_setuid+ep (struct vfs_cap_data, revision 2).
    private const string Capability = "\x01\0\0\x02\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    [Fact]
    public void All_kinds_are_made_with_owner_mode_time_and_data()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(
            Dir("d", 0x3FF).Of(5, 6), File("d/f", "some data", 0x9ED).Of(7, 8), Link("l", "d/f").Of(9, 10), Hard("h", "d/f"), File("own", "x", 0x5ED),
            new TarEntry(TarKind.Fifo, B("p")) { Mode = 0x1B6, Uid = 1 }, new TarEntry(TarKind.CharDevice, B("c")) { Mode = 0x1B6, DeviceMajor = 300, DeviceMinor = 70000 },
            new TarEntry(TarKind.BlockDevice, B("b")) { Mode = 0x9B0, DeviceMajor = 8, DeviceMinor = 17, Gid = 6 }));
        Assert.Equal(
            ["b b 4660 0:6", "c c 666 0:0", "d d 1777 5:6", "d/f f 4755 7:8", "h f 4755 7:8", "l l 777 9:10", "own f 2755 0:0", "p p 666 1:0"], root.Find());
        Assert.Equal(B("d/fd/fd/f"), File.ReadAllBytes(root["h"]));
        Assert.Equal("d/f", new FileInfo(root["l"]).LinkTarget);
        Assert.Equal(["1000.000000001", "2000.000000002"], new[] { root.Time("d"), root.Time("d/f") });
        Assert.Equal("12c 11170\n", UnpackedRoot.Run("stat", "-c", "%t %T", root["c"]));
    }

    [Fact]
    public void Holes_stay_holes()
    {
        var folder = Directory.CreateTempSubdirectory("sharprun-image-").FullName;
        UnpackedRoot.Run("sh", "-c", $"cd {folder} && truncate -s 8M s && printf x | dd of=s bs=1 seek=3000000 conv=notrunc status=none && truncate -s 5M empty && tar -Scf t.tar s empty");
        using var root = new UnpackedRoot();
        root.Unpack(File.ReadAllBytes(folder + "/t.tar"));
        var file = File.ReadAllBytes(root["s"]);
        Assert.Equal((8 << 20, (byte)'x', 5L << 20), (file.Length, file[3_000_000], new FileInfo(root["empty"]).Length));
        Assert.True(int.Parse(UnpackedRoot.Run("stat", "-c", "%b", root["s"]), null) <= 64, "the holes take blocks");
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Capabilities_and_other_attributes_survive_as_bytes()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(
            File("f", "x", 0x1ED).Of(0, 5).With("security.capability", Capability).With("user.nl", "a\nb\0\x80"),
            Link("l", "f").With("trusted.l", "1"), Dir("d").With("user.d", "")));
        Assert.Equal("0100000280000000000000000000000000000000", root.Attribute("f", "security.capability"));
        Assert.Equal("610a620080", root.Attribute("f", "user.nl"));
        Assert.Equal("31", root.Attribute("l", "trusted.l"));
        Assert.Equal("", root.Attribute("d", "user.d"));
        Assert.True(root.Losses.IsEmpty);
    }

    // mutant: ImageCheck.OverlayWordsAreLeftOut
    [Fact]
    public void Overlays_own_attributes_and_the_hosts_labels_are_left_out()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(Dir("d").With("trusted.overlay.opaque", "y").With("user.overlay.opaque", "y").With("trusted.overlay.redirect", "/x").With("trusted.ok", "1")));
        Assert.Null(root.Attribute("d", "trusted.overlay.opaque"));
        Assert.Null(root.Attribute("d", "user.overlay.opaque"));
        Assert.Null(root.Attribute("d", "trusted.overlay.redirect"));
        Assert.Equal("31", root.Attribute("d", "trusted.ok"));
        Assert.True(HostAttributes.Contains("security.selinux"u8));
        Assert.False(HostAttributes.Contains("security.capability"u8));
    }

    [Fact]
    public void Attributes_that_cannot_be_had_are_counted_by_kind_and_not_by_file()
    {
        using var root = new UnpackedRoot();
        // The kernel takes no user attributes of links.
        root.Unpack(Layer(Link("a", "x").With("user.a", "1"), Link("b", "x").With("user.b", "1")));
        Assert.Equal(["attributes user.* are lost, operation not permitted: 2 files, first a"], root.Losses.Sentences());
    }

    [Fact]
    public void A_directory_over_a_directory_keeps_children_and_replaces_all_attributes()
    {
        using var root = new UnpackedRoot();
        root.Unpack(
            Layer(Dir("d", 0x1C0).Of(3, 4).With("user.old", "1").With("user.both", "1"), File("d/f")),
            Layer(Dir("d", 0x1ED).With("user.both", "2")));
        Assert.Equal(["d d 755 0:0", "d/f f 644 0:0"], root.Find());
        Assert.Null(root.Attribute("d", "user.old"));
        Assert.Equal("32", root.Attribute("d", "user.both"));
    }

    [Fact]
    public void What_is_replaced_is_removed_and_never_written_into()
    {
        using var root = new UnpackedRoot();
        root.Unpack(
            Layer(File("f", "old"), Hard("other", "f"), Link("out", "../canary"), Dir("d"), File("d/x")),
            Layer(File("f", "new!"), File("out", "in"), File("d", "file"), Dir("l")));
        Assert.Equal(["d 4", "f 4", "l", "other 3", "out 2"], root.Find("%P %s").Select(line => line.StartsWith('l') ? "l" : line));
    }

    [Fact]
    public void The_last_duplicate_wins()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(File("x", "1").With("user.a", "1"), Dir("x"), File("x/y"), Link("x", "z"), File("x", "12345", 0x180)));
        Assert.Equal(["x f 600 5"], root.Find("%P %y %m %s"));
        Assert.Null(root.Attribute("x", "user.a"));
    }

    [Fact]
    public void Whiteouts_act_on_lower_layers_in_any_order()
    {
        byte[] lower = Layer(Dir("d", 0x1C0), File("d/old"), Dir("d/s"), File("d/s/old"), File("f", "1"), Dir("o"), File("o/old"), File("gone"));
        foreach (var isFirst in new[] { true, false })
        {
            TarEntry[] marks = [Gone("d"), Gone("f"), Opaque("o"), Gone("gone"), Gone("never/was")];
            TarEntry[] made = [Dir("d", 0x1E8), File("d/new"), Dir("d/s"), File("d/s/new"), File("f", "22"), File("o/new")];
            using var root = new UnpackedRoot();
            root.Unpack(lower, Layer(isFirst ? [.. marks, .. made] : [.. made, .. marks]));
            Assert.Equal(["d 750", "d/new 644", "d/s 755", "d/s/new 644", "f 644", "o 755", "o/new 644"], root.Find("%P %m"));
            Assert.Equal(2, new FileInfo(root["f"]).Length);
        }
    }

    [Fact]
    public void A_directory_that_was_whited_out_and_has_new_children_is_as_if_nothing_had_described_it()
    {
        byte[] lower = Layer(Dir("d", 0x1C0).Of(5, 6).With("user.x", "1"), File("d/old"));
        foreach (var layer in new[] { Layer(Gone("d"), File("d/new")), Layer(File("d/new"), Gone("d")) })
        {
            using var root = new UnpackedRoot();
            root.Unpack(lower, layer);
            Assert.Equal(["d d 755 0:0", "d/new f 644 0:0"], root.Find());
            Assert.Null(root.Attribute("d", "user.x"));
        }
    }

    [Fact]
    public void A_whiteout_through_a_link_finds_what_the_layer_made_under_the_real_name()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(Dir("real"), File("real/a"), File("real/b"), Link("link", "real")), Layer(File("real/a", "new"), Gone("link/a"), Gone("link/b")));
        Assert.Equal(["link", "real", "real/a"], root.Find("%P"));
    }

    // mutant: ImageCheck.WhiteoutHasAName
    [Theory]
    [InlineData(".wh.")]
    [InlineData("d/.wh..")]
    [InlineData("d/.wh...")]
    public void A_whiteout_of_no_name_is_refused(string name)
    {
        using var root = new UnpackedRoot();
        var error = Assert.ThrowsAny<JsonError>(() => root.Unpack(Layer(Dir("d"), File("d/f")), Layer(File(name))));
        Assert.Equal($"unpack {name}: a whiteout of no name", error.Message);
        Assert.Equal(["d", "d/f"], root.Find("%P"));
    }

    [Fact]
    public void What_aufs_kept_for_itself_is_left_out()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(Dir(".wh..wh.plnk"), File(".wh..wh.plnk/1.2"), File(".wh..wh.aufs"), File("a.wh..wh.x"), Dir("d.wh..wh.y"), File("d.wh..wh.y/f")));
        Assert.Equal(["a.wh..wh.x", "d.wh..wh.y", "d.wh..wh.y/f"], root.Find("%P"));
    }

    [Fact]
    public void Times_of_directories_are_those_of_their_entries_after_all_that_happens_in_them()
    {
        using var root = new UnpackedRoot();
        root.Unpack(
            Layer(Dir("a") with { ModifiedAt = new(11, 1) }, Dir("a/b") with { ModifiedAt = new(12, 2) }, File("a/b/f"), File("a/g"), File("a/b/h"), Dir(".") with { ModifiedAt = new(13, 3) }),
            Layer(Gone("a/b/f"), File("a/new/f"), Dir("a/c"), Gone("a/g")),
            Layer(Dir("a/b") with { ModifiedAt = new(-5, 5) }, Gone("a/b/h")));
        Assert.Equal(["11.000000001", "-4.999999995", "13.000000003"], new[] { root.Time("a"), root.Time("a/b"), root.Time(".") });
    }

    [Fact]
    public void The_default_list_of_a_directory_does_not_pass_on_to_the_images_files()
    {
        // Version 2; ACL_USER_OBJ rwx, ACL_USER 5 rwx, ACL_GROUP_OBJ r-x, ACL_MASK rwx, ACL_OTHER ---.
        const string acl = "\x02\0\0\0\x01\0\x07\0\xff\xff\xff\xff\x02\0\x07\0\x05\0\0\0\x04\0\x05\0\xff\xff\xff\xff\x10\0\x07\0\xff\xff\xff\xff\x20\0\0\0\xff\xff\xff\xff";
        using var root = new UnpackedRoot();
        root.Unpack(Layer(Dir("d").With("system.posix_acl_default", acl), File("d/f", "", 0x1A4), Dir("d/s", 0x1ED), new TarEntry(TarKind.Fifo, B("d/p")) { Mode = 0x1A4 }));
        if (!root.Losses.IsEmpty)
        {
            Assert.Skip("no access control lists on this file system");
        }
        Assert.Equal(["d 755", "d/f 644", "d/p 644", "d/s 755"], root.Find("%P %m"));
        Assert.NotNull(root.Attribute("d", "system.posix_acl_default"));
        Assert.Equal("", UnpackedRoot.Run("sh", "-c", $"cd {root["d"]} && ls -ld f s p | cut -c 11 | tr -d ' \\n.'"));
    }
}
