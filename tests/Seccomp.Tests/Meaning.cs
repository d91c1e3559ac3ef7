using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Planning;

namespace SharpRun.Seccomp.Tests;

/// <summary>What a profile means, read off its rules one by one, as far as their order does not matter.</summary>
sealed class Meaning
{
    private const uint X32Bit = 0x40000000, ENOSYS = 0x50000 | 38;

    // Which is the first argument of socketcall or ipc that stands for the call; the true arguments are out of sight.
    private readonly record struct Entry(SeccompRule Rule, int? Which);

    private readonly uint _default;
    private readonly Dictionary<Architecture, int> _newest = [];
    private readonly Dictionary<(Architecture, uint), List<Entry>> _entries = [];

    public Meaning(SeccompConfig config)
    {
        _default = LibSeccomp.Word(config.DefaultAction, config.DefaultErrnoRet);
        var isPermissive = config.DefaultAction is SeccompAction.Allow or SeccompAction.Log or SeccompAction.Trace;
        foreach (var architecture in LibSeccomp.ArchitecturesOf(config).Append(Architecture.X86_64).Distinct())
        {
            var newest = 0;
            foreach (var (rule, name) in config.Syscalls.SelectMany(rule => rule.Names.Select(name => (rule, name))))
            {
                var carrier = architecture == Architecture.X86 ? Multiplexed.On32BitX86(name) : null;
                var direct = CallTable.Find(name) is >= 0 and var call ? CallTable.Number(call, architecture) : -1;
                newest = carrier is null ? Math.Max(newest, direct) : newest;
                if (carrier is var (number, which))
                {
                    Add(architecture, number, new Entry(rule, which));
                }
                if (direct >= 0)
                {
                    Add(architecture, direct, new Entry(rule, null));
                }
            }
            _newest[architecture] = isPermissive || newest == 0 ? int.MaxValue : newest;
        }
    }

    private void Add(Architecture architecture, int number, Entry entry)
    {
        // What says the same as the default says nothing, under runc.
        if (LibSeccomp.Word(entry.Rule.Action, entry.Rule.ErrnoRet) == _default)
        {
            return;
        }
        if (!_entries.TryGetValue((architecture, (uint)number), out var entries))
        {
            _entries[(architecture, (uint)number)] = entries = [];
        }
        entries.Add(entry);
    }

    /// <summary>Null: several rules with different actions fit.</summary>
    public uint? Answer(CallData data)
    {
        var isX32 = data.Architecture == 0xC000003E && (data.Number & X32Bit) != 0;
        Architecture? architecture = isX32 ? Architecture.X32 : data.Architecture switch
        {
            0xC000003E => Architecture.X86_64,
            0x40000003 => Architecture.X86,
            0xC00000B7 => Architecture.Arm64,
            _ => null,
        };
        if (architecture is not { } known || !_newest.TryGetValue(known, out var newest))
        {
            return data is { Number: uint.MaxValue, Architecture: 0xC000003E } ? _default : 0;
        }
        var number = isX32 ? data.Number & ~X32Bit : data.Number;
        if (number > newest && newest != int.MaxValue)
        {
            return ENOSYS;
        }
        // Bit 31 alone: libseccomp takes what is not below x32's numbers for a foreign architecture's.
        if (known == Architecture.X86_64 && number >= X32Bit && !_newest.ContainsKey(Architecture.X32))
        {
            return 0;
        }
        var actions = _entries.GetValueOrDefault((known, number), []).Where(entry => Fits(entry, data, known.Has32BitArguments()))
            .Select(entry => LibSeccomp.Word(entry.Rule.Action, entry.Rule.ErrnoRet)).Distinct().ToList();
        return actions.Count switch { 0 => _default, 1 => actions[0], _ => null };
    }

    private static bool Fits(Entry entry, CallData data, bool is32Bit)
    {
        var arguments = entry.Rule.Args;
        bool Holds(SeccompArgument argument) =>
            (entry.Which is not null && argument.Index == 0) || Compare(argument, data.Arguments[argument.Index], is32Bit);
        if (entry.Which is { } which && (uint)data.Arguments[0] != which)
        {
            return false;
        }
        return arguments.DistinctBy(argument => argument.Index).Count() == arguments.Count ? arguments.All(Holds) : arguments.Any(Holds);
    }

    private static bool Compare(SeccompArgument argument, ulong value, bool is32Bit)
    {
        var mask = is32Bit ? uint.MaxValue : ulong.MaxValue;
        var (have, want, other) = (value & mask, argument.Value & mask, argument.ValueTwo & mask);
        return argument.Operator switch
        {
            SeccompOperator.NotEqual => have != want,
            SeccompOperator.Less => have < want,
            SeccompOperator.LessOrEqual => have <= want,
            SeccompOperator.Equal => have == want,
            SeccompOperator.GreaterOrEqual => have >= want,
            SeccompOperator.Greater => have > want,
            _ => (have & want) == (other & want),
        };
    }
}
