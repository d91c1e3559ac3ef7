using System;
using System.IO;
using System.Linq;
using System.Text;
using SharpRun.LayerTar;
using SharpRun.Linux;
using Xunit;

namespace SharpRun.Layers.Tests;

public sealed class UpperChangesTests : IDisposable
{
    private readonly string _room = Directory.CreateTempSubdirectory("sharprun-upper-").FullName;

    public void Dispose() => LayerStore.TreeRemover.Remove(Native.AT_FDCWD, Bytes(_room));

    [Fact]
    public void A_new_name_is_added_and_one_of_a_layer_is_changed()
    {
        Make("low/d/old", "low/e/f", "up/d/new", "up/d/old");
        Assert.Equal(["C d", "A d/new", "C d/old"], Changes());
    }

    [Fact]
    public void A_whiteout_deletes_what_is_there_and_only_that()
    {
        Make("low/d/old");
        Whiteout("up", "gone-long-ago");
        Whiteout("up", "d");
        Assert.Equal(["D d"], Changes());
    }

    [Fact]
    public void An_opaque_directory_deletes_the_names_that_it_hides_also_in_its_directories()
    {
        Make("low/d/a", "low/d/s/b", "low/d/s/c", "up/d/s/b", "up/d/x");
        Opaque("up/d");
        Assert.Equal(["C d", "D d/a", "C d/s", "C d/s/b", "D d/s/c", "A d/x"], Changes());
    }

    [Fact]
    public void What_a_middle_layer_has_deleted_is_added_when_it_comes_back()
    {
        Make("low/f", "low/d/inside", "up/f", "up/d/inside");
        Whiteout("middle", "f");
        Make("middle/d/other");
        Opaque("middle/d");
        Assert.Equal(["C d", "A d/inside", "A f"], Changes("middle", "low"));
    }

    [Fact]
    public void A_file_in_the_place_of_a_directory_is_a_change_alone()
    {
        Make("low/d/inside", "up/d");
        Assert.Equal(["C d"], Changes());
    }

    private string[] Changes(params string[] lower)
    {
        using var upper = TreeRoot.Open($"{_room}/up");
        int[] trees = [.. (lower.Length == 0 ? ["low"] : lower)
            .Select(name => Sys.Open(Native.AT_FDCWD, Bytes($"{_room}/{name}"), Native.O_PATH | Native.O_DIRECTORY).OrThrow("open " + name))];
        var changes = UpperChanges.Find(upper, trees);
        Array.ForEach(trees, tree => Sys.Close(tree));
        return [.. changes.Select(change => $"{"ACD"[(int)change.Kind]} {Encoding.UTF8.GetString(change.Path)}")];
    }

    private void Make(params string[] files)
    {
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName($"{_room}/{file}")!);
            File.WriteAllText($"{_room}/{file}", file);
        }
    }

    private void Whiteout(string tree, string name)
    {
        Assert.SkipUnless(Sys.GetEuid() == 0, "only root makes devices");
        Directory.CreateDirectory($"{_room}/{tree}");
        Sys.MknodAt(Native.AT_FDCWD, Bytes($"{_room}/{tree}/{name}"), Native.S_IFCHR, 0, 0).OrThrow("make a whiteout");
    }

    private void Opaque(string directory)
    {
        Assert.SkipUnless(Sys.GetEuid() == 0, "only root writes trusted.*");
        var fd = Sys.Open(Native.AT_FDCWD, Bytes($"{_room}/{directory}"), Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("open");
        Sys.SetAttribute(fd, "trusted.overlay.opaque\0"u8, "y"u8).OrThrow("set an attribute");
        Sys.Close(fd);
    }

    private static byte[] Bytes(string path) => [.. Encoding.UTF8.GetBytes(path), 0];
}
