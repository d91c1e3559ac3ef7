using System;
using System.Linq;
using SharpRun.Image.Pack;
using SharpRun.Image.Tests.Nasty;
using SharpRun.Image.Tests.Unpack;
using SharpRun.Linux;
using SharpRun.Oci;
using SharpRun.Tar;
using Xunit;

namespace SharpRun.Image.Tests.Pack;

/// <summary>The named nasty layers, unpacked and packed again.</summary>
public sealed class PackRoundTripTests
{
    public static TheoryData<string> Cases => [.. NastyCases.All.Select(one => one.Name)];

    [Theory, MemberData(nameof(Cases))]
    public void An_unpacked_image_has_no_changes(string name)
    {
        using var room = new PackRoom();
        using var tree = new UnpackedRoot();
        var layers = LayersOf(name);
        if (!IsUnpacked(tree, layers))
        {
            return;
        }
        var made = room.LayerOfChanges(tree.Path, layers);
        Assert.True(made is null, made is null ? "" : string.Join("\n", room.EntriesOf(made)));
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_whole_tree_comes_back_as_it_was(string name)
    {
        using var room = new PackRoom();
        using var tree = new UnpackedRoot();
        if (!IsUnpacked(tree, LayersOf(name)))
        {
            return;
        }
        using var again = new UnpackedRoot().Unpack(room.ArchiveOf(room.LayerOf(tree.Path)));
        Assert.Empty(ModelTree.Differences(PackRoom.Read(tree.Path), PackRoom.Read(again.Path)));
    }

    [Theory, MemberData(nameof(Cases))]
    public void What_the_last_layer_does_is_found_and_said_again(string name)
    {
        using var room = new PackRoom();
        using var tree = new UnpackedRoot();
        var layers = LayersOf(name);
        if (layers.Length < 2 || !IsUnpacked(tree, layers))
        {
            return;
        }
        var made = room.LayerOfChanges(tree.Path, layers[..^1]);
        using var again = new UnpackedRoot().Unpack(made is null ? layers[..^1] : [.. layers[..^1], room.ArchiveOf(made)]);
        Assert.Empty(ModelTree.Differences(PackRoom.Read(tree.Path), PackRoom.Read(again.Path)));
    }

    private static byte[][] LayersOf(string name) => [.. NastyCases.Find(name).Layers.Select(NastyArchive.Of)];

    // What cannot be unpacked is not for these tests.
    private static bool IsUnpacked(UnpackedRoot tree, byte[][] layers)
    {
        Sys.Umask(0);
        try
        {
            tree.Unpack(layers);
            return true;
        }
        catch (Exception error) when (error is ImageError or TarError or ErrnoException)
        {
            return false;
        }
    }
}
