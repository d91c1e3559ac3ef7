using System;
using System.IO;
using System.Linq;
using SharpRun.Image.Pack;
using SharpRun.Image.Tests.Nasty;
using SharpRun.Image.Tests.Unpack;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using Xunit;
using static SharpRun.Image.Tests.Nasty.Entries;

namespace SharpRun.Image.Tests.Pack;

/// <summary>pack as a whole: a bundle that was unpacked and changed, into the store.</summary>
[Collection(nameof(LocksOfFiles))]
public sealed class PackBundleTests
{
    private static byte[][] Layers =>
    [
        NastyArchive.Of([D("d"), F("d/a", "aaaa"), F("d/b", "bbbb"), H("d/c", "d/b"), D("e"), F("e/gone", "x"), S("e/link", "gone"), C("null", 1, 3)]),
        NastyArchive.Of([W("e/gone"), F("program", "x", 0x9ED).With("security.capability", "\x01\0\0\x02\0\x04" + new string('\0', 14)).Of(7, 8)]),
    ];

    [Fact]
    public void A_change_of_content_with_the_same_size_and_time_is_found()
    {
        using var room = new PackRoom();
        room.MakeImage("base", Layers);
        var root = room.Unpack("base", "bundle");
        var time = File.GetLastWriteTimeUtc(root + "/d/a");
        File.WriteAllText(root + "/d/a", "AAAA");
        File.SetLastWriteTimeUtc(root + "/d/a", time);
        var packed = room.Pack("bundle", "changed");
        Assert.Equal(["d d/", "f d/a"], room.EntriesOf(packed.Layer!));
    }

    [Fact]
    public void Nothing_changed_is_the_same_image()
    {
        using var room = new PackRoom();
        var document = room.MakeImage("base", Layers);
        room.Unpack("base", "bundle");
        var packed = room.Pack("bundle", "other");
        Assert.Null(packed.Layer);
        Assert.Equal(document.Digest, packed.Manifest.Digest);
        using var image = room.Open("other");
        Assert.Equal(document.Digest, image.Descriptor.Digest);
    }

    [Fact]
    public void The_packed_image_unpacks_to_the_changed_tree()
    {
        using var room = new PackRoom();
        room.MakeImage("base", Layers);
        var root = room.Unpack("base", "bundle");
        UnpackedRoot.Run("sh", "-c", """
            cd "$1" && rm e/link && mkdir e/link && touch -d @5 e/link/new && ln d/a d/again && rm d/c && echo other > d/c && chmod 0700 d
            mv program d/moved && rm null && mkfifo null && ln -s /etc/passwd out && chown 1000:1000 d/b && truncate -s 1M sparse
            touch -d @77.000000001 d d/c e null out sparse
            """, "sh", root);
        var packed = room.Pack("bundle", "changed");
        var again = room.Unpack("changed", "again");
        Assert.Empty(ModelTree.Differences(PackRoom.Read(root), PackRoom.Read(again)));
        using var image = room.Open("changed");
        Assert.Equal(3, image.Layers.Count);
        Assert.Equal(packed.Layer!.DiffId, image.Config.DiffIds[^1]);
        Assert.Equal(3, image.Config.History.Count(entry => !entry.EmptyLayer));
        Assert.Null(room.Pack("again", "same").Layer);
    }

    [Fact]
    public void A_new_name_of_a_file_brings_all_its_names()
    {
        using var room = new PackRoom();
        room.MakeImage("base", Layers);
        var root = room.Unpack("base", "bundle");
        UnpackedRoot.Run("ln", root + "/d/a", root + "/e/z");
        UnpackedRoot.Run("touch", "-d", "@1000000000", root + "/e", root + "/d");
        Assert.Equal(["d d/", "f d/a", "d e/", "h e/z > d/a"], room.EntriesOf(room.Pack("bundle", "changed").Layer!));
    }

    [Fact]
    public void Names_of_one_file_that_went_apart_are_written_apart()
    {
        using var room = new PackRoom();
        room.MakeImage("base", Layers);
        var root = room.Unpack("base", "bundle");
        UnpackedRoot.Run("sh", "-c", "cd \"$1\" && cp -a d/b x && mv x d/b && touch -d @1000000000 d", "sh", root);
        Assert.Equal(["d d/", "f d/b", "f d/c"], room.EntriesOf(room.Pack("bundle", "changed").Layer!));
    }

    [Fact]
    public void The_base_is_what_was_unpacked_even_when_its_name_has_moved()
    {
        using var room = new PackRoom();
        var document = room.MakeImage("base", Layers);
        var root = room.Unpack("base", "bundle");
        room.MakeImage("base", NastyArchive.Of([F("else")]));
        room.Name("kept", document);
        File.WriteAllText(root + "/new", "");
        room.Pack("bundle", "base");
        using var image = room.Open("base");
        Assert.Equal(3, image.Layers.Count);
    }

    [Fact]
    public void Volumes_and_masked_paths_are_not_looked_at()
    {
        using var room = new PackRoom();
        room.MakeImage("base", Layers);
        room.Unpack("base", "bundle");
        room.Pack("bundle", "base", request => request with { ChangeConfig = config => config with { Volumes = ["/data"] } });
        var root = room.Unpack("base", "other");
        foreach (var name in new[] { "data", "run", "kept" })
        {
            Directory.CreateDirectory($"{root}/{name}/deep");
        }
        var packed = room.Pack("other", "changed", request => request with { Masks = ["run/"] });
        Assert.Equal(["d kept/", "d kept/deep/"], room.EntriesOf(packed.Layer!).FindAll(line => line != "d ./"));
    }

    [Fact]
    public void A_change_of_the_config_alone_makes_no_layer_and_keeps_what_we_do_not_know()
    {
        using var room = new PackRoom();
        room.MakeImage("base", Layers);
        room.Unpack("base", "bundle");
        var packed = room.Pack("bundle", "changed", request => request with { ChangeConfig = config => config with { User = "me" } });
        Assert.Null(packed.Layer);
        using var image = room.Open("changed");
        Assert.Equal("me", image.Config.Config.User);
        Assert.Equal((2, true), (image.Layers.Count, image.Config.History[^1].EmptyLayer));
    }

    [Fact]
    public void Ids_go_through_the_maps_that_unpack_was_told()
    {
        using var room = new PackRoom();
        room.MakeImage("base", Layers);
        var owners = new Owners(IdMap.Parse("uid-map", ["0:200000:65536"]), IdMap.Parse("gid-map", ["0:300000:65536"]));
        var root = room.Unpack("base", "bundle", owners);
        Assert.Null(room.Pack("bundle", "same").Layer);
        File.WriteAllText(root + "/mine", "");
        UnpackedRoot.Run("chown", "200005:300006", root + "/mine");
        var packed = room.Pack("bundle", "changed");
        var entry = PackRoom.EntriesOf(room.ArchiveOf(packed.Layer!)).Find(entry => TreeText.Text(entry.Name) == "mine")!;
        Assert.Equal((5, 6), (entry.Uid, entry.Gid));
    }

    [Fact]
    public void Unpacked_rootless_nothing_has_changed_and_owners_come_back()
    {
        using var room = new PackRoom();
        room.MakeImage("base", Layers);
        var root = room.Unpack("base", "bundle", Owners.OfImage with { IsRootless = true });
        Assert.Null(room.Pack("bundle", "same").Layer);
        UnpackedRoot.Run("chmod", "0600", root + "/program");
        var packed = room.Pack("bundle", "changed");
        var entry = PackRoom.EntriesOf(room.ArchiveOf(packed.Layer!)).Find(entry => TreeText.Text(entry.Name) == "program")!;
        Assert.Equal((7, 8), (entry.Uid, entry.Gid));
        Assert.DoesNotContain(entry.Attributes, one => TreeText.Text(one.Name).Contains("rootless", StringComparison.Ordinal));
    }

    [Fact]
    public void An_overlays_upper_directory_says_what_the_union_showed()
    {
        using var room = new PackRoom();
        using var lower = new UnpackedRoot().Unpack(Layers);
        var (disk, merged) = (room.MakeDirectory("disk"), room.MakeDirectory("merged"));
        UnpackedRoot.Run("mount", "-t", "tmpfs", "none", disk);
        try
        {
            UnpackedRoot.Run("mkdir", "-m", "0755", disk + "/upper", disk + "/work");
            var layers = $"lowerdir={lower.Path},upperdir={disk}/upper,workdir={disk}/work";
            UnpackedRoot.Run("mount", "-t", "overlay", "none", "-o", layers + ",redirect_dir=off,metacopy=off", merged);
            ModelTree expected;
            try
            {
                UnpackedRoot.Run("sh", "-c", """
                    cd "$1" && rm -r d && mkdir d && echo 1 > d/new && rm e/link && echo 2 >> program && touch -d @9 d d/new e program
                    """, "sh", merged);
                expected = PackRoom.Read(merged);
            }
            finally
            {
                UnpackedRoot.Run("umount", merged);
            }
            var layer = room.LayerOf(disk + "/upper", isUpper: true);
            Assert.Contains("f d/.wh..wh..opq", room.EntriesOf(layer));
            using var again = new UnpackedRoot().Unpack([.. Layers, room.ArchiveOf(layer)]);
            Assert.Empty(ModelTree.Differences(expected, PackRoom.Read(again.Path)));
        }
        finally
        {
            UnpackedRoot.Run("umount", disk);
        }
    }

    [Fact]
    public void Umoci_unpacks_what_was_packed_to_the_same_tree()
    {
        if (!File.Exists("/usr/bin/umoci"))
        {
            Assert.Skip("umoci is not installed");
        }
        using var room = new PackRoom();
        room.MakeImage("base", Layers);
        var root = room.Unpack("base", "bundle");
        UnpackedRoot.Run("sh", "-c", "cd \"$1\" && rm -r e && echo new > d/new && ln d/a hard && touch -d @9 d d/new", "sh", root);
        room.Pack("bundle", "oci:" + room["layout"] + ":it");
        UnpackedRoot.Run("umoci", "unpack", "--image", room["layout"] + ":it", room["umoci"]);
        Assert.Empty(ModelTree.Differences(PackRoom.Read(root), PackRoom.Read(room["umoci"] + "/rootfs")));
    }

    [Fact]
    public void A_directory_is_an_image_of_one_layer()
    {
        using var room = new PackRoom();
        using var tree = new UnpackedRoot().Unpack(Layers);
        Document document;
        using (var image = OpenImage.Open(ImageName.Parse("dir:" + tree.Path), room.Options))
        {
            Assert.Single(image.Layers);
            document = image.Document;
            room.Name("copied", document);
        }
        var root = room.Unpack("copied", "bundle");
        Assert.Empty(ModelTree.Differences(PackRoom.Read(tree.Path), PackRoom.Read(root)));
    }

    [Fact]
    public void What_a_dead_pack_has_begun_is_garbage()
    {
        using var room = new PackRoom();
        room.MakeImage("base", Layers);
        var folder = room.Options.Root + "/oci";
        int Partials() => Directory.GetFiles(folder, ".partial-*", SearchOption.AllDirectories).Length;
        using (var maker = new LayerMaker(room.Layout, Image.Blobs.Compression.Gzip, PackRoom.NoDate))
        {
            Assert.Equal(1, Partials());
            Assert.Equal(0, room.Layout.CollectGarbage().Files);
            Assert.Equal(1, Partials());
        }
        Assert.Equal(0, Partials());
        File.WriteAllText($"{folder}/.partial-sha256-{new string('0', 64)}", "left by kill -9");
        Assert.Equal(1, room.Layout.CollectGarbage().Files);
        Assert.Equal(0, Partials());
    }
}
