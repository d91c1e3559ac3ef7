using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Tar;

namespace SharpRun.Image.Tests.Nasty;

/// <summary>Random stacks over few names, so that entries meet. The same seed gives the same stack.</summary>
sealed class NastyGenerator(int seed)
{
    private static readonly string[] s_names = ["a", "b", "c", "d", "\xff", "n\nl"];
    private static readonly string[] s_targets = ["a", "b", "a/b", "/a", "/c/d", "..", ".", "../b", "../../../canary", "/", "c/../a", "nowhere/x"];
    private static readonly uint[] s_modes = [0x1A4, 0x1ED, 0, 0x1C0, 0x9ED, 0x5ED, 0x3FF, 0xFFF];
    private static readonly long[] s_ids = [0, 0, 1, 1000, 65535, 70000, 3_000_000];

    private readonly Random _dice = new(seed);
    private readonly List<string> _mentioned = [];

    public IReadOnlyList<IReadOnlyList<NastyEntry>> Stack()
    {
        var stack = new List<List<NastyEntry>>();
        for (var layers = 1 + _dice.Next(4); layers > 0; layers--)
        {
            var layer = new List<NastyEntry>();
            stack.Add(layer);
            for (var entries = 1 + _dice.Next(10); entries > 0; entries--)
            {
                layer.Add(Entry());
                // Most stacks should be good to their end; a few are refused in the middle.
                if (LayerModel.Of(stack, Form.Overlay).Tree is null && _dice.Next(40) > 0)
                {
                    layer.RemoveAt(layer.Count - 1);
                }
            }
        }
        return stack;
    }

    private NastyEntry Entry()
    {
        var name = _mentioned.Count > 0 && _dice.Next(3) == 0 ? Pick(_mentioned) : NewName();
        var entry = _dice.Next(100) switch
        {
            < 26 => Entries.D(name),
            < 50 => Entries.F(name, new string((char)('0' + _dice.Next(10)), _dice.Next(4) * _dice.Next(300))),
            < 60 => Entries.S(name, Pick(s_targets)),
            < 72 => Entries.H(name, _mentioned.Count > 0 ? Pick(_mentioned) : "a"),
            < 86 => Entries.W(name),
            < 92 => Entries.O(_dice.Next(6) == 0 ? "" : name),
            < 94 => Entries.P(name),
            < 96 => Entries.C(name, 1, (uint)_dice.Next(9)),
            < 97 => Entries.B(name, 8, 1),
            < 98 => Entries.C(name, 0, 0),
            < 99 => Entries.D("."),
            _ => Entries.F(name) with { Data = Sparse(), IsSparse = true },
        };
        if (entry.Kind is not (TarKind.HardLink or TarKind.Symlink) && !entry.Name.Contains(".wh.", StringComparison.Ordinal))
        {
            _mentioned.Add(name);
        }
        return WithFacts(entry);
    }

    private NastyEntry WithFacts(NastyEntry entry)
    {
        entry = entry with
        {
            Mode = Pick(s_modes),
            Uid = Pick(s_ids),
            Gid = Pick(s_ids),
            Time = new TarTime(_dice.NextInt64(-100_000_000, 2_000_000_000), _dice.Next(1_000_000_000)),
        };
        if (entry.Kind is TarKind.File or TarKind.Directory && _dice.Next(3) == 0)
        {
            entry = entry.With("user.k", Pick(["", "v", "a\nb", "\x80\xff\0"]));
        }
        return _dice.Next(6) == 0 ? entry.With(Pick(["trusted.t", "trusted.overlay.opaque", "trusted.overlay.redirect"]), Pick(["y", "/a"])) : entry;
    }

    private byte[] Sparse()
    {
        var data = new byte[_dice.Next(100_000)];
        for (var pieces = _dice.Next(4); pieces > 0 && data.Length > 0; pieces--)
        {
            data[_dice.Next(data.Length)] = 1;
        }
        return data;
    }

    private string NewName() => (_dice.Next(20) == 0 ? "../" : "") + string.Join('/', Enumerable.Range(0, 1 + _dice.Next(3)).Select(_ => Pick(s_names)));

    private T Pick<T>(IReadOnlyList<T> choices) => choices[_dice.Next(choices.Count)];
}
