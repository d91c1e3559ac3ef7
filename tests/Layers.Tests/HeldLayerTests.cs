using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using SharpRun.LayerStore;
using SharpRun.Linux;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Layers.Tests;

/// <summary>Layers and bases of btrfs that somebody has, needs or writes. A base is an ordinary directory here: what is no subvolume is removed as such.</summary>
[Collection(nameof(Alone))]
public sealed class HeldLayerTests : IDisposable
{
    private readonly Room _room = new();

    public void Dispose() => _room.Dispose();

    // mutant: LayerCheck.StagingIsLocked
    [Fact]
    public void A_layer_that_is_being_written_is_not_collected()
    {
        using var layers = LayerStore.Layers.Of(_room.Paths);
        using var staged = layers.Begin(Room.Id(1), null)!;
        _room.MakeFile($"store/layers/sha256/.{Room.Id(2).Hex}/fs/file", "12345");
        Assert.Equal(5, LayerGarbage.CollectBegun(_room.Paths));
        staged.Finish();
        Assert.True(layers.Has(Room.Id(1)));
    }

    // mutant: LayerCheck.HeldLayerIsStillThere
    [Fact]
    public void A_layer_that_was_taken_while_one_waited_for_it_is_not_there()
    {
        _room.MakeLayer(1);
        using var layers = LayerStore.Layers.Of(_room.Paths);
        var directory = _room.Paths.LayerOf(Room.Id(1));
        Assert.Null(Room.WithWaiting(directory, () => layers.TryHold(Room.Id(1)), () => Directory.Move(directory, _room["away"])));
    }

    // mutant: LayerCheck.HeldBaseIsStillThere
    [Fact]
    public void A_base_that_was_taken_while_one_waited_for_it_is_not_there()
    {
        var directory = MakeBase(1);
        using var bases = Subvolumes.Of(_room.Paths);
        Assert.Null(Room.WithWaiting(directory, () => bases.TryHold(Room.Id(1)), () => Directory.Move(directory, _room["away"])));
    }

    // mutant: LayerCheck.NeededBaseStays
    [Fact]
    public void Bases_go_that_no_union_needs()
    {
        MakeBase(1);
        MakeBase(2);
        _room.MakeFile($"store/btrfs/sha256/.{Room.Id(3).Hex}/tree/file", "");
        Assert.Equal([Room.Id(1)], Collect(2));
        Assert.Equal([Room.Id(2).Hex], Left());
        Collect();
        Assert.Empty(Left());
    }

    // mutant: LayerCheck.BaseInUseStays
    [Fact]
    public void A_base_that_is_held_stays()
    {
        MakeBase(1);
        using (var bases = Subvolumes.Of(_room.Paths))
        {
            var held = bases.TryHold(Room.Id(1))!.Value;
            Assert.Empty(Collect());
            Sys.Close(held);
        }
        Assert.Equal([Room.Id(1).Hex], Left());
        Assert.Equal([Room.Id(1)], Collect());
        Assert.Empty(Left());
    }

    // mutant: LayerCheck.TopTakesNoWordsOfOverlay
    [Fact]
    public void The_root_of_a_union_has_the_attributes_of_the_layer_but_not_overlays()
    {
        var (low, upper) = (_room.Make("low"), _room.Make("upper"));
        Room.SetAttribute(low, "trusted.overlay.opaque", "y");
        Room.SetAttribute(low, "trusted.kept", "y");
        var (from, into) = (Open(low), Open(upper));
        UnionTop.Give(into, from);
        Assert.Equal((true, false), (Room.HasAttribute(into, "trusted.kept"), Room.HasAttribute(into, "trusted.overlay.opaque")));
        Sys.Close(from);
        Sys.Close(into);
    }

    private string MakeBase(int number)
    {
        _room.MakeFile($"store/btrfs/sha256/{Room.Id(number).Hex}/file", "");
        return _room[$"store/btrfs/sha256/{Room.Id(number).Hex}"];
    }

    private IReadOnlyList<Digest> Collect(params int[] needed)
    {
        using var bases = Subvolumes.Of(_room.Paths);
        return bases.Collect(needed.Select(Room.Id).ToHashSet());
    }

    private string?[] Left() => [.. Directory.GetFileSystemEntries(_room.Paths.Btrfs + "/sha256").Select(Path.GetFileName)];

    private static int Open(string path) => Sys.Open(Native.AT_FDCWD, Room.Bytes(path), Native.O_RDONLY | Native.O_DIRECTORY).OrThrow("open " + path);
}
