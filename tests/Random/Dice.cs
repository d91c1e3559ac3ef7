using System;
using System.Collections.Generic;
using System.Linq;

namespace SharpRun.RandomBundles;

/// <summary>The same seed throws the same numbers, whatever the version of .NET: the generator is ours (splitmix64).</summary>
sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        _state += 0x9E37_79B9_7F4A_7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to below - 1.</summary>
    public int Number(int below) => (int)(Next() % (ulong)below);

    public int Between(int first, int last) => first + Number(last - first + 1);

    public bool Chance(int percent) => Number(100) < percent;

    public T Of<T>(params ReadOnlySpan<T> choices) => choices[Number(choices.Length)];

    /// <summary>Each with the chance, in the list's order.</summary>
    public List<T> Some<T>(int percent, IEnumerable<T> choices) => [.. choices.Where(_ => Chance(percent))];

    public List<T> Shuffled<T>(IEnumerable<T> things) => [.. things.Select(thing => (Next(), thing)).OrderBy(pair => pair.Item1).Select(pair => pair.thing)];
}
