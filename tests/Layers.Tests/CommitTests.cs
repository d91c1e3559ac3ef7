using System;
using System.IO;
using System.Linq;
using System.Text;
using SharpRun.Json;
using SharpRun.Layers.Drivers;
using SharpRun.Layers.Unions;
using SharpRun.LayerTar;
using SharpRun.Linux;
using Xunit;

namespace SharpRun.Layers.Tests;

/// <summary>What cannot become a layer, and files that change while they are read.</summary>
[Collection(nameof(Alone))]
public sealed class CommitTests : IDisposable
{
    private readonly Room _room = new();

    public void Dispose() => _room.Dispose();

    [Fact]
    public void What_was_written_is_a_layer_over_the_others()
    {
        SkipUnlessRoot();
        _room.MakeLayer(1);
        var upper = _room.CreateUnion("u", DriverKind.Overlay, 1);
        Assert.Equal(new Committed(Room.Id(1), null), CommitOf("u"));
        File.WriteAllText(upper + "/new", "content");
        var made = CommitOf("u");
        using var layers = LayerStore.Layers.Of(_room.Paths);
        Assert.Equal([Room.Id(1), made.ChainId], layers.ChainOf(made.ChainId));
        Assert.Equal("content", File.ReadAllText(layers.TreeOf(made.ChainId) + "/new"));
        Assert.False(Path.Exists(_room["store/unions/u/commit"]));
    }

    // mutant: UnionCheck.CommitIsOverALayer
    [Fact]
    public void A_union_of_directories_has_nothing_that_a_layer_could_lie_on()
    {
        Assert.Equal(0, _room.Run("create", "u", "--lower", _room.Make("low")).Status);
        Assert.Contains("made of directories", ErrorOf("u"), StringComparison.Ordinal);
    }

    // mutant: TreeCheck.NothingIsRedirected TreeCheck.ContentIsCopied
    [Theory]
    [InlineData("redirect", "redirect_dir=off")]
    [InlineData("metacopy", "metacopy=off")]
    public void What_overlay_has_only_noted_is_refused(string word, string reason)
    {
        _room.MakeLayer(1);
        var upper = _room.CreateUnion("u", DriverKind.Overlay, 1);
        Directory.CreateDirectory(upper + "/moved");
        Room.SetAttribute(upper + "/moved", "trusted.overlay." + word, "/old");
        Assert.Contains(reason, ErrorOf("u"), StringComparison.Ordinal);
        Assert.False(Path.Exists(_room["store/unions/u/commit"]));
        Assert.Contains(reason, _room.Run("diff", "u").Error, StringComparison.Ordinal);
    }

    // mutant: TreeCheck.CopiedRootIsNotOpaque
    [Fact]
    public void An_opaque_root_is_refused()
    {
        _room.MakeLayer(1);
        Room.SetAttribute(_room.CreateUnion("u", DriverKind.Overlay, 1), "trusted.overlay.opaque", "y");
        Assert.Contains("its root is marked opaque", ErrorOf("u"), StringComparison.Ordinal);
    }

    // mutant: TreeCheck.CopiedDeviceIsNoWhiteout
    [Fact]
    public void A_device_that_would_be_a_whiteout_is_refused()
    {
        _room.MakeLayer(1);
        Room.MakeDevice(_room.CreateUnion("u", DriverKind.Vfs, 1) + "/device");
        Assert.Contains("a character device 0:0 is overlay's sign", ErrorOf("u"), StringComparison.Ordinal);
    }

    // mutant: TreeCheck.NewNameIsNoWhiteout
    [Fact]
    public void A_name_that_would_be_a_whiteout_is_refused()
    {
        SkipUnlessRoot();
        _room.MakeLayer(1);
        File.WriteAllText(_room.CreateUnion("u", DriverKind.Overlay, 1) + "/.wh.x", "");
        Assert.Contains("a name that begins with .wh.", ErrorOf("u"), StringComparison.Ordinal);
    }

    // mutant: TreeCheck.DeletedNameIsNoWhiteout
    [Fact]
    public void A_deleted_name_that_would_be_a_whiteout_is_refused()
    {
        File.WriteAllText(_room.MakeLayer(1) + "/.wh.x", "");
        Room.MakeDevice(_room.CreateUnion("u", DriverKind.Overlay, 1) + "/.wh.x");
        Assert.Contains("a deleted name that begins with .wh.", ErrorOf("u"), StringComparison.Ordinal);
    }

    // mutant: TreeCheck.NothingIsMountedInTheTree
    [Fact]
    public void Something_mounted_in_what_was_written_is_refused()
    {
        var id = Room.Id(1);
        var said = _room.RunInNamespace($"""
            layer=store/layers/sha256/{id.Hex}
            mkdir -p $layer/fs && echo >$layer/parent && echo {id} >$layer/done
            ours create u --chain {id}
            mkdir store/unions/u/upper/d && mount -t tmpfs tmpfs store/unions/u/upper/d
            ours commit u
            """);
        Assert.Contains("d in ROOM/store/unions/u/upper: something is mounted there, unmount it first", said, StringComparison.Ordinal);
    }

    // mutant: TreeCheck.OpenedFileIsTheSame TreeCheck.ReadFileIsTheSame
    [Fact]
    public void A_file_that_changes_while_it_is_read_is_an_error()
    {
        var path = _room.MakeFile("tree/file", "1");
        using var root = TreeRoot.Open(_room["tree"]);
        var entry = FileIn(root);
        var file = root.OpenContent(entry);
        root.VerifyUnchanged(file, entry);
        File.AppendAllText(path, "2");
        Assert.Contains("it changed", Assert.ThrowsAny<JsonError>(() => root.VerifyUnchanged(file, entry)).Message, StringComparison.Ordinal);
        Sys.Close(file);
        Assert.Contains("it changed", Assert.ThrowsAny<JsonError>(() => root.OpenContent(entry)).Message, StringComparison.Ordinal);
    }

    // mutant: TreeCheck.CopiedFileIsTheSame
    [Fact]
    public void A_file_that_changes_while_it_is_copied_is_an_error()
    {
        var path = _room.MakeFile("tree/file", "1");
        using var root = TreeRoot.Open(_room["tree"]);
        using var into = TreeRoot.Open(_room.Make("copy"));
        using var maker = new TreeMaker(root, into.Fd, TreeOwner.Copier, SourceDate.None);
        var entry = FileIn(root);
        File.AppendAllText(path, "2");
        Assert.Contains("it changed", Assert.ThrowsAny<JsonError>(() => maker.Make(entry)).Message, StringComparison.Ordinal);
    }

    private Committed CommitOf(string name)
    {
        using var union = new UnionFolder(_room.Paths).Open(name);
        return Commit.Make(union, _ => { });
    }

    private string ErrorOf(string name) => Assert.ThrowsAny<JsonError>(() => CommitOf(name)).Message;

    private static TreeEntry FileIn(TreeRoot root)
    {
        using var walk = new TreeWalk(root);
        while (walk.Next() && walk.Current.Status.IsDirectory)
        {
        }
        return walk.Current;
    }

    private static void SkipUnlessRoot() => Assert.SkipUnless(Sys.GetEuid() == 0, "the store's layers are root's");
}
