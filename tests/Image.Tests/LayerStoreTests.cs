using System;
using System.IO;
using System.Linq;
using System.Threading;
using SharpRun.Json;
using SharpRun.LayerStore;
using SharpRun.Oci;
using Xunit;

namespace SharpRun.Image.Tests;

[Collection(nameof(LocksOfFiles))]
public sealed class LayerStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StorePaths _paths;
    private readonly Layers _layers;

    public LayerStoreTests()
    {
        _paths = new StorePaths(_folder["store"]);
        _layers = Layers.Of(_paths);
    }

    public void Dispose()
    {
        _layers.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_layer_is_there_when_it_is_finished_and_not_before()
    {
        using (var staged = _layers.Begin(Id(1), null)!)
        {
            File.WriteAllText(StagingOf(1) + "/fs/file", "1");
            Assert.False(_layers.Has(Id(1)));
            Assert.False(Path.Exists(PathOf(1)));
            staged.Finish();
        }
        Assert.True(_layers.Has(Id(1)));
        Assert.Equal(["done", "fs", "parent"], Directory.GetFileSystemEntries(PathOf(1)).Select(Path.GetFileName).Order());
        Assert.Equal(Id(1).Text + "\n", File.ReadAllText(PathOf(1) + "/done"));
        Assert.Equal("", File.ReadAllText(PathOf(1) + "/parent"));
        Assert.Equal("1", File.ReadAllText(_layers.TreeOf(Id(1)) + "/file"));
        Assert.Null(_layers.Begin(Id(1), null));
    }

    [Fact]
    public void A_layer_that_is_given_up_leaves_nothing()
    {
        _layers.Begin(Id(1), null)!.Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_paths.Layers + "/sha256"));
    }

    [Fact]
    public void A_chain_is_read_from_the_lowest_layer_up()
    {
        Make(1, null);
        Make(2, 1);
        Make(3, 2);
        Assert.Equal([Id(1), Id(2), Id(3)], _layers.ChainOf(Id(3)));
        Assert.Contains("there is no such layer", Assert.ThrowsAny<JsonError>(() => _layers.ChainOf(Id(4))).Message, StringComparison.Ordinal);
        Directory.Delete(PathOf(1), recursive: true);
        Assert.Contains($"its layer {Id(1)} is not there", Assert.ThrowsAny<JsonError>(() => _layers.ChainOf(Id(3))).Message, StringComparison.Ordinal);
    }

    // mutant: LayerCheck.ChainIsShort
    [Fact]
    public void A_chain_that_never_ends_is_refused()
    {
        Make(1, 2);
        Make(2, 1);
        Assert.Contains("more than 500 layers", Assert.ThrowsAny<JsonError>(() => _layers.ChainOf(Id(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_that_want_one_layer_the_second_waits_and_finds_it_done()
    {
        using var waits = new ManualResetEventSlim();
        var second = new StagedLayer?[1];
        Thread thread;
        using (var first = _layers.Begin(Id(1), null)!)
        {
            thread = new Thread(() =>
            {
                using var layers = Layers.Of(_paths);
                second[0] = layers.Begin(Id(1), null, waits.Set);
            });
            thread.Start();
            Assert.True(waits.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
            first.Finish();
        }
        Assert.True(thread.Join(TimeSpan.FromSeconds(30)));
        Assert.Null(second[0]);
        Assert.True(_layers.Has(Id(1)));
    }

    // mutant: LayerCheck.StagingIsStillThere
    [Fact]
    public void Of_two_that_want_one_layer_the_second_does_it_when_the_first_gives_up()
    {
        using var waits = new ManualResetEventSlim();
        Thread thread;
        using (_layers.Begin(Id(1), null)!)
        {
            thread = new Thread(() =>
            {
                using var layers = Layers.Of(_paths);
                using var staged = layers.Begin(Id(1), null, waits.Set);
                staged?.Finish();
            });
            thread.Start();
            Assert.True(waits.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        }
        Assert.True(thread.Join(TimeSpan.FromSeconds(30)));
        Assert.True(_layers.Has(Id(1)));
    }

    [Fact]
    public void What_a_killed_process_left_is_not_part_of_the_layer()
    {
        Directory.CreateDirectory(StagingOf(1) + "/fs/old");
        File.WriteAllText(StagingOf(1) + "/done", Id(1).Text);
        Assert.False(_layers.Has(Id(1)));
        Make(1, null);
        Assert.Empty(Directory.GetFileSystemEntries(_layers.TreeOf(Id(1))));
    }

    // mutant: LayerCheck.LayerIsDone
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("sha256:0")]
    public void A_directory_without_its_own_mark_is_no_layer_and_is_replaced(string? mark)
    {
        Directory.CreateDirectory(PathOf(1) + "/fs/old");
        if (mark is not null)
        {
            File.WriteAllText(PathOf(1) + "/done", mark);
        }
        Assert.False(_layers.Has(Id(1)));
        Make(1, null);
        Assert.Empty(Directory.GetFileSystemEntries(_layers.TreeOf(Id(1))));
    }

    [Fact]
    public void Garbage_is_what_no_image_and_no_union_needs()
    {
        Make(1, null);
        Make(2, 1);
        Make(3, 2);
        Make(4, 1);
        Make(5, 4);
        Record("one", $$"""{"driver":"overlay","chain":"{{Id(4)}}"}""");
        File.WriteAllText(_layers.TreeOf(Id(5)) + "/file", "12345");
        var collected = LayerGarbage.Collect(_paths, [Id(2)]);
        Assert.Equal([Id(5), Id(3)], collected.Removed.OrderByDescending(id => id.Text));
        Assert.Equal(5 + 3 * (Id(1).Text.Length + 1) + Id(1).Text.Length + 1, collected.BytesFreed);
        Assert.Empty(collected.Kept);
        Assert.Equal([Id(1), Id(2)], _layers.ChainOf(Id(2)));
        Assert.Equal([Id(1), Id(4)], _layers.ChainOf(Id(4)));
    }

    [Fact]
    public void Garbage_is_what_was_begun_or_has_no_mark_even_when_it_is_needed()
    {
        Directory.CreateDirectory(StagingOf(1) + "/fs/a/b/c");
        Directory.CreateDirectory(PathOf(2) + "/fs");
        Assert.Equal([Id(2)], LayerGarbage.Collect(_paths, [Id(1), Id(2)]).Removed);
        Assert.Empty(Directory.GetFileSystemEntries(_paths.Layers + "/sha256"));
    }

    // mutant: LayerCheck.UnreadableUnionKeepsAll
    [Fact]
    public void A_union_that_does_not_say_what_it_needs_keeps_all()
    {
        Make(1, null);
        Directory.CreateDirectory(_paths.Unions + "/two/upper");
        var collected = LayerGarbage.Collect(_paths, []);
        Assert.Empty(collected.Removed);
        Assert.Contains("union two has no record", Assert.Single(collected.Kept), StringComparison.Ordinal);
        Assert.True(_layers.Has(Id(1)));
    }

    // mutant: LayerCheck.LayerInUseStays
    [Fact]
    public void A_layer_in_use_stays_with_those_below_it()
    {
        Make(1, null);
        Make(2, 1);
        Make(3, null);
        using (_layers.TryHold(Id(2)))
        {
            Assert.Equal([Id(3)], LayerGarbage.Collect(_paths, []).Removed);
        }
        Assert.Equal([Id(2), Id(1)], LayerGarbage.Collect(_paths, []).Removed);
    }

    [Fact]
    public void What_is_below_a_layer_that_comes_during_a_collection_stays()
    {
        Make(1, null);
        // The tops are asked for when what is there has been listed.
        Assert.Empty(LayerGarbage.Collect(_paths, Enumerable.Range(2, 1).Select(number => Made(number, 1))).Removed);
    }

    [Fact]
    public void A_layer_that_is_being_written_is_not_collected()
    {
        using var staged = _layers.Begin(Id(1), null)!;
        Assert.Empty(LayerGarbage.Collect(_paths, []).Removed);
        staged.Finish();
        Assert.True(_layers.Has(Id(1)));
    }

    [Fact]
    public void Garbage_of_any_depth_is_removed()
    {
        Make(1, null);
        var deep = _layers.TreeOf(Id(1));
        for (var level = 0; level < 900; level++)
        {
            deep += "/d";
        }
        Directory.CreateDirectory(deep);
        Assert.Equal([Id(1)], LayerGarbage.Collect(_paths, []).Removed);
        Assert.Empty(Directory.GetFileSystemEntries(_paths.Layers + "/sha256"));
    }

    [Fact]
    public void Without_a_store_there_is_no_garbage() => Assert.Empty(LayerGarbage.Collect(_paths, []).Removed);

    private static Digest Id(int number) => Digest.Of([(byte)number]);

    private string PathOf(int number) => $"{_paths.Layers}/sha256/{Id(number).Hex}";

    private string StagingOf(int number) => $"{_paths.Layers}/sha256/.{Id(number).Hex}";

    private void Make(int number, int? parent)
    {
        using var staged = _layers.Begin(Id(number), parent is { } below ? Id(below) : null)!;
        staged.Finish();
    }

    private Digest Made(int number, int parent)
    {
        Make(number, parent);
        return Id(number);
    }

    private void Record(string union, string json)
    {
        Directory.CreateDirectory($"{_paths.Unions}/{union}");
        File.WriteAllText($"{_paths.Unions}/{union}/record.json", json);
    }
}
