using System;
using System.Collections.Generic;
using System.Linq;
using SharpRun.Planning;

namespace SharpRun.Seccomp.Tests;

/// <summary>The calls at which two filters are compared: every number there may be, and around every value that a rule names.</summary>
static class Points
{
    private const uint X32Bit = 0x40000000;
    private static readonly uint[] s_architectures = [0xC000003E, 0x40000003, 0xC00000B7, 0x40000028];
    private static readonly uint[] s_edges = [0x3FFFFFFF, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xBFFFFFFF, 0xC0000000, 0xC0000001, 0xFFFFFFFE, 0xFFFFFFFF];
    private static readonly ulong[] s_always = [0, 1, uint.MaxValue, 1UL << 32, (1UL << 32) + 1, 1UL << 63, ulong.MaxValue];

    public static IEnumerable<CallData> Of(SeccompConfig config, Random random)
    {
        var none = new ulong[6];
        foreach (var architecture in s_architectures)
        {
            for (uint number = 0; number < 1024; number++)
            {
                yield return new CallData(number, architecture, none);
                yield return new CallData(number | X32Bit, architecture, none);
            }
            foreach (var edge in s_edges)
            {
                yield return new CallData(edge, architecture, none);
            }
        }
        foreach (var (name, rules) in Conditional(config))
        {
            var values = Enumerable.Range(0, 6).Select(index => ValuesOf(rules, index)).ToArray();
            foreach (var (number, architecture) in Numbers(name))
            {
                for (var i = 0; i < 150; i++)
                {
                    yield return new CallData(number, architecture, Array.ConvertAll(values, choices => choices[random.Next(choices.Length)]));
                }
            }
        }
    }

    private static IEnumerable<(string Name, List<SeccompRule> Rules)> Conditional(SeccompConfig config) =>
        config.Syscalls.SelectMany(rule => rule.Names.Select(name => (name, rule))).GroupBy(pair => pair.name)
            .Select(group => (group.Key, group.Select(pair => pair.rule).ToList())).Where(pair => pair.Item2.Exists(rule => rule.Args.Count > 0));

    private static IEnumerable<(uint Number, uint Architecture)> Numbers(string name)
    {
        foreach (var architecture in Enum.GetValues<Architecture>())
        {
            var call = CallTable.Find(name);
            if (call >= 0 && CallTable.Number(call, architecture) is >= 0 and var number)
            {
                yield return ((uint)number | (architecture == Architecture.X32 ? X32Bit : 0), architecture.AuditArch());
            }
        }
        // socketcall and ipc of x86, which carry some of them.
        yield return (102, 0x40000003);
        yield return (117, 0x40000003);
    }

    private static ulong[] ValuesOf(List<SeccompRule> rules, int index)
    {
        // The first argument of socketcall and ipc is a small number.
        var values = new HashSet<ulong>(index == 0 ? [.. s_always, 3, 9, 16, 20, 24] : s_always);
        foreach (var argument in rules.SelectMany(rule => rule.Args).Where(argument => argument.Index == index))
        {
            foreach (var value in new[] { argument.Value, argument.ValueTwo, argument.ValueTwo & argument.Value })
            {
                values.UnionWith([value - 1, value, value + 1, (uint)value, value ^ (1UL << 32), value + (1UL << 32), value - (1UL << 32), ~argument.Value | value]);
            }
        }
        return [.. values];
    }
}
