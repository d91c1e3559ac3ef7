using System;
using System.Collections.Generic;
using SharpRun.Json;
using SharpRun.Layers.Cli;
using SharpRun.Layers.Drivers;
using SharpRun.Layers.Unions;
using SharpRun.LayerStore;
using SharpRun.Linux;
using Xunit;

namespace SharpRun.Layers.Tests;

/// <summary>Which mounts are a union's, and what mount and unmount do to them.</summary>
[Collection(nameof(Alone))]
public sealed class MountTests : IDisposable
{
    private readonly Room _room = new();

    public void Dispose() => _room.Dispose();

    // mutant: UnionCheck.OnlyOverlayIsOverlay
    [Theory]
    [InlineData("overlay", "sharprun:u", true)]
    [InlineData("overlay", "sharprun:v", false)]
    [InlineData("overlay", "overlay", false)]
    [InlineData("tmpfs", "sharprun:u", false)]
    public void An_overlay_is_known_by_its_source(string type, string source, bool isMine)
    {
        using var union = new UnionFolder(_room.Paths).Begin("u");
        Assert.Equal(isMine, new OverlayDriver().IsMountOf(union, new MountEntry(1, 0, 1, "/", "/mnt", type, source)));
    }

    // mutant: UnionCheck.TreeIsOfAUnionOfThisName UnionCheck.SeenTreeIsThisUnions
    [Fact]
    public void A_tree_is_known_by_its_path_and_by_what_is_seen_there()
    {
        using var union = new UnionFolder(_room.Paths).Begin("u");
        bool IsMine(string root, string point, ulong id) => new VfsDriver().IsMountOf(union, new MountEntry(id, 8, 1, root, point, "ext4", "/dev/sda1"));
        var (upper, other) = (_room.Make("store/unions/u/upper"), _room.Make("other/unions/u/upper"));
        Assert.True(IsMine("/store/unions/u/upper", _room["gone"], 1));
        Assert.False(IsMine("/store/unions/v/upper", _room["gone"], 1));
        Assert.False(IsMine("/store/unions/u", _room["gone"], 1));
        Assert.True(IsMine("/store/unions/u/upper", upper, MountOf(upper)));
        Assert.False(IsMine("/other/unions/u/upper", other, MountOf(other)));
        // Something is mounted over it, so that nobody knows.
        Assert.True(IsMine("/other/unions/u/upper", other, MountOf(other) + 1));
    }

    // mutant: UnionCheck.IsNotMountedYet UnionCheck.TargetIsFree UnionCheck.UnionIsMountedOnce
    [Theory]
    [InlineData("overlay")]
    [InlineData("vfs")]
    public void A_union_is_mounted_once(string driver)
    {
        SkipWithout(driver);
        Assert.Equal(["u", "ROOM/a", "ROOM/a", "ROOM/a", "sharprun-layers: mount u on ROOM/b: it is mounted on ROOM/a (unmount it first)", "1", "0"], Lines($"""
            mkdir low a b
            ours create u --lower low --driver {driver}
            ours mount u a
            ours mount u a
            ours mount u
            ours mount u b
            points
            ours unmount u
            points
            """));
    }

    // mutant: UnionCheck.RecordHasTheTarget
    [Fact]
    public void The_record_says_where_it_was_mounted_and_in_which_boot() =>
        Assert.Equal(["u", "ROOM/a", "\"target\":\"ROOM/a\"", "ROOM/a", "1"], Lines("""
            mkdir low a
            ours create u --lower low --driver vfs
            ours mount u a
            grep -o '"target":"[^"]*"' store/unions/u/record.json
            ours unmount u
            sed -i 's/"bootId":"[^"]*"/"bootId":"another"/' store/unions/u/record.json
            ours mount u a
            grep -c "\"bootId\":\"$(cat /proc/sys/kernel/random/boot_id)\"" store/unions/u/record.json
            """));

    // mutant: UnionCheck.MountIsIdle
    [Theory]
    [InlineData("unmount")]
    [InlineData("remove")]
    public void A_union_in_use_stays(string verb) =>
        Assert.Equal(["u", "ROOM/a", $"sharprun-layers: unmount u: ROOM/a is in use: a process works in it, or something is mounted below it", "1", "kept"], Lines($"""
            mkdir low a
            ours create u --lower low --driver vfs
            ours mount u a
            echo kept >a/file
            (cd a && ours {verb} u)
            points
            cat store/unions/u/upper/file
            """));

    // mutant: UnionCheck.MountIsOnTop
    [Fact]
    public void What_is_mounted_over_a_union_is_not_ours_to_unmount() =>
        Assert.Equal(["u", "ROOM/a", "sharprun-layers: unmount u: something else is mounted over it on ROOM/a", "2", "tmpfs"], Lines("""
            mkdir low a
            ours create u --lower low --driver vfs
            ours mount u a
            mount -t tmpfs tmpfs a
            ours unmount u
            points
            stat -f -c %T a
            """));

    // mutant: UnionCheck.OptionHasNoSeparator
    [Theory]
    [InlineData("/a,b", true)]
    [InlineData("/a\\b", true)]
    [InlineData("/a,b", false)]
    [InlineData("/a:b", false)]
    public void An_option_with_a_separator_is_refused(string path, bool oneByOne) =>
        Assert.Contains($"cannot hold the path {path}", Assert.Throws<JsonError>(() => Lowers(oneByOne, path)).Message, StringComparison.Ordinal);

    // mutant: UnionCheck.OptionIsShort UnionCheck.LowersFitInOneOption
    [Fact]
    public void An_option_has_255_bytes()
    {
        string Path(int length) => "/" + new string('x', length - 1);
        Assert.Equal(["lowerdir+=" + Path(255), "lowerdir+=/a:b"], Lowers(true, Path(255), "/a:b"));
        Assert.Contains("longer than the 255 bytes", Assert.Throws<JsonError>(() => Lowers(true, Path(256))).Message, StringComparison.Ordinal);
        Assert.Equal([$"lowerdir={Path(127)}:{Path(127)}"], Lowers(false, Path(127), Path(127)));
        Assert.Contains("all 2 lower directories in 255 bytes", Assert.Throws<JsonError>(() => Lowers(false, Path(127), Path(128))).Message, StringComparison.Ordinal);
    }

    private List<string> Lowers(bool oneByOne, params string[] paths)
    {
        using var union = new UnionFolder(_room.Paths).Begin("u");
        return MountEntryText.Lowers(union, [.. paths], oneByOne);
    }

    private void SkipWithout(string driver)
    {
        // What can be mounted is tried where it is: the room's own file system may be another overlay.
        var drivers = _room.RunInNamespace("ours drivers");
        Assert.SkipUnless(drivers.Contains($"{driver,-14}usable", StringComparison.Ordinal), $"no {driver} here: {drivers}");
    }

    private string[] Lines(string script) => _room.RunInNamespace(script).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static ulong MountOf(string path)
    {
        Sys.Stat(Native.AT_FDCWD, Room.Bytes(path), Native.AT_NO_AUTOMOUNT, out var status).OrThrow("look at " + path);
        return status.MountId;
    }
}
