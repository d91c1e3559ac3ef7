using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using SharpRun.Linux;
using Xunit;

namespace SharpRun.Image.Tests.Nasty;

public sealed class NastyTests
{
    public static TheoryData<string> Cases => [.. NastyCases.All.Select(one => one.Name)];

    // mutant: ImageCheck.DeviceExists ImageCheck.DirectoryIsNoWhiteout ImageCheck.RootIsADirectory ImageCheck.WhiteoutsAreOfLowerLayers
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_stack_becomes_the_root_that_the_model_says(string name)
    {
        RequireRoot();
        Assert.Null(NastyRoom.Check(NastyCases.Find(name).Layers, Form.Plain));
    }

    // mutant: ImageCheck.DeviceIsNoWhiteout ImageCheck.LayerRootIsADirectory ImageCheck.LinkIsNotInItsVictim ImageCheck.PathByLinksStays
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_stack_becomes_layers_that_overlay_merges_to_what_the_model_says(string name)
    {
        RequireRoot();
        Assert.Null(NastyRoom.Check(NastyCases.Find(name).Layers, Form.Overlay));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Layers_are_copied_to_the_tree_that_overlay_shows(string name)
    {
        RequireRoot();
        Assert.Null(NastyRoom.Check(NastyCases.Find(name).Layers, Form.Merged));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_uppermost_layer_is_found_again_in_the_tree(string name)
    {
        RequireRoot();
        Assert.Null(NastyRoom.Check(NastyCases.Find(name).Layers, Form.Found));
    }

    [Fact]
    public void Random_layers_are_copied_to_the_tree_that_overlay_shows() => CheckRandom(Form.Merged);

    [Fact]
    public void The_uppermost_layer_of_a_random_stack_is_found_again_in_the_tree() => CheckRandom(Form.Found);

    [Fact]
    public void A_random_stack_becomes_the_root_that_the_model_says() => CheckRandom(Form.Plain);

    [Fact]
    public void A_random_stack_becomes_layers_that_overlay_merges_to_what_the_model_says() => CheckRandom(Form.Overlay);

    // Two of the forms give the same tree but for hard links over layers: what is said above of each, said of both.
    [Fact]
    public void Case_names_are_unique() => Assert.Equal(NastyCases.All.Count, NastyCases.All.Select(one => one.Name).Distinct().Count());

    private static void CheckRandom(Form form)
    {
        RequireRoot();
        var first = Number("NASTY_SEED", Random.Shared.Next());
        var count = Number("NASTY_COUNT", 150);
        for (var seed = first; seed < first + count; seed++)
        {
            var stack = new NastyGenerator(seed).Stack();
            if (NastyRoom.Check(stack, form) is not null)
            {
                var smallest = Smallest(stack, form);
                Assert.Fail($"NASTY_SEED={seed} NASTY_COUNT=1, {form}:\n{NastyRoom.Check(smallest, form)}\n"
                    + string.Join("\n--\n", smallest.Select(layer => string.Join("\n", layer))));
            }
        }
    }

    // Entries are taken out as long as it still goes wrong.
    private static List<List<NastyEntry>> Smallest(IReadOnlyList<IReadOnlyList<NastyEntry>> stack, Form form)
    {
        List<List<NastyEntry>> smallest = [.. stack.Select(layer => layer.ToList())];
        for (var layer = smallest.Count - 1; layer >= 0; layer--)
        {
            for (var entry = smallest[layer].Count - 1; entry >= 0; entry--)
            {
                var taken = smallest[layer][entry];
                smallest[layer].RemoveAt(entry);
                if (NastyRoom.Check(smallest, form) is null)
                {
                    smallest[layer].Insert(entry, taken);
                }
            }
        }
        return smallest;
    }

    private static int Number(string variable, int usual) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : usual;

    private static void RequireRoot()
    {
        Assert.SkipUnless(Sys.GetEuid() == 0, "only root makes devices and mounts");
        Sys.Umask(0);
    }
}
