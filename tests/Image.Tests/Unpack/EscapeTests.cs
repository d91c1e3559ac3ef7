using System;
using System.Linq;
using SharpRun.Image.Unpack;
using SharpRun.Json;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;
using Xunit;
using static SharpRun.Image.Tests.Unpack.LayerText;

namespace SharpRun.Image.Tests.Unpack;

/// <summary>UnpackedRoot fails every test that changes something beside the root.</summary>
public sealed class EscapeTests
{
    [Fact]
    public void Names_with_dots_and_slashes_end_inside_the_root()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(File("../../canary", "1"), File("/abs", "1"), File("./a//./b", "1"), File("no/../x", "1"), File("d/e/../../../../y", "1")));
        Assert.Equal(["a", "a/b", "abs", "canary", "x", "y"], root.Find("%P"));
    }

    [Fact]
    public void A_parent_that_is_a_link_out_of_the_root_leads_back_into_it()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(Link("l", "../.."), Link("m", "/etc"), File("l/canary", "1"), File("m/passwd", "1"), Gone("l/nothing")), Layer(Gone("l/canary")));
        Assert.Equal(["etc", "etc/passwd", "l", "m"], root.Find("%P"));
    }

    [Fact]
    public void A_whiteout_through_a_link_takes_nothing_from_outside()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(Link("l", "..")), Layer(Gone("l/canary"), Opaque("l")));
        Assert.Empty(root.Find("%P"));
    }

    [Fact]
    public void A_directory_that_becomes_a_link_midway_leads_elsewhere_from_then_on()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(Dir("d"), File("d/a"), Dir("e"), Link("d", "e"), File("d/b")));
        Assert.Equal(["d", "e", "e/b"], root.Find("%P"));
        Assert.Equal(["d l", "e d"], root.Find("%P %y").Where(line => line.Length == 3));
    }

    [Fact]
    public void A_link_midway_in_the_open_directory_is_noticed_too()
    {
        using var root = new UnpackedRoot();
        // "a/l" leads to the root, and what is made there takes "a" away.
        root.Unpack(Layer(Dir("a"), Link("a/l", ".."), File("a/l/f"), Dir("b"), Link("a/l/a", "b"), File("a/x"), Dir("b/l"), File("a/l/g")));
        Assert.Equal(["a", "b", "b/l", "b/l/g", "b/x", "f"], root.Find("%P"));
    }

    [Fact]
    public void A_hard_link_cannot_reach_a_file_of_the_host()
    {
        using var root = new UnpackedRoot();
        Assert.Equal(Errno.ENOENT, Assert.Throws<ErrnoException>(() => root.Unpack(Layer(Hard("h", "../canary")))).Error);
        Assert.Equal(Errno.ENOENT, Assert.Throws<ErrnoException>(() => root.Unpack(Layer(Link("l", ".."), Hard("h", "l/canary")))).Error);
        Assert.Equal(Errno.ENOENT, Assert.Throws<ErrnoException>(() => root.Unpack(Layer(Hard("h", root.Beside)))).Error);
    }

    [Fact]
    public void A_hard_link_names_a_link_itself_and_not_where_it_leads()
    {
        using var root = new UnpackedRoot();
        root.Unpack(Layer(File("f"), Link("l", "f"), Hard("h", "l"), Hard("l", "l"), Hard("h", "l")));
        Assert.Equal(["f f 1", "h l 2", "l l 2"], root.Find("%P %y %n"));
    }

    [Fact]
    public void A_hard_link_in_the_place_of_the_directory_of_its_target_leads_nowhere()
    {
        using var root = new UnpackedRoot();
        Assert.Equal(Errno.ENOENT, Assert.Throws<ErrnoException>(() => root.Unpack(Layer(Dir("d"), File("d/f"), File("d/g"), Hard("d", "d/f")))).Error);
    }

    [Fact]
    public void A_hard_link_to_a_directory_is_refused_also_to_itself()
    {
        using var root = new UnpackedRoot();
        Assert.Equal(Errno.EPERM, Assert.Throws<ErrnoException>(() => root.Unpack(Layer(Dir("d"), Hard("h", "d")))).Error);
        Assert.Equal(Errno.EPERM, Assert.Throws<ErrnoException>(() => root.Unpack(Layer(Hard("d", "d")))).Error);
    }

    [Fact]
    public void Magic_links_are_not_followed()
    {
        using var root = new UnpackedRoot();
        // /proc of the host is not in the root, so this makes a plain directory there.
        root.Unpack(Layer(Link("l", "/proc/self/cwd"), File("l/f")));
        Assert.Contains("proc/self/cwd/f", root.Find("%P"));
    }

    [Fact]
    public void A_child_of_a_file_is_refused_by_name()
    {
        using var root = new UnpackedRoot();
        Assert.Equal("unpack f/x: f is no directory", Assert.ThrowsAny<JsonError>(() => root.Unpack(Layer(File("f"), File("f/x")))).Message);
        Assert.Equal(Errno.ELOOP, Assert.Throws<ErrnoException>(() => root.Unpack(Layer(Link("a", "b"), Link("b", "a"), File("a/x")))).Error);
    }

    [Fact]
    public void The_root_is_a_directory()
    {
        using var root = new UnpackedRoot();
        Assert.ThrowsAny<JsonError>(() => root.Unpack(Layer(Link("./", "/etc"))));
        Assert.ThrowsAny<JsonError>(() => root.Unpack(Layer(File("a/..", "1"))));
        root.Unpack(Layer(Dir("./", 0x1C0).Of(3, 4).With("user.r", "1")), Layer(Dir("/", 0x1ED).Of(5, 6)));
        Assert.Equal("755 5:6\n", UnpackedRoot.Run("stat", "-c", "%a %u:%g", root.Path));
        Assert.Null(root.Attribute(".", "user.r"));
    }

    // mutant: ImageCheck.EntryIsNotDeep
    [Fact]
    public void Directories_are_within_each_other_so_far_and_no_further()
    {
        var deepest = string.Join('/', Enumerable.Repeat("d", UnpackLimits.Depth));
        using var root = new UnpackedRoot();
        root.Unpack(Layer(File(deepest)), Layer(Gone("d")));
        Assert.Empty(root.Find("%P"));
        var error = Assert.ThrowsAny<JsonError>(() => root.Unpack(Layer(File(deepest + "/f"))));
        Assert.EndsWith("more than 255 directories within each other", error.Message, StringComparison.Ordinal);
    }

    // mutant: ImageCheck.LinksDoNotLeadDeep
    [Fact]
    public void Links_do_not_make_the_tree_deeper()
    {
        var half = string.Join('/', Enumerable.Repeat("d", 200));
        using var root = new UnpackedRoot();
        var error = Assert.ThrowsAny<JsonError>(() => root.Unpack(Layer(Dir(half), Link("l", half), Dir("l/" + half), File("l/" + half + "/f"))));
        Assert.EndsWith("more than 255 directories within each other", error.Message, StringComparison.Ordinal);
    }

    // mutant: ImageCheck.EntryPathIsShort
    [Fact]
    public void A_path_has_at_most_PATH_MAX_bytes()
    {
        using var root = new UnpackedRoot();
        var name = string.Join('/', Enumerable.Repeat(new string('n', 250), 17));
        Assert.ThrowsAny<JsonError>(() => root.Unpack(Layer(Link("l", new string('x', UnpackLimits.PathBytes + 1)))));
        Assert.ThrowsAny<JsonError>(() => new EntryPath().Set(B(name), B("x")));
        root.Unpack(Layer(Link("l", new string('x', UnpackLimits.PathBytes))));
    }

    [Fact]
    public void A_name_of_256_bytes_is_an_error_and_not_cut()
    {
        using var root = new UnpackedRoot();
        Assert.Equal(Errno.ENAMETOOLONG, Assert.Throws<ErrnoException>(() => root.Unpack(Layer(File(new string('n', 256))))).Error);
        Assert.Equal(Errno.ENAMETOOLONG, Assert.Throws<ErrnoException>(() => root.Unpack(Layer(File(new string('n', 256) + "/x")))).Error);
    }

    // mutant: ImageCheck.EntriesAreFew
    [Fact]
    public void A_layer_has_so_many_entries_and_no_more()
    {
        using var root = new UnpackedRoot();
        var layer = Layer(File("a"), File("b"), File("c"));
        root.UnpackAtMost(3, layer);
        var error = Assert.ThrowsAny<JsonError>(() => root.UnpackAtMost(2, layer));
        Assert.Equal("unpack c: a layer of more than 2 entries", error.Message);
    }
}
