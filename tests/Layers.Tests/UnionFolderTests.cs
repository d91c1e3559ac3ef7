using System;
using System.IO;
using System.Linq;
using SharpRun.Json;
using SharpRun.Layers.Drivers;
using SharpRun.Layers.Unions;
using Xunit;

namespace SharpRun.Layers.Tests;

/// <summary>Which unions there are, whose turn it is, and what a collection leaves.</summary>
[Collection(nameof(Alone))]
public sealed class UnionFolderTests : IDisposable
{
    private readonly Room _room = new();
    private readonly UnionFolder _unions;

    public UnionFolderTests() => _unions = new UnionFolder(_room.Paths);

    public void Dispose() => _room.Dispose();

    // mutant: UnionCheck.NameIsFree
    [Fact]
    public void A_union_of_the_same_name_stays_as_it_is()
    {
        var upper = Create("u");
        File.WriteAllText(upper + "/written", "");
        Assert.Contains("there is a union of this name", Assert.Throws<JsonError>(() => _unions.Begin("u")).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(upper + "/written"));
    }

    [Fact]
    public void What_a_killed_call_left_is_cleared_by_the_next()
    {
        _room.MakeFile("store/unions/u/upper/old", "");
        using var union = _unions.Begin("u");
        Assert.Empty(Directory.GetFileSystemEntries(union.Path));
        Assert.Contains("never finished", Assert.Throws<JsonError>(() => union.Record).Message, StringComparison.Ordinal);
    }

    // mutant: UnionCheck.DirectoryOfNoUnionStays
    [Fact]
    public void A_directory_with_another_name_is_no_union_and_no_garbage()
    {
        _room.Make("store/unions/.overlay-probe");
        _room.Make("store/unions/half");
        Assert.Equal(["half"], _unions.Names());
        Assert.Equal(0, _room.Run("gc").Status);
        Assert.Equal([".overlay-probe"], Left());
    }

    // mutant: UnionCheck.UnionIsLocked
    [Fact]
    public void A_union_that_somebody_works_at_is_not_collected()
    {
        _room.MakeFile("store/unions/half/upper/file", "");
        using (_unions.TryLock("half"))
        {
            Assert.Null(_unions.TryLock("half", isPatient: false));
            Assert.Equal("0\n", _room.Run("gc").Output);
            Assert.True(File.Exists(_room["store/unions/half/upper/file"]));
        }
        _room.Run("gc");
        Assert.Empty(Left());
    }

    // mutant: UnionCheck.LockedUnionIsStillThere
    [Fact]
    public void A_union_that_was_removed_while_one_waited_for_it_is_none() =>
        Assert.Null(Room.WithWaiting(_room.Make("store/unions/u"), () => _unions.TryLock("u"), () => Directory.Delete(_room["store/unions/u"])));

    [Fact]
    public void A_union_that_was_made_anew_while_one_waited_is_the_new_one()
    {
        using var union = Room.WithWaiting(_room.Make("store/unions/u"), () => _unions.TryLock("u"), () =>
        {
            Directory.Move(_room["store/unions/u"], _room["away"]);
            _room.MakeFile("store/unions/u/record.json", "");
        });
        Assert.True(union!.HasRecord);
    }

    // mutant: UnionCheck.WholeUnionStays
    [Fact]
    public void A_collection_takes_unions_that_were_begun_and_counts_their_bytes()
    {
        Create("whole");
        _room.MakeFile("store/unions/half/upper/file", new string('x', 5000));
        _room.MakeFile("store/unions/damaged/record.json", "{");
        _room.Make($"store/btrfs/sha256/{Room.Id(1).Hex}");
        _room.Make($"store/btrfs/sha256/{Room.Id(2).Hex}");
        Assert.Equal($$"""{"bytesFreed":5000,"unionsRemoved":["half"],"basesRemoved":["{{Room.Id(2)}}"]}""" + "\n", _room.Run("gc", "--json").Output.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(["damaged", "whole"], Left());
    }

    // mutant: UnionCheck.LayersAreFew
    [Fact]
    public void More_layers_than_overlay_takes_are_refused_and_leave_nothing()
    {
        _room.Make("low");
        var (status, _, error) = _room.Run(["create", "u", .. Enumerable.Repeat($"--lower={_room["low"]}", 501)]);
        Assert.Equal((1, "sharprun-layers: create u: 501 layers are more than the 500 that overlay takes\n"), (status, error));
        Assert.Empty(Left());
    }

    // mutant: UnionCheck.StoreIsOnBtrfs
    [Fact]
    public void The_driver_btrfs_says_that_it_needs_btrfs()
    {
        var reason = new BtrfsDriver().WhyNot(_room.Paths);
        Assert.SkipWhen(new DriveInfo(_room["store"]).DriveFormat == "btrfs", "the tests' directory is on btrfs");
        Assert.Equal($"{_room.Paths.Root} is not on btrfs", reason);
    }

    private string Create(string name)
    {
        _room.MakeLayer(1);
        return _room.CreateUnion(name, DriverKind.Overlay, 1);
    }

    private string?[] Left() => [.. Directory.GetFileSystemEntries(_room.Paths.Unions).Select(Path.GetFileName).Order(StringComparer.Ordinal)];
}
