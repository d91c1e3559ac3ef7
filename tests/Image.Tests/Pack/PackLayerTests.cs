using System;
using System.IO;
using System.Linq;
using SharpRun.CommandLine;
using SharpRun.Image.Blobs;
using SharpRun.Image.Pack;
using SharpRun.Image.Tests.Nasty;
using SharpRun.Image.Tests.Unpack;
using SharpRun.Image.Transports;
using SharpRun.Image.Unpack;
using SharpRun.Json;
using SharpRun.LayerTar;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;
using Xunit;

namespace SharpRun.Image.Tests.Pack;

/// <summary>What a layer is made like: order, names, times, owners, what is refused.</summary>
public sealed class PackLayerTests
{
    private static readonly byte[] s_capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("none")]
    public void The_same_tree_makes_the_same_layer(string compression)
    {
        using var room = new PackRoom();
        var (one, other) = (room.MakeDirectory("one"), room.MakeDirectory("other"));
        Fill(one, Enumerable.Range(0, 300));
        Fill(other, Enumerable.Range(0, 300).Reverse());
        var kind = Enum.Parse<Compression>(compression, ignoreCase: true);
        var (first, second) = (room.LayerOf(one, compression: kind), room.LayerOf(other, compression: kind));
        Assert.Equal(first, second);
        Assert.Equal(EntryNames(room, first).Order(StringComparer.Ordinal), EntryNames(room, first));
    }

    private static string[] EntryNames(PackRoom room, ImageLayer layer) => [.. room.EntriesOf(layer).Skip(1)];

    private static void Fill(string directory, System.Collections.Generic.IEnumerable<int> numbers)
    {
        foreach (var number in numbers)
        {
            File.WriteAllText($"{directory}/file{number}", new string('x', number));
            File.SetLastWriteTimeUtc($"{directory}/file{number}", DateTime.UnixEpoch.AddSeconds(number));
        }
        Directory.SetLastWriteTimeUtc(directory, DateTime.UnixEpoch);
    }

    // mutant: TreeCheck.NothingIsYounger
    [Fact]
    public void Times_after_the_source_date_become_that_date()
    {
        using var room = new PackRoom();
        var tree = room.MakeDirectory("tree");
        File.WriteAllText(tree + "/new", "");
        File.WriteAllText(tree + "/old", "");
        File.SetLastWriteTimeUtc(tree + "/old", DateTime.UnixEpoch.AddSeconds(999));
        var layer = room.LayerOf(tree, date: new SourceDate(1000));
        Assert.All(PackRoom.EntriesOf(room.ArchiveOf(layer)), entry => Assert.True(entry.ModifiedAt.Seconds <= 1000));
        Assert.Contains(PackRoom.EntriesOf(room.ArchiveOf(layer)), entry => entry.ModifiedAt == new TarTime(999, 0));
        Assert.Equal("1970-01-01T00:16:40Z", new SourceDate(1000).Created());
    }

    [Fact]
    public void Overlays_whiteouts_and_opaque_directories_become_those_of_layers_before_their_siblings()
    {
        using var room = new PackRoom();
        var upper = room.MakeDirectory("upper");
        Make(upper, "zero", Native.S_IFCHR, 0, 0);
        Make(upper, "null", Native.S_IFCHR, 1, 3);
        Make(upper, "a", Native.S_IFREG, 0, 0);
        Make(upper, "emptied", Native.S_IFREG, 0, 0);
        Set(upper + "/emptied", "user.overlay.whiteout", "");
        foreach (var (name, kind) in new[] { ("d", "user"), ("t", "trusted") })
        {
            Directory.CreateDirectory($"{upper}/{name}");
            Set($"{upper}/{name}", $"{kind}.overlay.opaque", "y");
            Set($"{upper}/{name}", $"{kind}.overlay.origin", "machine");
            Set($"{upper}/{name}", "user.kept", "yes");
        }
        var layer = room.LayerOf(upper, isUpper: true);
        Assert.Equal(["c null", "f .wh.zero", "f a", "d d/", "f d/.wh..wh..opq", "f .wh.emptied", "d t/", "f t/.wh..wh..opq"], room.EntriesOf(layer));
        var attributes = PackRoom.EntriesOf(room.ArchiveOf(layer)).SelectMany(entry => entry.Attributes).Select(one => TreeText.Text(one.Name));
        Assert.Equal(["user.kept", "user.kept"], attributes);
    }

    [Theory]
    [InlineData("trusted.overlay.redirect", "redirect_dir")]
    [InlineData("user.overlay.redirect", "redirect_dir")]
    [InlineData("trusted.overlay.metacopy", "metacopy")]
    public void What_overlay_has_only_noted_is_refused_by_name(string attribute, string reason)
    {
        using var room = new PackRoom();
        var upper = room.MakeDirectory("upper");
        Directory.CreateDirectory(upper + "/moved");
        Set(upper + "/moved", attribute, "/old");
        var error = Assert.ThrowsAny<JsonError>(() => room.LayerOf(upper, isUpper: true));
        Assert.Contains("moved", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_would_be_a_whiteout_is_refused()
    {
        using var room = new PackRoom();
        var tree = room.MakeDirectory("tree");
        File.WriteAllText(tree + "/.wh.passwd", "");
        Assert.Contains(".wh.passwd", Assert.ThrowsAny<JsonError>(() => room.LayerOf(tree)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_is_left_out_with_a_word()
    {
        using var room = new PackRoom();
        var tree = room.MakeDirectory("tree");
        Make(tree, "socket", Native.S_IFSOCK, 0, 0);
        Assert.Equal(["d ./"], room.EntriesOf(room.LayerOf(tree)));
        Assert.Contains("socket", Assert.Single(room.Warned), StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_and_capabilities_are_those_of_the_container()
    {
        using var room = new PackRoom();
        var tree = room.MakeDirectory("tree");
        File.WriteAllText(tree + "/program", "");
        UnpackedRoot.Run("chown", "-R", "100007:100008", tree);
        // Revision 3: of the namespace whose root is 100000.
        Set(tree + "/program", "security.capability", [.. s_capability[..3], 3, .. s_capability[4..], 0xA0, 0x86, 1, 0]);
        using var root = TreeRoot.Open(tree);
        var owners = new Owners(IdMap.Parse("uid-map", ["0:100000:65536"]), IdMap.Parse("gid-map", ["0:100000:65536"]));
        using var walk = new LayerTar.TreeWalk(root);
        walk.Next();
        walk.Next();
        var entry = new LayerRules(owners, _ => { }).EntryOf(walk.Current, root);
        Assert.Equal((7, 8), (entry.Uid, entry.Gid));
        Assert.Equal(s_capability, Assert.Single(entry.Attributes).Value);
        var narrow = new Owners(IdMap.Parse("uid-map", ["0:100000:7"]), IdMap.Identity);
        var error = Assert.ThrowsAny<JsonError>(() => new LayerRules(narrow, _ => { }).EntryOf(walk.Current, root));
        Assert.Contains("program", error.Message, StringComparison.Ordinal);
        Assert.Contains("100007", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_root_the_owners_are_those_written_down()
    {
        Assert.Equal((1000L, 50L), RootlessOwner.Parse([0x08, 0xE8, 0x07, 0x10, 0x32]));
        Assert.Equal((0L, 50L), RootlessOwner.Parse([0x10, 0x32]));
        Assert.Equal((0L, 0L), RootlessOwner.Parse([0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]));
        Assert.Equal((0L, 0L), RootlessOwner.Parse([0x08]));
        Assert.Equal((0L, 0L), RootlessOwner.Parse([0x1A, 0x01, 0x00]));
        foreach (var (uid, gid) in new[] { (0L, 0L), (1L, 127L), (128L, 16384L), (1000L, 65534L), (4294967294L, 1L) })
        {
            Assert.Equal((uid, gid), RootlessOwner.Parse(RootlessContainers.Of(uid, gid)));
        }
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("now")]
    [InlineData("253402300800")]
    public void A_source_date_that_is_none_is_refused(string text) => Assert.Throws<UsageError>(() => SourceDate.Parse(text));

    [Fact]
    public void GNU_tar_reads_what_was_packed()
    {
        using var room = new PackRoom();
        var tree = room.MakeDirectory("tree");
        Make(tree, "null", Native.S_IFCHR, 1, 3);
        File.WriteAllText(tree + "/" + new string('n', 200), "long");
        File.WriteAllText(tree + "/program", "x");
        Set(tree + "/program", "security.capability", s_capability);
        UnpackedRoot.Run("ln", tree + "/program", tree + "/hard");
        UnpackedRoot.Run("touch", "-d", "@1234567890.123456789", tree + "/program");
        File.WriteAllBytes(room["layer.tar"], room.ArchiveOf(room.LayerOf(tree, compression: Compression.None)));
        var other = room.MakeDirectory("other");
        UnpackedRoot.Run("tar", "-C", other, "--xattrs", "--xattrs-include=*", "-xf", room["layer.tar"]);
        Assert.Empty(ModelTree.Differences(PackRoom.Read(tree), PackRoom.Read(other)));
    }

    internal static void Make(string directory, string name, uint type, uint major, uint minor) =>
        Sys.MknodAt(Native.AT_FDCWD, TreeText.Bytes($"{directory}/{name}\0"), type | 0x1A4, major, minor).OrThrow("mknod " + name);

    internal static void Set(string path, string attribute, string value) => Set(path, attribute, TreeText.Bytes(value));

    private static void Set(string path, string attribute, byte[] value)
    {
        var parent = Sys.Open(Native.AT_FDCWD, TreeText.Bytes(Path.GetDirectoryName(path) + "\0"), Native.O_PATH).OrThrow("open");
        Sys.SetAttributeAt(parent, TreeText.Bytes(Path.GetFileName(path) + "\0"), TreeText.Bytes(attribute + "\0"), value).OrThrow("setxattr " + attribute);
        Sys.Close(parent);
    }
}
