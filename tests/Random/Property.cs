using System;
using System.Collections.Generic;
using System.Linq;

namespace SharpRun.RandomBundles;

/// <summary>One thing that a config may ask for. Percent: how many configs have it; Most: how often one config may have it.</summary>
sealed record Property(string Name, int Percent, Action<Bundle, Dice> Apply, int Most = 1);

/// <summary>A property with the numbers that it is made from, so that one can be left out and the others stay as they are.</summary>
sealed record Choice(Property Property, ulong Seed);

/// <summary>A config as its list of choices.</summary>
static class Config
{
    public static List<Choice> Of(ulong seed)
    {
        var dice = new Dice(seed);
        var choices = new List<Choice>();
        // A plain config with few properties shows what a rich one may hide.
        var share = dice.Of(25, 60, 100, 100);
        foreach (var property in Properties.All)
        {
            for (var i = 0; i < property.Most; i++)
            {
                var own = dice.Next();
                if (dice.Number(10_000) < property.Percent * share)
                {
                    choices.Add(new Choice(property, own));
                }
            }
        }
        return choices;
    }

    public static Bundle Build(IEnumerable<Choice> choices, World world)
    {
        var bundle = new Bundle(world);
        foreach (var choice in choices)
        {
            choice.Property.Apply(bundle, new Dice(choice.Seed));
        }
        return bundle;
    }

    public static string Text(IEnumerable<Choice> choices) => string.Join(", ", choices.Select(choice => choice.Property.Name));
}
